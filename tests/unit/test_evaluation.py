import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_transformer import Predictor
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.evaluation.calibration import calibration
from seq2seq_transformer.evaluation.evaluate import evaluate, score, score_with_grammar
from seq2seq_transformer.evaluation.metrics import pass_at_k, token_accuracy, wilson_interval
from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.tasks.patterns import Patterns
from seq2seq_transformer.values import Example


def test_token_accuracy_counts_missing_and_surplus_tokens_as_wrong():
    assert token_accuracy([(1, 2)], [(1, 2)]) == 1
    assert token_accuracy([(1, 2)], [(1, 2, 3)]) == pytest.approx(2 / 3)
    assert token_accuracy([(1, 2, 3, 4)], [(1, 2)]) == 1 / 2
    assert token_accuracy([()], [(1,)]) == 0
    assert token_accuracy([], []) == 0


def test_the_interval_is_wilsons():
    # Worked by hand for 9 of 10 with z = 1.959964: centre (p + z²/2n) / (1 + z²/n) = 0.7889, half width 0.1932
    found = wilson_interval(9, 10)
    assert (found.low, found.high) == (pytest.approx(0.5958, abs=1e-4), pytest.approx(0.9821, abs=1e-4))
    # Newcombe (1998, Statistics in Medicine 17, 857-872), table I
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for counted, ends in published.items():
        found = wilson_interval(*counted)
        assert (found.low, found.high) == (pytest.approx(ends[0], abs=5e-5), pytest.approx(ends[1], abs=5e-5))
    assert wilson_interval(10, 10).high == 1
    assert wilson_interval(9, 10, 0.5).low > wilson_interval(9, 10, 0.9).low
    assert (wilson_interval(0, 0).low, wilson_interval(0, 0).high) == (0, 1)


def test_an_evaluation_counts_what_the_model_answers(finished_run, monkeypatch):
    predictor = Predictor.load(finished_run)
    task = Patterns(families=("zeros", "constant"), horizon=2)
    examples = task.sample_batch(np.random.default_rng(0), 200)
    plain = examples.to_examples()

    def half_right(sources, **_):
        """Right for even rows, one token wrong for rows 1, 5, 9 …, nothing for rows 3, 7 …"""
        answers = []
        for row, example in enumerate(plain):
            if row % 4 == 3:
                answers.append(Prediction(example.source, None, (), 0.1, "nothing"))
            else:
                wrong = (example.target[0] + 1) % 10 if row % 2 else example.target[0]
                answer = [wrong, example.target[1]]
                answers.append(Prediction(example.source, answer, tuple(answer), 0.9))
        return answers

    monkeypatch.setattr(predictor, "predict_many", half_right)
    report, predictions = evaluate(predictor, task, examples)
    assert len(predictions) == 200
    assert report.total.examples == 200
    assert report.total.exact_match == 0.5
    assert evaluate(predictor, task, plain)[0] == report
    assert report.total.token_accuracy == pytest.approx((100 * 2 + 50) / 400)
    assert report.malformed == 50
    assert report.total.distinct_sources == len({str(example.source) for example in plain})
    categories = task.categories(examples.source).tolist()
    assert {name: score.examples for name, score in report.by_category.items()} == {
        name: categories.count(name) for name in sorted(set(categories))
    }
    assert sum(score.examples for score in report.by_length.values()) == 200
    assert list(report.by_length) == sorted(report.by_length)
    assert json.loads(json.dumps(report.to_json()))["total"]["exact_match"] == 0.5
    assert report.loss > 0


def test_calibration_by_hand():
    found = calibration([0.9, 0.2, 0.8, 0.1], [True, False, False, True], bins=2, confidence=0.85, exact_match=0.6)
    assert [(each.answers, each.confidence, each.exact_match) for each in found.bins] == [
        (2, pytest.approx(0.15), 0.5),
        (2, pytest.approx(0.85), 0.5),
    ]
    assert found.expected_error == pytest.approx(0.35)
    assert (found.coverage_at_confidence, found.exact_match_at_confidence) == (0.25, 1)
    assert found.coverage_at_exact_match == 0.25, "of the surest 1, 2, 3, 4 answers 1, 1/2, 1/3, 1/2 are right"


