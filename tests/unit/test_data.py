from dataclasses import dataclass

import numpy as np
import pytest
import torch

from seq2seq_transformer import Batch, Example, Task, Tokenizer, make_batches
from seq2seq_transformer.data.curriculum import Fixed, Steps, Success
from seq2seq_transformer.data.repeated import RepeatedBatches
from seq2seq_transformer.data.sources import GeneratedBatches, GroupedBatches, test_examples, validation_examples
from seq2seq_transformer.data.splits import FEWEST_SOURCES, HELD_OUT_SHARE, Split
from seq2seq_transformer.errors import ConfigError, InputError, UserError
from seq2seq_transformer.experiment.batches import make_batches as batches_of
from seq2seq_transformer.experiment.curricula import curriculum_of
from seq2seq_transformer.experiment.problem import TaskProblem
from seq2seq_transformer.tasks.base import TASKS
from seq2seq_transformer.tasks.patterns import Patterns
from seq2seq_transformer.values import ExampleBatch, IntBatch, Integer, Matrix, Range, Vector, stable_hash
from tests.conftest import tiny_experiment

test_examples.__test__ = False


def test_the_hash_is_stable_across_versions_and_machines():
    batch = IntBatch.from_lists([[1, 0, 1, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1], [-5]])
    assert [int(number) for number in stable_hash(batch)] == [
        11367589907049128369, 2428990032519813915, 10402005942277772122, 14112480858145649104,
    ]  # fmt: skip


def test_the_hash_shares_out_evenly():
    rows = np.random.default_rng(0).integers(0, 10, (20_000, 12))
    hashes = stable_hash(IntBatch(rows, np.full(len(rows), 12)))
    assert abs((hashes < np.uint64(HELD_OUT_SHARE * 2**64)).mean() - HELD_OUT_SHARE) < 0.01


def test_small_categories_are_trained_on_whole_and_large_ones_are_split():
    split = Split.of_task(Patterns())
    assert split.trained_whole == {"alternating": 18, "ones": 9, "zeros": 9}
    assert max(split.trained_whole.values()) < FEWEST_SOURCES
    training = split.draw(np.random.default_rng(0), 4000, held_out=False)
    held_out = split.draw(np.random.default_rng(0), 1000, held_out=True)
    assert set(split.task.categories(held_out.source)) == {"constant", "period 2", "period 3", "period 4"}
    assert set(split.trained_whole) < set(split.task.categories(training.source))


def test_a_category_that_is_merely_rare_is_split_like_the_others():
    wide = Patterns(max_period=20, min_length=40, max_length=48)
    assert Split.of_task(wide).trained_whole == {"alternating": 18, "ones": 9, "zeros": 9}


@dataclass(frozen=True, kw_only=True)
class OneSource(Task):
    """Always the same example."""

    source = Vector(Range(0, 10))
    target = Vector(Range(0, 10))

    def sample(self, rng):
        return Example([1, 2], [3])


def test_a_task_with_too_few_sources_is_refused_after_a_bounded_search():
    split = Split.of_task(OneSource())
    assert split.trained_whole == {"all": 1}
    with pytest.raises(UserError) as caught:
        split.draw(np.random.default_rng(0), 5, held_out=True)
    assert str(caught.value) == (
        "this task has too few held-out examples: 0 of 5 were found in 50 rounds. Too few distinct sources to hold "
        "any out: all (1). Widen its options, so that it has more distinct sources."
    )


def batches(seed=0, batch_size=8) -> GeneratedBatches:
    task = Patterns()
    return GeneratedBatches(Tokenizer(task.source, task.target), batch_size, 20, seed, Split.of_task(task))


def same(first: Batch, second: Batch) -> bool:
    return torch.equal(first.src, second.src) and torch.equal(first.tgt, second.tgt)


def test_a_batch_is_a_pure_function_of_seed_and_step():
    source = batches()
    assert same(source.batch(7), batches().batch(7))
    assert not same(source.batch(7), source.batch(8))
    assert not same(source.batch(7), batches(seed=1).batch(7))


