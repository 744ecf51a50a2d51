"""The laws that every task keeps, built-in or a user's: `seq2seq list tasks my_task.py` and the tests check them.

A law is a function of a task that raises AssertionError with a sentence.
"""

import doctest
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seq2seq_transformer.data.splits import Split
from seq2seq_transformer.errors import FileError
from seq2seq_transformer.tasks.base import TASKS, Task
from seq2seq_transformer.tasks.user_files import place_in_user_file
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import ExampleBatch, from_python, pack, parse_value, stable_hash, to_json, to_text

_EXAMPLES, _FEW = 200, 20


def accepts_its_own_answers(task: Task) -> None:
    """Sources and targets are of the declared types, and `is_correct` takes the target."""
    for example in _draw(task).to_examples():
        assert _same(task.source.convert(example.source), example.source), f"{example.source} is not a {task.source}"
        assert _same(task.target.convert(example.target), example.target), f"{example.target} is not a {task.target}"
        assert task.is_correct(example, example.target), f"its own answer to {example.source} is not accepted"
        assert task.verify(example.source, example.target) is not False, f"{example} is not verified"


def is_a_function_of_the_generator(task: Task) -> None:
    """The same state of the generator gives the same examples."""
    assert _same(*(_draw(task).to_examples() for _ in range(2))), "two draws with the same random numbers differ"
    first, second = (
        [from_python(value, kind) for value, kind in zip(drawn, (task.source, task.target), strict=True)]
        for drawn in (task.sample(np.random.default_rng(3)) for _ in range(2))
    )
    assert _same(first, second), "`sample` is not stable"


def answers_are_a_function_of_the_source(task: Task) -> None:
    """One source never has two targets that exclude each other."""
    answers: dict[str, Any] = {}
    for example in _draw(task, 1000).to_examples():
        other = answers.setdefault(str(example.source), example.target)
        assert task.is_correct(example, other), f"{example.source} has the answers {other} and {example.target}"


def keeps_its_difficulty(task: Task) -> None:
    """Problems lie between `min_…` and `max_…`."""
    if task.difficulty:
        low, high = (getattr(task, f"{end}_{task.difficulty}") for end in ("min", "max"))
        for source in _draw(task).source.to_lists():
            found = task.difficulty_of(source)
            assert low <= found <= high, f"{source} has the {task.difficulty} {found}, not from {low} to {high}"


def hash_and_category_do_not_depend_on_the_batch(task: Task) -> None:
    """Many at once give what one by one gives."""
    sources = _draw(task).source
    hashes, categories = stable_hash(sources), task.categories(sources)
    for row, source in enumerate(sources.to_lists()[:50]):
        assert stable_hash(pack([source]))[0] == hashes[row], f"the hash of {source} depends on its batch"
        assert str(task.category(source)) == categories[row], f"the category of {source} depends on its batch"


def values_survive_text_and_json(task: Task) -> None:
    """What is written is read back."""
    for example in _draw(task).to_examples()[:50]:
        for value, kind in zip(example, (task.source, task.target), strict=True):
            assert _same(from_python(to_json(value), kind), value), f"{value} is not read back from JSON"
            assert _same(parse_value(to_text(value, kind), kind), value), f"{value} is not read back from text"


def tokens_give_the_numbers_back(task: Task) -> None:
    """Encoding and decoding are inverses, also saved and loaded, and many at once are spelled as one after another."""
    tokenizer = Tokenizer.from_json(Tokenizer(task.source, task.target).to_json())
    assert (tokenizer.source, tokenizer.target) == (task.source, task.target), "its types are not read back from text"
    batch = _draw(task)
    sources, targets = tokenizer.encode_sources(batch.source), tokenizer.encode_targets(batch.target)
    pad = tokenizer.vocabulary.pad
    for row, example in enumerate(batch.to_examples()[:50]):
        spelled = tokenizer.encode_source(example.source), tokenizer.encode_target(example.target)
        for tokens, matrix in zip(spelled, (sources, targets), strict=True):
            assert matrix[row][matrix[row] != pad].tolist() == tokens, f"{example} is spelled otherwise in a batch"
        assert _close(tokenizer.decode_source(spelled[0][1:-1]), example.source), f"{example.source} is not read back"
        assert task.is_correct(example, tokenizer.decode_target(spelled[1][1:-1])), f"{example.target} is not read back"