def test_answers_of_equal_confidence_are_given_or_withheld_together():
    found = calibration([0.5] * 4, [True, True, False, False], exact_match=0.9)
    assert found.coverage_at_exact_match == 0
    assert calibration([0.5] * 4, [True] * 4).coverage_at_exact_match == 1
    assert len(found.bins) == 4, "no bin is empty"
    assert calibration([0.5], [False], confidence=0.9).exact_match_at_confidence is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(0, 12))
def test_calibration_keeps_its_bounds(rows, bins):
    found = calibration([row[0] for row in rows], [row[1] for row in rows], bins=bins)
    assert sum(each.answers for each in found.bins) == len(rows)
    assert max(each.answers for each in found.bins) - min(each.answers for each in found.bins) <= 1
    assert 0 <= found.expected_error <= 1
    assert sum(each.answers * each.exact_match for each in found.bins) == pytest.approx(sum(row[1] for row in rows))


def test_examples_may_be_pairs(finished_run):
    predictor = Predictor.load(finished_run)
    pairs = [([3] * 8, [3, 3]), ([4] * 8, [4, 4])]
    assert evaluate(predictor, Patterns(horizon=2), pairs) == evaluate(
        predictor, Patterns(horizon=2), [Example(*pair) for pair in pairs]
    )


def test_there_must_be_something_to_evaluate(finished_run):
    with pytest.raises(InputError, match="^there must be at least one example to evaluate, but there is none.$"):
        evaluate(Predictor.load(finished_run), Patterns(), [])
    with pytest.raises(ConfigError) as caught:
        calibration([], [], bins=-1)
    assert caught.value.problems == [
        "the number of answers must be at least 1, but is 0 instead.",
        "`bins` must be 0 or more, but is -1 instead.",
    ]


def test_pass_at_k_is_the_share_of_subsets_with_a_right_one():
    for draws, correct, k in itertools.product(range(1, 6), range(6), range(1, 6)):
        if correct <= draws and k <= draws:
            subsets = list(itertools.combinations([True] * correct + [False] * (draws - correct), k))
            assert pass_at_k(draws, correct, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_answers_mended_by_the_grammar_are_those_it_gives(finished_run):
    """With three tokens of room an unconstrained answer may not end; the grammar's always does, and the others stay."""
    from seq2seq_transformer import Transformer
    from seq2seq_transformer.inference.torch_engine import TorchEngine

    description = Predictor.load(finished_run).description
    untrained = Transformer.from_config(description.model)
    predictor = Predictor(TorchEngine.of_model(untrained), description)
    task = Patterns(families=("constant",), horizon=2)
    batch = task.sample_batch(np.random.default_rng(0), 50)
    report, answers = evaluate(predictor, task, batch)
    assert report.malformed, "an untrained model is well-formed by chance alone"
    mended = score_with_grammar(predictor, task, batch.to_examples(), answers)
    assert mended == score(predictor, task, batch, constrained=True)
    assert evaluate(predictor, task, batch, constrained=True)[0].malformed == 0


def test_draws_are_counted_by_the_true_answers(finished_run):
    predictor = Predictor.load(finished_run, strategy=DECODING_STRATEGIES.build("best_of", n=3, temperature=2))
    task = Patterns(families=("constant",), horizon=2)
    report, answers = evaluate(predictor, task, task.sample_batch(np.random.default_rng(0), 40))
    assert list(report.pass_at) == [1, 2, 3]
    assert list(report.pass_at.values()) == sorted(report.pass_at.values())
    right = [
        [task.is_correct(Example(a.source, [a.source[0]] * 2), b.prediction) for b in (a, *a.others)] for a in answers
    ]
    assert report.pass_at[1] == pytest.approx(np.mean(right))
    assert report.pass_at[3] == pytest.approx(np.any(right, axis=1).mean())
