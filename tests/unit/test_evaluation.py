import json

import numpy as np
import pytest

from seq2seq_transformer import Predictor
from seq2seq_transformer.evaluation.evaluate import evaluate
from seq2seq_transformer.evaluation.metrics import token_accuracy, wilson_interval
from seq2seq_transformer.inference.prediction import Prediction
from seq2seq_transformer.tasks.patterns import Patterns


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
    assert wilson_interval(10, 10).high == pytest.approx(1)
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
