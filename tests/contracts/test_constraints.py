"""Whatever a model says, an answer that is kept within the grammar can be read and ends in time, in every encoding."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_transformer import Transformer
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES
from seq2seq_transformer.decoding.constraints import Constraint
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.tokenization.grammar import END
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.values import parse_type
from tests.contracts.test_encodings import EVERY_ENCODING, FORMS, NUMBER

STRATEGIES = {
    "greedy": {},
    "beam": {"width": 3, "n_best": 3},
    "sampling": {"temperature": 2, "top_k": 20, "top_p": 0.9},
    "best_of": {"n": 2},
}


class Noise:
    """A step function that knows nothing."""

    def __init__(self, rows: int, tokens: int, seed: int) -> None:
        self.rows, self.tokens, self.rng = rows, tokens, np.random.default_rng(seed)

    def __call__(self, tokens):
        assert len(tokens) == self.rows
        return 3 * self.rng.standard_normal((self.rows, self.tokens), dtype=np.float32)

    def select(self, rows):
        self.rows = len(rows)


def test_a_constraint_says_the_same_to_several_threads_at_once():
    """Its tables grow while answers are read off them."""
    tokenizer = Tokenizer(parse_type("int"), parse_type("int[][]"), "digits", {"base": 10}, "digits", {"base": 10})
    vocabulary, limit = tokenizer.vocabulary, 24

    def walked(constraint: Constraint, seed: int) -> list[bytes]:
        rng, states, seen = np.random.default_rng(seed), np.zeros(4, dtype=np.int64), []
        for place in range(limit):
            allowed = constraint.allowed(states, np.full(4, limit - place))
            seen.append(allowed.tobytes())
            choices = [np.flatnonzero(row & (np.arange(len(row)) != vocabulary.eos)) for row in allowed]
            if not all(len(row) for row in choices):
                break
            states = constraint.next(states, np.array([rng.choice(row) for row in choices]))
        return seen

    expected = [walked(Constraint.of(tokenizer), seed) for seed in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            shared = Constraint.of(tokenizer)
            with ThreadPoolExecutor(8) as threads:
                assert list(threads.map(lambda seed, shared=shared: walked(shared, seed), range(8))) == expected
    finally:
        sys.setswitchinterval(before)


def tokenizer_of(form: str, name: str, options: dict) -> Tokenizer:
    return Tokenizer(parse_type("range(0,3)"), parse_type(form.format(NUMBER[name])), "symbolic", {}, name, options)


def decode(strategy, step, limits, tokenizer, constraint):
    vocabulary = tokenizer.vocabulary
    return strategy.decode(
        step, len(limits), sos=vocabulary.sos, eos=vocabulary.eos, max_length=limits, constraint=constraint
    )


def check(answers, limits, tokenizer) -> int:
    """Every answer is read, is of the type, and kept its limit; returns how many there were."""
    for answer, limit in zip(answers, limits, strict=True):
        for each in (answer, *answer.others):
            assert each.finished and len(each.tokens) < limit
            value = tokenizer.decode_target(each.tokens)
            assert tokenizer.target.convert(value) == value
    return sum(1 + len(answer.others) for answer in answers)


@EVERY_ENCODING
@settings(max_examples=12)
@given(st.sampled_from(FORMS), st.sampled_from(sorted(STRATEGIES)), st.integers(0, 20), st.integers(0, 99))
def test_whatever_is_said_can_be_read_and_ends_in_time(name, options, form, strategy, spare, seed):
    tokenizer = tokenizer_of(form, name, options)
    constraint = Constraint.of(tokenizer)
    limits = [constraint.shortest + extra for extra in (0, spare, spare // 2)]
    step = Noise(len(limits), len(tokenizer.vocabulary), seed)
    check(
        decode(DECODING_STRATEGIES.build(strategy, **STRATEGIES[strategy]), step, limits, tokenizer, constraint),
        limits,
        tokenizer,
    )


@EVERY_ENCODING
@settings(max_examples=15)
@given(st.sampled_from(FORMS), st.integers(0, 12), st.integers(0, 99))
def test_the_arrays_allow_what_the_grammar_allows(name, options, form, spare, seed):
    tokenizer = tokenizer_of(form, name, options)
    constraint, grammar, vocabulary = Constraint.of(tokenizer), tokenizer.target_grammar, tokenizer.vocabulary
    rng, state, number = np.random.default_rng(seed), grammar.start, np.zeros(1, dtype=np.int64)
    for remaining in range(constraint.shortest + spare, 0, -1):
        allowed = grammar.allowed(state, remaining)
        (mask,) = constraint.allowed(number, np.array([remaining]))
        ids = vocabulary.ids([symbol if symbol != END else "<eos>" for symbol in allowed])
        assert np.flatnonzero(mask).tolist() == sorted(ids)
        if (token := int(rng.choice(ids))) == vocabulary.eos:
            break
        state, number = grammar.next(state, vocabulary.symbols[token]), constraint.next(number, np.array([token]))


def test_what_is_well_formed_by_itself_is_the_same_within_the_grammar():
    tokenizer = tokenizer_of("{0}", "symbolic", {})
    constraint, vocabulary = Constraint.of(tokenizer), tokenizer.vocabulary
    same = 0
    for seed in range(200):
        free, kept = (
            decode(Greedy(), Noise(1, len(vocabulary), seed), [4], tokenizer, each)[0] for each in (None, constraint)
        )
        try:
            tokenizer.decode_target(free.tokens)
        except Exception:
            assert free != kept
        else:
            if free.finished:
                same += 1
                assert free == kept
    assert same >= 5, "too few to prove anything"


def untrained_answers(tokenizer: Tokenizer, count: int, seed: int) -> int:
    """Read the answers of an untrained model to so many sources, at limits down to the shortest possible."""
    torch.manual_seed(seed)
    vocabulary = tokenizer.vocabulary
    model = Transformer(len(vocabulary), 8, 1, 1, 1, 0.0, pad_token=vocabulary.pad)
    engine, constraint = TorchEngine.of_model(model), Constraint.of(tokenizer)
    found = 0
    for spare in (0, 1, 2, 9):
        sources = np.random.default_rng(seed).integers(0, len(vocabulary) - 3, (count // 4, 4)).tolist()
        limits = [constraint.shortest + spare * (row % 3 + 1) // 3 for row in range(len(sources))]
        step = engine.start(sources, max_length=max(limits))
        found += check(
            decode(DECODING_STRATEGIES.build("sampling", temperature=9), step, limits, tokenizer, constraint),
            limits,
            tokenizer,
        )
    return found


@EVERY_ENCODING
def test_an_untrained_model_gives_answers_that_can_be_read(name, options):
    assert untrained_answers(tokenizer_of("{0}[2]", name, options), 200, 0) == 200


@pytest.mark.slow
@EVERY_ENCODING
def test_an_untrained_model_gives_six_thousand_answers_that_can_be_read(name, options):
    """With the encodings here, more than 100,000 in all."""
    assert (
        sum(untrained_answers(tokenizer_of(form, name, options), 528, seed) for seed, form in enumerate(FORMS)) >= 6000
    )


def test_digits_of_a_large_base_need_few_arrays():
    """No table grows with the states times the symbols: a thousand lengths of a matrix share a handful of masks."""
    tokenizer = tokenizer_of("{0}[][]", "digits", {"base": 100_000})
    constraint, states = Constraint.of(tokenizer), np.zeros(1, dtype=np.int64)
    separator = tokenizer.vocabulary.ids([","])[0]
    for _ in range(300):
        for token in (5, separator):
            assert constraint.allowed(states, np.array([1000]))[0, token]
            states = constraint.next(states, np.array([token]))
    assert len(constraint._masks.cells) <= 16
