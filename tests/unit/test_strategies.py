"""The laws of decoding, on a step function that is a table: what it says depends on the source and the tokens so far."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, log_softmax
from seq2seq_transformer.decoding.replay import replay
from seq2seq_transformer.decoding.sampling import Sampling

EOS, SOS, TOKENS = 3, 4, 5
RANDOM = ("sampling", {"temperature": 1.5, "top_k": 4}), ("best_of", {"n": 3, "top_p": 0.95})
SEEDS = st.integers(0, 10**6)


class Table:
    """Logits drawn by seed, source and the tokens so far."""

    def __init__(self, seed: int, *sources: int) -> None:
        self.seed, self.said = seed, [(source,) for source in sources]

    def __call__(self, tokens):
        self.said = [(*said, token) for said, token in zip(self.said, tokens.tolist(), strict=True)]
        return np.stack([self.logits(said) for said in self.said])

    def select(self, rows):
        self.said = [self.said[row] for row in rows.tolist()]

    def logits(self, said):
        return 2 * np.random.default_rng([self.seed, *said]).normal(size=TOKENS).astype(np.float32)


def decode(name, options, seed, sources, max_length=6, **others):
    strategy = DECODING_STRATEGIES.build(name, **options)
    return strategy.decode(Table(seed, *sources), len(sources), sos=SOS, eos=EOS, max_length=max_length, **others)


def every_answer(seed, source, limit):
    """All answers of at most so many tokens with ln p, the likeliest first; those that end before those that do not."""
    table, found = Table(seed, source), []
    for length in range(limit + 1):
        for tokens in itertools.product((0, 1, 2, SOS), repeat=length):
            ended = length < limit
            said = [*tokens, *([EOS] if ended else [])]
            score = sum(
                log_softmax(table.logits((source, SOS, *said[:place]))[None])[0, token]
                for place, token in enumerate(said)
            )
            if ended or length == limit:
                found.append((tokens, float(score), ended))
    return sorted(found, key=lambda answer: (not answer[2], -answer[1]))


@settings(max_examples=15)
@given(SEEDS)
def test_a_beam_of_full_width_finds_every_answer_in_order(seed):
    limits = [4, 1, 3]
    answers = decode("beam", {"width": 400, "n_best": 400}, seed, range(3), limits)
    for source, answer in enumerate(answers):
        found, wanted = [answer, *answer.others], every_answer(seed, source, limits[source])
        assert [(each.tokens, each.finished) for each in found] == [(tokens, ended) for tokens, _, ended in wanted]
        np.testing.assert_allclose([each.log_probability for each in found], [score for _, score, _ in wanted])


@settings(max_examples=10)
@given(SEEDS, st.floats(0.1, 2))
def test_the_length_penalty_is_that_of_wu(seed, power):
    (answer,) = decode("beam", {"width": 400, "length_penalty": power}, seed, [0], 4)
    by_penalty = [
        score / ((5 + len(tokens) + 1) / 6) ** power for tokens, score, ended in every_answer(seed, 0, 4) if ended
    ]
    assert answer.log_probability / ((5 + len(answer.tokens) + 1) / 6) ** power == pytest.approx(max(by_penalty))


@given(SEEDS, st.integers(2, 6))
def test_an_answer_of_a_beam_is_no_worse_than_its_next_and_stopping_early_finds_as_many(seed, width):
    for early in (False, True):
        (answer,) = decode("beam", {"width": width, "n_best": width, "early_stopping": early}, seed, [0])
        found = [answer, *answer.others]
        assert len(found) == len({each.tokens for each in found}) == width
        scores = [each.log_probability for each in found if each.finished]
        assert scores == sorted(scores, reverse=True)
        for each in found:
            assert each.log_probability == pytest.approx(sum(each.by_token))


@given(SEEDS)
def test_a_beam_of_one_no_temperature_and_the_likeliest_alone_are_greedy(seed):
    greedy = decode("greedy", {}, seed, range(4), [6, 3, 1, 9])
    for name, options in (
        ("beam", {"width": 1}),
        ("beam", {"width": 1, "early_stopping": True}),
        ("sampling", {"temperature": 0}),
        ("sampling", {"top_k": 1}),
        ("sampling", {"top_p": 1e-9}),
        ("sampling", {"min_p": 1}),
        ("best_of", {"n": 1, "temperature": 0}),
    ):
        assert decode(name, options, seed, range(4), [6, 3, 1, 9]) == greedy, (name, options)


@settings(max_examples=50)
@given(SEEDS, st.permutations(range(4)))
def test_a_drawn_answer_depends_on_the_seed_and_the_number_of_its_source_alone(seed, order):
    for name, options in RANDOM:
        together = decode(name, options, seed, range(4))
        shuffled = decode(name, options, seed, order, indices=order)
        assert [together[source] for source in order] == shuffled
        assert decode(name, options, seed, [2], max_length=[6], indices=[2]) == [together[2]]


def test_other_seeds_and_numbers_draw_other_answers():
    drawn = {decode("sampling", {"seed": seed}, 0, [0], indices=[n])[0].tokens for seed in range(5) for n in range(5)}
    assert len(drawn) > 10
    (answer,) = decode("best_of", {"n": 9}, 0, [0])
    assert len({each.tokens for each in (answer, *answer.others)}) > 3
    assert answer.log_probability == max(each.log_probability for each in (answer, *answer.others) if each.finished)


@pytest.mark.parametrize("longest", [1, 256, 257, 600])
def test_every_place_of_a_long_answer_has_a_draw_of_its_own(longest):
    """Those that the generator of its seed and number gives at once."""
    even = np.zeros((1, 1000), np.float32)
    choose = Sampling(seed=7).chooser([(3, 0)], longest)
    drawn = [int(choose(even, np.array([0]), place)[0]) for place in range(longest)]
    assert drawn == [int(1000 * share) for share in np.random.default_rng([7, 3, 0]).random(longest)]


def test_tokens_are_drawn_as_often_as_their_probabilities_say():
    """20,000 draws of one token: a frequency is off by more than 0.015 once in 10^5 times, and the seed is fixed."""
    logits = Table(1, 0).logits((0, SOS))

    class Same:
        def __call__(self, tokens):
            return np.broadcast_to(logits, (len(tokens), TOKENS))

    answers = Sampling(temperature=2).decode(Same(), 20_000, sos=SOS, eos=EOS, max_length=1)
    said = [EOS if answer.finished else answer.tokens[0] for answer in answers]
    wanted = np.exp(log_softmax(logits[None] / 2))[0]
    np.testing.assert_allclose(np.bincount(said, minlength=TOKENS) / len(said), wanted, atol=0.015)
    model = log_softmax(logits[None])[0]
    assert [answer.log_probability for answer in answers[:9]] == [model[token] for token in said[:9]], "the model's own"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, [0.5, 0.2, 0.2, 0.1]),
        ({"top_k": 2}, [0.5, 0.2, 0, 0]),  # of two that are equally likely, the first
        ({"top_k": 9}, [0.5, 0.2, 0.2, 0.1]),
        ({"top_p": 0.45}, [0.5, 0, 0, 0]),
        ({"top_p": 0.85}, [0.5, 0.2, 0.2, 0]),
        ({"min_p": 0.4}, [0.5, 0.2, 0.2, 0]),
        ({"temperature": 0.5}, [0.25, 0.04, 0.04, 0.01]),
        ({"temperature": 0.5, "top_p": 0.8}, [0.25, 0.04, 0, 0]),  # 0.25 of 0.34 is 0.74
    ],
)
def test_filters_keep_what_their_definitions_say(options, wanted):
    found = Sampling(**options).filtered(np.log([[0.5, 0.2, 0.2, 0.1]]))
    np.testing.assert_allclose(found / found.sum(), [np.array(wanted) / sum(wanted)])


@given(SEEDS)
def test_a_replay_tells_the_likeliest_tokens_at_every_place(seed):
    answers = decode("sampling", {}, seed, range(3), [5, 1, 9])
    places = replay(Table(seed, 0, 1, 2), [answer.tokens for answer in answers], sos=SOS, count=TOKENS)
    for answer, found in zip(answers, places, strict=True):
        assert len(found) == len(answer.tokens) + 1
        for token, score, told in zip((*answer.tokens, EOS), answer.by_token, found, strict=False):
            assert dict(told)[token] == pytest.approx(np.exp(score))
            shares = [share for _, share in told]
            assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("name", ["greedy", "beam"])
def test_logits_that_are_no_numbers_give_an_answer_that_says_so(name):
    strategy = DECODING_STRATEGIES.build(name)

    class Lost:
        def __call__(self, tokens):
            return np.full((len(tokens), 5), np.nan, np.float32)

        def select(self, rows):
            pass

    (found,) = strategy.decode(Lost(), 1, sos=2, eos=3, max_length=4)
    assert not found.finished and np.isnan(found.log_probability)