def test_an_epoch_is_its_examples_and_can_be_entered_anywhere():
    source = batches()
    epoch = list(source.epoch(1))
    assert [len(batch) for batch in epoch] == [8, 8, 4]
    assert len(source) == 3
    assert all(same(batch, other) for batch, other in zip(epoch[2:], source.epoch(1, first=2), strict=True))
    assert same(epoch[0], source.batch(3))


def test_validation_and_test_sets_are_fixed_and_differ():
    split = Split.of_task(Patterns())
    validation = validation_examples(split, 50).to_examples()
    assert validation == validation_examples(split, 50).to_examples()
    assert validation != test_examples(split, 50).to_examples()


def test_the_teacher_forcing_shift():
    task = Patterns()
    tokenizer = Tokenizer(task.source, task.target)
    (batch,) = make_batches([Example([1] * 8, [1, 2, 1, 2, 1, 2, 1, 2])], tokenizer, 4)
    sos, eos = tokenizer.vocabulary.sos, tokenizer.vocabulary.eos
    assert batch.tgt_input.tolist() == [[sos, 1, 2, 1, 2, 1, 2, 1, 2]]
    assert batch.tgt_expected.tolist() == [[1, 2, 1, 2, 1, 2, 1, 2, eos]]
    assert same(batch.to("cpu"), batch)


def test_the_decoder_reads_no_end_of_sequence_where_padding_is_known():
    tgt = torch.tensor([[10, 1, 11, 12], [10, 2, 3, 11]])
    assert Batch(tgt, tgt).tgt_input.tolist() == [[10, 1, 11], [10, 2, 3]]
    assert Batch(tgt, tgt, pad_token=12).tgt_input.tolist() == [[10, 1, 12], [10, 2, 3]]
    assert Batch(tgt, tgt, pad_token=12).tgt_expected.tolist() == [[1, 11, 12], [2, 3, 11]]


def test_examples_of_a_batch_keep_nothing_but_their_own_columns():
    tgt = torch.tensor([[10, 1, 11, 12, 12], [10, 2, 3, 11, 12], [10, 1, 2, 3, 11]])
    first = Batch(tgt, tgt, pad_token=12).rows(slice(2)).trimmed()
    assert first.src.tolist() == [[10, 1, 11, 12], [10, 2, 3, 11]]
    assert first.tgt_input.tolist() == [[10, 1, 12], [10, 2, 3]]


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        (Example([-1, 2], [3]), "term 1 of 2: a term must be a whole number from 0 to 9, but is -1 instead."),
        (Example([1], [10]), "term 1 of 1: a term must be a whole number from 0 to 9, but is 10 instead."),
    ],
)
def test_what_is_not_of_the_type_never_becomes_a_token(example, problem):
    digits = Vector(Range(0, 10))
    with pytest.raises(InputError, match=problem):
        make_batches([Example([1, 2, 3], [4]), example], Tokenizer(digits, digits), 2)
    with pytest.raises(InputError, match="a sequence must have exactly 2 terms, but has 3 instead."):
        make_batches([Example([1, 2, 3], 6)], Tokenizer(Vector(Integer(), 2), Integer()), 2)


