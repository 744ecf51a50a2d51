"""When floats of an answer are right."""

from collections.abc import Sequence
from typing import Any

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.values import flat

LEAST_TOLERANCE = 0.005
"""How far off three significant digits can be."""
ABSOLUTE_TOLERANCE = 1e-4
"""An answer that is not farther off than this is right, whatever the target: no error is small relative to 0."""


USUAL_TOLERANCE = 0.05
"""Where nothing else is said: that of arXiv 2112.01898."""


def check_tolerance(problems: Problems, tolerance: float) -> None:
    """Note where the option `tolerance` is out of its bounds."""
    rule = f"`tolerance` must be at least {LEAST_TOLERANCE}, to allow for three digits, and below 1"
    problems.require(LEAST_TOLERANCE <= tolerance < 1, rule, tolerance)


def is_near(answer: Sequence[float], target: Sequence[float], tolerance: float) -> bool:
    """Whether an answer is right up to a tolerance: by the sum of the errors, relative to that of the target's sizes.

    This is the measure of arXiv 2112.01898 (relative error in the L1 norm) with an absolute tolerance beside it.
    """
    error = sum(abs(a - b) for a, b in zip(answer, target, strict=True))
    return error <= max(tolerance * sum(map(abs, target)), ABSOLUTE_TOLERANCE)


def agrees(answer: Any, target: Any, tolerance: float = USUAL_TOLERANCE) -> bool:
    """Whether an answer of one type with the target is the same, all its floats together being near (`is_near`).

    Whole numbers and symbols must be equal, sequences and matrices of the same size.
    """
    if answer == target:
        return True
    if _shape(answer) != _shape(target):
        return False
    pairs = list(zip(flat(answer), flat(target), strict=True))
    floats = [(found, wanted) for found, wanted in pairs if isinstance(wanted, float)]
    exact = all(found == wanted for found, wanted in pairs if not isinstance(wanted, float))
    return exact and is_near([found for found, _ in floats], [wanted for _, wanted in floats], tolerance)


def _shape(value: Any) -> Any:
    """The sizes of lists in lists."""
    return [_shape(item) for item in value] if isinstance(value, list) else None
