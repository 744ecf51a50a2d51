import pytest

from seq2seq_transformer import TASKS, Example
from seq2seq_transformer.evaluation.baselines import baselines, berlekamp_massey, finite_differences


@pytest.mark.parametrize(
    ("terms", "following"),
    [
        ([], [0, 0]),
        ([5], [5, 5]),
        ([1, 2, 3], [4, 5]),
        ([n**3 - n for n in range(6)], [210, 336]),
        ([0, 10**300, 4 * 10**300, 9 * 10**300], [16 * 10**300, 25 * 10**300]),
    ],
)
def test_finite_differences_continue_polynomials(terms, following):
    assert finite_differences(terms, 2) == following


@pytest.mark.parametrize(
    ("terms", "following"),
    [
        ([1, 1, 2, 3, 5, 8], [13, 21]),
        ([3, -6, 12, -24], [48, -96]),
        ([7, 7, 7, 7], [7, 7]),
        ([0, 0, 0, 0], [0, 0]),
        ([1, 2, 1, 2, 1, 2], [1, 2]),
        ([n**2 for n in range(8)], [64, 81]),
        ([10**60 * 3**n for n in range(4)], [10**60 * 81, 10**60 * 243]),
    ],
)
def test_the_shortest_recurrence_continues_linear_recurrences(terms, following):
    assert berlekamp_massey(terms, 2) == following


def test_baselines_are_judged_as_answers_are():
    task = TASKS.build("copy")
    examples = [Example([1, 2], [1, 2]), Example([3], [3]), Example([4, 4], [5]), Example([6], [3])]
    assert baselines(task, examples) == {"most frequent answer": 0.5, "copy of the source": 0.5}


def test_a_source_that_is_no_answer_by_its_type_is_wrong():
    examples = [Example([4, 6], 2), Example([9, 6], 3)]
    assert baselines(TASKS.build("gcd"), examples) == {"most frequent answer": 0.5, "copy of the source": 0.0}


def test_of_a_source_in_parts_the_one_that_could_be_an_answer_is_copied():
    task = TASKS.build("mixture", tasks=("copy", "reverse"))
    examples = [Example(["copy", [1, 2]], [1, 2]), Example(["reverse", [1, 2]], [2, 1])]
    assert baselines(task, examples)["copy of the source"] == 0.5


def test_what_continues_a_sequence_is_set_beside_the_classical_methods():
    task = TASKS.build("linear_recurrence", horizon=2)
    examples = [Example([1, 1, 2, 3, 5, 8], [13, 21]), Example([0, 1, 4, 9, 16, 25], [36, 49])]
    found = baselines(task, examples)
    assert found["finite differences"] == 0.5
    assert found["linear recurrence (Berlekamp–Massey)"] == 1.0