@pytest.mark.parametrize(
    ("source", "target", "example", "problem"),
    [
        (Vector(Integer()), Integer(), Example([1, 2], [1]), "example 1: a term must be a whole number, but is"),
        (Vector(Integer()), Vector(Integer()), Example(7, [7]), "example 1: a sequence must be a list, but is 7"),
        (Vector(Integer()), Vector(Integer()), Example([[1], [2]], [1]), "example 1: term 1 of 2: a term must"),
    ],
)
def test_examples_that_are_all_of_another_type_are_refused(source, target, example, problem):
    tokenizer = Tokenizer(source, target, "digits")
    with pytest.raises(InputError, match=problem):
        make_batches([example] * 2, tokenizer, 2)
    with pytest.raises(InputError, match=problem.removeprefix("example 1: ")):
        Batch.from_examples(ExampleBatch.from_examples([example] * 2), tokenizer)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Matrix(Integer(), 2, 2), [[[1, 2], [3, 4]], [[1, 2, 3, 4]]]),
        (Matrix(Integer(), 2), [[[1, 2], [3, 4]], [[1, 2], [3, 4], [5, 6]]]),
        (Matrix(Integer(), None, 2), [[[1, 2]], [[1], [2]]]),
    ],
)
def test_a_matrix_of_another_shape_is_refused_wherever_it_stands(kind, values):
    tokenizer = Tokenizer(kind, Integer(), "digits")
    with pytest.raises(InputError, match="must have"):
        Batch.from_examples(ExampleBatch.from_examples([Example(value, 1) for value in values]), tokenizer)


def test_examples_may_be_of_tuples_and_arrays():
    tokenizer = Tokenizer(Vector(Integer()), Vector(Integer()), "digits")
    expected, found = (
        make_batches(examples, tokenizer, 2)[0]
        for examples in ([Example([1, 2], [3])], [Example((1, 2), np.array([3]))])
    )
    assert (expected.src.tolist(), expected.tgt.tolist()) == (found.src.tolist(), found.tgt.tolist())


def test_batches_have_a_size_and_may_come_of_anything():
    tokenizer = Tokenizer(Vector(Range(0, 10)), Vector(Range(0, 10)))
    examples = [Example([1], [1])] * 3
    assert [len(batch) for batch in make_batches(iter(examples), tokenizer, 2)] == [2, 1]
    for size in (0, -2):
        with pytest.raises(ConfigError, match=f"`batch_size` must be at least 1, but is {size} instead."):
            make_batches(examples, tokenizer, size)


def test_a_task_gives_as_many_examples_as_are_asked_for():
    class Few(Patterns):
        """Drops one."""

        def sample_batch(self, rng, n):
            return super().sample_batch(rng, n - 1)

    with pytest.raises(InputError, match="Few.sample_batch must give an ExampleBatch of .* examples, but gave "):
        Split.of_task(Few())


def test_the_last_batch_is_kept_however_small():
    task = Patterns()
    examples = task.sample_batch(np.random.default_rng(0), 10).to_examples()
    assert [len(batch) for batch in make_batches(examples, Tokenizer(task.source, task.target), 4)] == [4, 4, 2]


def test_grouped_batches_hold_the_same_examples_with_less_padding():
    plain = batches(batch_size=8)
    grouped = GroupedBatches.of(plain)
    pad = plain.tokenizer.vocabulary.pad

    def rows(source) -> list[tuple[int, ...]]:
        both = [torch.cat([batch.src[row], batch.tgt[row]]) for batch in source.epoch(1) for row in range(len(batch))]
        return sorted(tuple(row[row != pad].tolist()) for row in both)

    def padding(source) -> int:
        return sum(int((batch.src == pad).sum()) for batch in source.epoch(1))

    assert rows(grouped) == rows(plain)
    assert padding(grouped) < padding(plain) / 2
    assert len(grouped) == len(plain) and not same(grouped.batch(0), grouped.batch(len(grouped)))
    assert all(same(grouped.batch(step), GroupedBatches.of(plain).batch(step)) for step in (0, 3, len(plain)))


def test_a_curriculum_goes_from_the_first_difficulty_to_the_last_and_stays():
    curriculum = Steps(lowest=2, first=4, last=64, steps=4)
    assert [curriculum.span(step) for step in range(7)] == [(2, top) for top in (4, 8, 16, 32, 64, 64, 64)]
    assert Steps(lowest=2, first=4, last=64, steps=0).span(0) == (2, 64)
    assert Fixed(7).span(0) == Fixed(7).span(10**6) == (7, 7)


