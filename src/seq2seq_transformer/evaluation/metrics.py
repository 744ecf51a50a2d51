"""How answers are counted. Scores are fractions in [0, 1]."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.tasks.base import Task
from seq2seq_transformer.values import Example


def is_right(task: Task, example: Example, answer: Prediction) -> bool:
    """Whether there is an answer, and it solves the example; a task may say so in a bool of NumPy."""
    return answer.problem is None and bool(task.is_correct(example, answer.prediction))


def token_accuracy(answers: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> float:
    """Fraction of places at which answer and target have the same token; a place that only one has is wrong."""
    equal = places = 0
    for answer, target in zip(answers, targets, strict=True):
        equal += sum(mine == yours for mine, yours in zip(answer, target, strict=False))
        places += max(len(answer), len(target))
    return equal / max(1, places)


def pass_at_k(draws: int, correct: int, k: int) -> float:
    """Probability that at least one of k of the draws is right: 1 − C(n − c, k) / C(n, k), which is without bias.

    Chen et al. (2021, arXiv 2107.03374, equation 1); n independent draws, c of them right, k at most n.

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    return 1 - math.comb(draws - correct, k) / math.comb(draws, k)


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a fraction."""

    low: float
    high: float


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The score interval of a binomial fraction (Wilson 1927); for no trials, all of [0, 1].

    Its ends are the fractions p from which the one found is z standard errors √(p(1 − p) / trials) away.
    """
    if not trials:
        return Interval(0.0, 1.0)
    found, spread = successes / trials, NormalDist().inv_cdf((1 + confidence) / 2) ** 2 / trials
    middle = found + spread / 2
    reach = math.sqrt(spread * (found * (1 - found) + spread / 4))
    return Interval(max(0.0, (middle - reach) / (1 + spread)), min(1.0, (middle + reach) / (1 + spread)))
