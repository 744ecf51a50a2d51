"""Whether a model knows when it is right: calibration, and what it is worth to answer only where it is sure.

The confidence of an answer is the model's own probability of all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import Problems

_BINS = 10


@dataclass(frozen=True)
class Bin:
    """Answers of about one confidence."""

    answers: int
    confidence: float
    """Mean confidence."""
    exact_match: float


@dataclass(frozen=True)
class Calibration:
    """How confidence and correctness go together."""

    expected_error: float
    """Expected calibration error: mean over the answers of |exact match − mean confidence| of their bin (Guo et al.
    2017, arXiv 1706.04599, equation 3), with bins of equally many answers, since most confidences lie next to 1."""
    bins: Sequence[Bin]
    """From the least confident answers to the most."""
    confidence: float
    """The confidence asked for …"""
    coverage_at_confidence: float
    """… the share of answers that have at least that …"""
    exact_match_at_confidence: float | None
    """… and their exact match; None where there are none."""
    exact_match: float
    """The exact match asked for …"""
    coverage_at_exact_match: float
    """… and the largest share of answers, the most confident ones, that reach it."""


def calibration(
    confidences: Sequence[float],
    correct: Sequence[bool],
    *,
    bins: int = 0,
    confidence: float = 0.9,
    exact_match: float = 0.99,
) -> Calibration:
    """How the confidences of answers go with their being right.

    Args:
        confidences: of each answer, in [0, 1]; at least one answer.
        correct: whether each is right.
        bins: into which the answers are put, equally many into each as far as they go; 0: ten.
        confidence: at which coverage and exact match are told.
        exact_match: at which coverage is told.

    Raises:
        ConfigError: where there is no answer, or the number of bins is negative.
    """
    problems = Problems()
    problems.require(len(confidences) > 0, "the number of answers must be at least 1", len(confidences))
    problems.require(bins >= 0, "`bins` must be 0 or more", bins)
    problems.raise_if_any()
    order = np.argsort(np.asarray(confidences), kind="stable")
    sure, right = np.asarray(confidences, dtype=np.float64)[order], np.asarray(correct, dtype=np.float64)[order]
    parts = [part for part in np.array_split(np.arange(len(sure)), bins or _BINS) if len(part)]
    found = [Bin(len(part), float(sure[part].mean()), float(right[part].mean())) for part in parts]
    chosen = right[sure >= confidence]
    return Calibration(
        expected_error=sum(each.answers * abs(each.exact_match - each.confidence) for each in found) / len(sure),
        bins=found,
        confidence=confidence,
        coverage_at_confidence=len(chosen) / len(sure),
        exact_match_at_confidence=float(chosen.mean()) if len(chosen) else None,
        exact_match=exact_match,
        coverage_at_exact_match=_coverage(sure, right, exact_match),
    )


def _coverage(sure: NDArray[np.float64], right: NDArray[np.float64], wanted: float) -> float:
    """The largest share of most confident answers whose exact match is as wanted; equal confidences go together."""
    taken = np.arange(1, len(sure) + 1)
    shares = right[::-1].cumsum() / taken
    whole = np.append(sure[::-1][1:] < sure[::-1][:-1], True)
    good = taken[whole & (shares >= wanted)]
    return float(good.max(initial=0)) / len(sure)
