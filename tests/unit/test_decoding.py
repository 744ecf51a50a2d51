import numpy as np
import pytest

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, log_softmax

SOS, EOS = 3, 4
LIKE_GREEDY: dict[str, dict] = {
    "greedy": {}, "beam": {"width": 1}, "sampling": {"temperature": 0}, "best_of": {"n": 1, "temperature": 0},
}  # fmt: skip


class Scripted:
    """A step function that says a fixed script a row; it notes how many rows each step had."""

    def __init__(self, *scripts: list[int]) -> None:
        self.scripts, self.rows, self.widths = scripts, list(range(len(scripts))), []
        self.heard: list[list[int]] = [[] for _ in scripts]

    def __call__(self, tokens):
        assert len(tokens) == len(self.rows)
        self.widths.append(len(tokens))
        logits = np.zeros((len(tokens), 5), dtype=np.float32)
        for place, (row, token) in enumerate(zip(self.rows, tokens.tolist(), strict=True)):
            said = len(self.heard[row])
            self.heard[row].append(token)
            logits[place, self.scripts[row][said]] = 2.0
        return logits

    def select(self, rows):
        self.rows = [self.rows[row] for row in rows.tolist()]


@pytest.mark.parametrize("held", [0, 24, 2**16])
@pytest.mark.parametrize("name", DECODING_STRATEGIES.names())
def test_a_certain_script_is_followed_and_finished_sequences_leave_the_batch(name, held, monkeypatch):
    monkeypatch.setattr("seq2seq_transformer.decoding.stepwise._MOST_LOGITS", held)
    step = Scripted([0, 1, EOS], [EOS], [2, 2, 2, EOS])
    answers = DECODING_STRATEGIES.build(name, **LIKE_GREEDY[name]).decode(step, 3, sos=SOS, eos=EOS, max_length=8)
    assert [answer.tokens for answer in answers] == [(0, 1), (), (2, 2, 2)]
    assert all(answer.finished for answer in answers)
    assert step.heard == [[SOS, 0, 1], [SOS], [SOS, 2, 2, 2]]
    assert step.widths == [3, 2, 2, 1]
    certain = log_softmax(np.array([[2.0, 0, 0, 0, 0]], dtype=np.float32))[0, 0]
    assert [answer.log_probability for answer in answers] == pytest.approx([3 * certain, certain, 4 * certain])


@pytest.mark.parametrize("name", DECODING_STRATEGIES.names())
def test_the_length_limit_is_reached_and_said(name):
    step = Scripted([0, 0, 0, EOS], [1, EOS])
    answers = DECODING_STRATEGIES.build(name, **LIKE_GREEDY[name]).decode(step, 2, sos=SOS, eos=EOS, max_length=3)
    assert [(answer.tokens, answer.finished) for answer in answers] == [((0, 0, 0), False), ((1,), True)]


def test_log_softmax_gives_probabilities_even_for_large_logits():
    rows = log_softmax(np.array([[1e4, 1e4, -1e4], [0.0, 0.0, 0.0]], dtype=np.float32))
    np.testing.assert_allclose(np.exp(rows), [[0.5, 0.5, 0], [1 / 3] * 3])
