"""When an answer with floats is right."""

import pytest

from seq2seq_transformer import Example, Task
from seq2seq_transformer.errors import InputError
from seq2seq_transformer.tasks.floats import agrees
from seq2seq_transformer.values import Float, Range


class Seventh(Task):
    """A seventh, as somebody writes it who knows nothing of three digits."""

    source, target = Range(1, 11), Float()

    def sample(self, rng):
        """Draw one."""
        number = int(rng.integers(1, 11))
        return Example(number, number / 7)


def test_a_task_takes_a_float_of_three_digits_for_right():
    task = Seventh()
    assert task.is_correct(Example(1, 1 / 7), 0.143) and task.is_correct(Example(1, 1 / 7), 0.149)
    assert not task.is_correct(Example(1, 1 / 7), 0.151)


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        (7, 7, True),
        (7, 8, False),
        ([1.0, 2.0], [1.0, 2.1], True),
        ([1.0, 2.0], [1.0, 2.5], False),
        ([1.0], [1.0, 0.0], False),
        ([[1.0, 2.0]], [[1.0], [2.0]], False),
        ([[1, 2]], [[1], [2]], False),
        ([3, [0.5, 1.0]], [3, [0.5, 1.01]], True),
        ([4, [0.5, 1.0]], [3, [0.5, 1.0]], False),
        (["x", 1.0], ["y", 1.0], False),
    ],
)
def test_floats_are_near_and_all_else_is_equal(answer, target, right):
    assert agrees(answer, target) == right


def test_what_only_python_takes_for_a_number_is_none():
    assert Float().convert("-1.5e3") == -1500.0
    for text in ("2024_01", "1_0.5", "nan", ""):
        with pytest.raises(InputError, match="^a term must be a finite number, but is "):
            Float().convert(text)
