import math
from collections import Counter

import numpy as np
import pytest

from seq2seq_transformer import TASKS


def drawn(**options) -> list:
    task = TASKS.build("gcd", max_operand=10_000, **options)
    return task.sample_batch(np.random.default_rng(0), 20_000).to_examples()


@pytest.mark.parametrize("outcomes", ["natural", "uniform", "log_uniform", "inverse_sqrt", "mixed"])
@pytest.mark.parametrize("operands", ["uniform", "log_uniform", "mixed"])
def test_every_answer_is_the_gcd_of_operands_in_range(operands, outcomes):
    for source, target in drawn(operands=operands, outcomes=outcomes):
        assert math.gcd(*source) == target
        assert 1 <= min(source) <= max(source) <= 10_000


@pytest.mark.parametrize(
    ("outcomes", "weight"),
    [("uniform", lambda k: 1), ("log_uniform", lambda k: 1 / k), ("inverse_sqrt", lambda k: k**-0.5)],
)
def test_the_gcd_is_distributed_as_asked(outcomes, weight):
    counts = Counter(target for _, target in drawn(outcomes=outcomes, max_gcd=20))
    total = sum(map(weight, range(1, 21)))
    assert set(counts) == set(range(1, 21))
    for k, count in counts.items():
        expected = 20_000 * weight(k) / total
        assert abs(count - expected) < 6 * math.sqrt(expected)


def test_natural_outcomes_fall_with_the_square_and_mixed_ones_add_a_twentieth():
    natural = Counter(target for _, target in drawn())
    mixed = Counter(target for _, target in drawn(outcomes="mixed", max_gcd=20))
    assert abs(natural[1] - 20_000 * 6 / math.pi**2) < 6 * 70
    assert abs(mixed[17] - 20_000 * (0.95 * 6 / math.pi**2 / 17**2 + 0.05 / 20)) < 6 * 10


@pytest.mark.parametrize(("operands", "share"), [("uniform", 0.01), ("log_uniform", 0.5), ("mixed", 0.1325)])
def test_operands_are_as_often_small_as_asked(operands, share):
    small = sum(source[0] <= 100 for source, _ in drawn(operands=operands))
    assert abs(small - 20_000 * share) < 6 * math.sqrt(20_000 * share * (1 - share))