def has_examples_to_train_on(task: Task) -> None:
    """Training and held-out examples share no source."""
    split = Split.of_task(task)
    training = split.draw(np.random.default_rng(5), 200, held_out=False)
    if len(set(task.categories(training.source).tolist()) - set(split.trained_whole)):
        held_out = split.draw(np.random.default_rng(6), 50, held_out=True)
        shared = set(map(str, training.source.to_lists())) & set(map(str, held_out.source.to_lists()))
        assert not shared, f"{shared} are trained on and held out"


def says_what_it_is(task: Task) -> None:
    """A docstring begins with a sentence, and its example is true."""
    docstring = inspect.getdoc(type(task)) or ""
    assert docstring.partition("\n")[0].endswith("."), "its docstring must begin with one sentence on a line"
    globals_of_module = vars(inspect.getmodule(type(task))) if inspect.getmodule(type(task)) else {}
    found = doctest.DocTestParser().get_doctest(docstring, dict(globals_of_module), type(task).__name__, None, None)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(found, out=report.append)
    assert not report, f"the example of its docstring is not true: {' '.join(''.join(report).split())}"


LAWS: dict[str, Callable[[Task], None]] = {
    law.__name__: law
    for law in (
        accepts_its_own_answers,
        is_a_function_of_the_generator,
        answers_are_a_function_of_the_source,
        keeps_its_difficulty,
        hash_and_category_do_not_depend_on_the_batch,
        values_survive_text_and_json,
        tokens_give_the_numbers_back,
        has_examples_to_train_on,
        says_what_it_is,
    )
}


def broken_laws(name: str) -> Iterator[str]:
    """A sentence for each law that a task breaks, made with its default options."""
    try:
        task = TASKS.build(name)
    except Exception as error:  # a user's own code may raise anything
        yield f"it cannot be made with its default options: {type(error).__name__}: {error}"
        return
    for law_name, law in LAWS.items():
        try:
            law(task)
        except Exception as error:
            reason = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            yield f"{law_name.replace('_', ' ')}: {reason}"


def try_own_task(name: str, task: Task) -> str:
    """Try a user's task on a few examples: a warning where it refuses its own answers, or draws by chance; else "".

    Raises:
        FileError: where its answers cannot be judged, before a training has taken its time.
    """
    if ".py:" not in name:
        return ""
    examples, again = _draw(task, _FEW).to_examples(), _draw(task, _FEW).to_examples()
    for example in examples:
        try:
            accepted = (
                task.is_correct(example, example.target) and task.verify(example.source, example.target) is not False
            )
        except (TypeError, ValueError) as error:
            if place_in_user_file(error):
                raise
            rule = f"{name} must have `is_correct(self, example, answer)` and `verify(self, source, answer)`"
            raise FileError(f"{rule} where it defines them, but: {error}.") from error
        if not accepted:
            return f"{name} does not accept its own answer to {example.source}: no answer may be right to it."
    if _same(examples, again):
        return ""
    return f"{name} draws other examples with the same `rng`: this run cannot be repeated, nor gone on with exactly."


def _draw(task: Task, n: int = _EXAMPLES) -> ExampleBatch:
    return task.sample_batch(np.random.default_rng(3), n)


def _same(first: Any, second: Any) -> bool:
    """Equal in value and in type: 1 is not 1.0, and a NumPy integer is no Python one."""
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(_same, first, second))
    return type(first) is type(second) and first == second


def _close(first: Any, second: Any) -> bool:
    """Equal, floats to three digits."""
    if isinstance(first, list):
        return len(first) == len(second) and all(map(_close, first, second))
    return math.isclose(first, second, rel_tol=0.006, abs_tol=1e-5) if isinstance(first, float) else first == second
