"""Every task keeps the laws of tasks, unasked."""

import numpy as np
import pytest

from seq2seq_transformer import TASKS
from seq2seq_transformer.data.splits import Split, stable_hash
from seq2seq_transformer.values import ExampleBatch, VectorBatch

EVERY_TASK = pytest.mark.parametrize("name", TASKS.names())


@EVERY_TASK
def test_accepts_its_own_answers_and_they_are_of_its_types(name):
    task = TASKS.build(name)
    for example in task.sample_batch(np.random.default_rng(1), 200).to_examples():
        task.source.check(example.source)
        task.target.check(example.target)
        assert task.is_correct(example, example.target)
        assert not task.is_correct(example, None)


@EVERY_TASK
def test_the_same_generator_state_gives_the_same_examples(name):
    task = TASKS.build(name)
    first, second = (task.sample_batch(np.random.default_rng(3), 50).to_examples() for _ in range(2))
    assert first == second
    assert task.sample(np.random.default_rng(3)) == task.sample(np.random.default_rng(3))


@EVERY_TASK
def test_answers_are_a_function_of_the_source(name):
    task = TASKS.build(name)
    answers: dict[str, object] = {}
    for example in task.sample_batch(np.random.default_rng(2), 3000).to_examples():
        assert answers.setdefault(str(example.source), example.target) == example.target


@EVERY_TASK
def test_hash_and_category_do_not_depend_on_the_batch(name):
    task = TASKS.build(name)
    sources = task.sample_batch(np.random.default_rng(4), 100).source
    hashes, categories = stable_hash(sources), task.categories(sources)
    for row, source in enumerate(sources.to_lists()):
        alone = VectorBatch.from_lists([source])
        assert stable_hash(alone)[0] == hashes[row]
        assert task.category(source) == categories[row]


@EVERY_TASK
def test_training_and_held_out_examples_share_no_source(name):
    split = Split.of_task(TASKS.build(name))
    training = split.draw(np.random.default_rng(5), 3000, held_out=False)
    held_out = split.draw(np.random.default_rng(6), 3000, held_out=True)
    assert len(training) == len(held_out) == 3000
    assert not _sources(training) & _sources(held_out)


@EVERY_TASK
def test_every_option_has_a_sentence(name):
    for option in TASKS.options(name):
        assert option.doc.endswith("."), f"{name}.{option.name} is not documented"


def _sources(examples: ExampleBatch) -> set[str]:
    return {str(source) for source in examples.source.to_lists()}