def test_success_rises_by_its_factor_or_by_one_and_ends_at_the_last():
    reached = 0
    curriculum = Success(lowest=1, first=2, last=10, growth=1.5, reached=lambda: reached)
    climbed = [curriculum.span(0)[1]]
    while climbed[-1] < 10:
        reached = curriculum.after(climbed[-1])
        climbed.append(curriculum.span(10**6)[1])
    assert climbed == [2, 3, 4, 6, 9, 10]
    assert curriculum.after(10) == 10 and curriculum.span(0)[0] == 1


def test_grouped_batches_follow_a_difficulty_that_is_set_back():
    """A training that goes back may enter an epoch again with another difficulty: no pool of before is given out."""
    task = TASKS.build("copy", min_length=1, max_length=40)
    tokenizer = Tokenizer(task.source, task.target)
    problem, reached = TaskProblem(task, tokenizer, "copy", {"min_length": 1, "max_length": 40}), [40]
    curriculum = Success(lowest=1, first=3, last=40, growth=2.0, reached=lambda: reached[0])
    grouped = GroupedBatches.of(problem.training_batches(8, 64, 0, curriculum))
    longest = lambda: max(batch.src.shape[1] for batch in grouped.epoch(0))  # noqa: E731
    assert longest() > 30
    reached[0] = 5
    assert longest() <= 5 + 2


def test_growing_batches_are_a_function_of_the_step_and_never_draw_what_is_held_out():
    options = {"min_length": 1, "max_length": 12, "num_symbols": 2}
    task = TASKS.build("copy", **options)
    tokenizer = Tokenizer(task.source, task.target)
    problem = TaskProblem(task, tokenizer, "copy", options)
    growing, again = (
        problem.training_batches(64, 640, 0, Steps(lowest=1, first=3, last=12, steps=8)) for _ in range(2)
    )
    assert torch.equal(growing.batch(5).src, again.batch(5).src)
    held_out = {tuple(each.source) for each in problem.validation(200)}
    for step, longest in ((0, 3), (4, 6), (9, 12)):
        rows = [[t for t in row if t < tokenizer.vocabulary.sos] for row in growing.batch(step).src.tolist()]
        sources = {tuple(tokenizer.decode_source(row)) for row in rows}
        assert max(map(len, sources)) == longest
        assert not sources & held_out


def test_a_small_set_keeps_to_the_one_difficulty_that_is_practised():
    small = {"repeat": 20, "curriculum": "fixed", "curriculum_start": 11}
    experiment = tiny_experiment(training=small)
    curriculum = curriculum_of(experiment.training, experiment.task, lambda: 0)
    kept = experiment.problem().training_examples(20, 0, curriculum)
    assert {len(source) for source, _ in kept.to_examples()} == {11}
    batches, _ = batches_of(experiment, experiment.problem())
    pad = experiment.tokenizer.vocabulary.pad
    assert {int((row != pad).sum()) for step in range(4) for row in batches.batch(step).src} == {13}


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_small_set_comes_again_and_again_in_its_share(share):
    task = TASKS.build("copy", min_length=6, max_length=12)
    problem = TaskProblem(task, Tokenizer(task.source, task.target), "copy", {"min_length": 6, "max_length": 12})
    fresh = problem.training_batches(64, 640, 0)
    kept = Batch.from_examples(problem.training_examples(20, 0), fresh.tokenizer)
    batches = RepeatedBatches.of(fresh, kept, share)
    assert torch.equal(batches.batch(3).src, RepeatedBatches.of(fresh, kept, share).batch(3).src)
    known = {tuple(row) for row in kept.src.tolist()}
    width = kept.src.shape[1]
    rows = [tuple(row) for step in range(20) for row in padded(batches.batch(step).src, width, fresh.tokenizer)]
    assert len(rows) == 20 * 64
    assert np.mean([row in known for row in rows]) == pytest.approx(share, abs=0.04)
    assert known <= set(rows)


def padded(src: torch.Tensor, width: int, tokenizer: Tokenizer) -> list[list[int]]:
    missing = width - src.shape[1]
    return torch.nn.functional.pad(src, (0, missing), value=tokenizer.vocabulary.pad).tolist()
