"""When floats of an answer are right."""

from collections.abc import Sequence

from seq2seq_transformer.errors import Problems

LEAST_TOLERANCE = 0.005
"""How far off three significant digits can be."""
ABSOLUTE_TOLERANCE = 1e-4
"""An answer that is not farther off than this is right, whatever the target: no error is small relative to 0."""


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
