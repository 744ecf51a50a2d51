"""How positions are counted, randomized and chosen."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_transformer import PositionalEncoding
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_values
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig, TokenRoles
from seq2seq_transformer.model.located import Positions
from seq2seq_transformer.model.positional_encodings.learned import Learned
from seq2seq_transformer.model.positional_encodings.relative_bias import RelativeBias
from seq2seq_transformer.model.positions import CHANNELS, count
from seq2seq_transformer.model.randomized import stretched
from seq2seq_transformer.model.tokens import NOWHERE, Tokens
from seq2seq_transformer.model.transformer import Transformer

N = NOWHERE
SYMBOLS = "0123456789-,sep"
SOS, EOS, PAD = 12, 13, 14
MOST = TokenRoles(tokens="dddddddddd+,sss")
LEAST = TokenRoles(tokens=MOST.tokens, source_least_first=True, target_least_first=True)
FIXED = TokenRoles(tokens=MOST.tokens, source_width=2, target_width=2)


def spelled(text: str) -> torch.Tensor:
    """SOS and the tokens of a text: e is EOS, p is PAD."""
    return torch.tensor([[SOS, *(SYMBOLS.index(symbol) for symbol in text)]])


def source_counts(channel: str, text: str, roles: TokenRoles = MOST) -> list[int]:
    ids = spelled(text)
    return count((channel,), Tokens.of_source(ids, ids == PAD, roles))[0][0].tolist()


def target_counts(channel: str, text: str, roles: TokenRoles = MOST) -> list[int]:
    return count((channel,), Tokens.of_target(spelled(text), roles))[0][0].tolist()


COUNTS = {  # channel: of the source 17,25 and of the target 42 so far, both after SOS
    "absolute": ([0, 1, 2, 3, 4, 5, 6], [0, 1, 2]),
    "start": ([-1, 0, 1, 2, 3, 4, 5], [0, 1, 2]),
    "end": ([5, 4, 3, 2, 1, 0, -1], [0, 1, 2]),
    "continuation": ([-6, -5, -4, -3, -2, -1, 0], [0, 1, 2]),
    "lap": ([4, 5, 6, 7, 8, 9, 10], [0, 1, 2]),
    "half": ([N, 0, 1, 0, 1, N, N], [N, N, N]),
    "occurrence": ([0] * 7, [1, 1, 1]),
    "first": ([0] * 7, [0, 0, 0]),
    "distinct": ([-1, 0, 1, 2, 3, 4, 5], [0, 1, 2]),
    "digit_start": ([N, 0, 1, N, 0, 1, N], [0, 1, 2]),
    "digit_end": ([N, 1, 0, N, 1, 0, N], [0, 1, 2]),
    "digit": ([N, 1, 0, N, 1, 0, N], [N, N, N]),
    "twice": ([-1, 0, 1, 2, 3, 4, 5], [0, 2, 4]),
    "twice_lap": ([5, 6, 7, 8, 9, 10, 11], [0, 2, 4]),
    "halved": ([0, 1, 2, 3, 4, 5, 6], [0, 2, 4]),
    "steps": ([N, N, N, N, N, N, 0], [0, 1, 2]),
    "place": ([-1, 0, 1, 2, 3, 4, 5], [0, 1, 2]),
    "pair": ([-1, 0, 1, 2, 3, 4, 5], [N, N, N]),
    "inside": ([N] * 7, [N, N, N]),
    "depth": ([0] * 7, [0, 1, 2]),
    "digit_first": ([N, 1, 0, N, N, N, N], [N, N, N]),
    "digit_last": ([N, N, N, N, 1, 0, N], [N, N, N]),
    "number_end": ([N, 1, 1, N, 0, 0, N], [0, 0, 0]),
    "number": ([0, 0, 0, 1, 1, 1, 2], [0, 0, 0]),
    "none": ([N] * 7, [N, N, N]),
}


@pytest.mark.parametrize("channel", CHANNELS.names())
def test_every_channel_counts_as_it_says(channel):
    source, target = COUNTS[channel]
    assert source_counts(channel, "17,25e") == source
    assert target_counts(channel, "42") == target


def test_places_of_digits_follow_the_spelling():
    assert source_counts("digit", "17,25e", LEAST) == [N, 0, 1, N, 0, 1, N]
    assert target_counts("digit", "-24,1", LEAST) == [0, 0, 1, 2, 0, 1]
    assert target_counts("digit", "1725", FIXED) == [1, 0, 1, 0, 1]
    assert source_counts("digit", "1725e", FIXED) == [N, 1, 0, 1, 0, N]
    assert source_counts("digit_start", "1725e", FIXED) == [N, 0, 1, 0, 1, N]
    assert source_counts("number", "1725e", FIXED) == [0, 0, 0, 1, 1, 2]


BRACKETS = TokenRoles(tokens="()onnnnnnnsnsss")


def test_brackets_and_operators_are_counted_by_their_roles():
    assert source_counts("pair", "0201413e", BRACKETS) == [-1, 0, 1, 2, 2, 4, 0, 6, 7], "0 opens and 1 closes"
    assert source_counts("inside", "2020413e", BRACKETS) == [N, N, 1, 1, 3, 3, 3, 1, 1], "0 opens and 1 closes"
    assert source_counts("depth", "0001e", BRACKETS) == [2, 1, 0, -1, -1, 0], "two are still open"
    assert source_counts("place", "342567e", BRACKETS) == [-1, 0, 1, 2, 0, 1, 2, 3], "2 is an operator"


def test_equal_tokens_are_counted_one_after_another():
    assert source_counts("occurrence", "3133e") == [0, 0, 0, 1, 2, 0]
    assert source_counts("distinct", "3133e") == [-1, 0, 1, N, N, 2]
    assert target_counts("occurrence", "3133") == [1, 1, 1, 2, 3]


@pytest.mark.parametrize("channel", CHANNELS.names())
@settings(max_examples=20)
@given(st.text("0123-,", min_size=1, max_size=12), st.integers(1, 5))
def test_what_comes_later_never_changes_a_count(channel, text, padding):
    """Padding of a source, and the tokens of a target that are still to come."""
    assert source_counts(channel, text + "e" + "p" * padding)[: len(text) + 2] == source_counts(channel, text + "e")
    for roles in (MOST, LEAST, FIXED):
        whole = target_counts(channel, text, roles)
        assert [target_counts(channel, text[:size], roles)[-1] for size in range(len(text) + 1)] == whole


@settings(max_examples=20)
@given(st.sampled_from(["sorted", "shifted"]), st.integers(0, 2**32))
def test_randomized_counts_keep_their_order_and_what_was_equal(how, seed):
    torch.manual_seed(seed)
    queries, keys = torch.tensor([[0, 1, 2, N]]), torch.tensor([[-1, 0, 1, 2], [N, 2, 1, -3]])
    (mine,), (theirs,) = stretched([queries], [keys], how, 40)
    before = torch.cat([queries.expand(2, -1), keys], dim=1)
    after = torch.cat([mine, theirs], dim=1)
    assert ((before == N) == (after == N)).all()
    known = after[after != N]
    assert ((known >= 0) & (known < 40)).all()
    for row, moved in zip(before.tolist(), after.tolist(), strict=True):
        pairs = [(a, b) for a, b in zip(row, moved, strict=True) if a != N]
        assert all((a < c) == (b < d) and (a == c) == (b == d) for a, b in pairs for c, d in pairs)


def model_with(**positions) -> Transformer:
    torch.manual_seed(0)
    chosen = dict.fromkeys(ATTENTIONS, PositionsConfig(**positions))
    return Transformer(15, 16, 2, 1, 1, 0.0, pad_token=PAD, roles=LEAST, positions=chosen)


@pytest.mark.parametrize("how", ["sorted", "shifted"])
def test_positions_are_randomized_in_training_only(how):
    model = model_with(randomized=how, limit=64)
    src, tgt = spelled("17,25e"), spelled("24")
    assert not torch.equal(model(src, tgt), model(src, tgt))
    model.eval()
    assert torch.equal(model(src, tgt), model(src, tgt))


def test_learned_positions_refuse_what_their_table_does_not_hold():
    with pytest.raises(InputError) as caught:
        Learned(8, 0.0, 4)(torch.zeros(1, 5, 8))
    assert str(caught.value) == (
        "learned positions must stay below 4, but one is 4. Train with a larger --model.max_len, or with other "
        "positions: seq2seq list positions"
    )


def test_far_tokens_are_closed_at_first_or_blocked():
    counts = [torch.arange(6).unsqueeze(0)]
    soft = RelativeBias(8, 0.0, 0, window=(2,), far=(-6.0,)).bias(counts, counts)[0]
    assert soft[0, 0, 3].tolist() == [-6, -6, 0, 0, 0, -6]
    hard = RelativeBias(8, 0.0, 0, window=(2,), far=(-math.inf,)).bias(counts, counts)[0]
    assert hard.shape[-1] == 7, "the last column is a key that is not there"
    assert [value > -1 for value in hard[0, 0, 3].tolist()] == [False, False, True, True, True, False, True]


def test_a_hard_window_without_a_key_in_it_gives_nothing():
    torch.manual_seed(0)
    model = model_with(name="relative_bias", channels=("half",), options={"far": (-math.inf,)}).eval()
    located = model.positions.locate(
        "encoder", ([torch.tensor([[50]])], [torch.tensor([[0, 1]])]), None, torch.tensor([[2]])
    )
    attention = model.encoder_layers[0].self_attention
    query, key, value = torch.randn(1, 2, 1, 8), torch.randn(1, 2, 2, 8), torch.randn(1, 2, 2, 8)
    mixed = attention.attend(query, key, value, located, 0)
    torch.testing.assert_close(mixed, attention.out_proj(torch.zeros(1, 1, 16)))


def test_buckets_tell_near_distances_apart_and_far_ones_in_ranges():
    encoding = RelativeBias(8, 0.0, 64, buckets=8)
    places = encoding._bucket(torch.arange(-70, 71).view(1, 1, -1), 8)[0, 0].tolist()
    assert places == sorted(places), "farther is never nearer"
    assert places[70 - 3 : 70 + 4] == [-3, -2, -1, 0, 1, 2, 3]
    assert places[0] == -8 and places[-1] == 8


def test_every_layer_and_head_has_numbers_of_its_own():
    experiment = build_experiment([layer_of_values(values({"num_heads": 8, "num_encoder_layers": 3}))])
    entries = Positions(experiment.model).encoding("encoder").entries
    assert [list(each.shape) for each in entries] == [[3, 4, 7], [3, 4, 7]]


def values(model: dict | None = None, **positions) -> dict:
    named = {"name": "relative_bias", "channels": ["start", "end"], **positions}
    return {"task": {"name": "copy"}, "model": model or {}, "model.positions": named}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (values(channels=["strat"]), "there is no channel 'strat'. Did you mean 'start'? Known: "),
        (values(channels=["start", "end", "lap"]), "`num_heads` must be a multiple of the channels of an attention (3), but is 4 instead."),
        (values(window=[1, 2, 3]), "`positions.window` must have one value, or one for each channel (2), but is (1, 2, 3) instead."),
        (values(window=[0]), "`positions.window` must be at least 1, but is (0,) instead."),
        (values(far="near"), "`model.positions.far` must be an array of numbers, but is 'near' instead."),
        (values(windo=[2]), "there is no option of [model.positions] 'windo'. Did you mean 'window'?"),
        (values(name="auto"), "model.positions.channels: where positions are chosen (auto), they have no options."),
        (values(name="rotary", window=[2]), "there is no option of [model.positions] 'window'."),
        ({**values(), "model.positions.cross": {"name": "sinusoidal", "channels": ["end"]}},
         "the encoding sinusoidal adds to embeddings, so cross-attention has no channels of its own."),
        ({**values(channels=["digit"]), "task": {"name": "gcd"}},
         "the channel `digit` needs answers whose least significant digit comes first, or of fixed width. "
         "Add: --encoding.target.order least"),
    ],
)  # fmt: skip
def test_positions_that_cannot_be_are_refused_with_the_reason(given, message):
    with pytest.raises(ConfigError) as caught:
        build_experiment([layer_of_values(given)])
    assert message in str(caught.value)


def test_an_attention_takes_what_all_have_unless_it_has_its_own():
    cross = {"channels": ["end"], "window": [5]}
    model = build_experiment([layer_of_values({**values(far=[-3.0]), "model.positions.cross": cross})]).model
    assert model.positions_of("encoder").channels == ("start", "end")
    assert model.positions_of("cross").channels == ("end",)
    assert model.positions_of("cross").options["far"] == (-3.0,)
    assert model.positions_of("cross").options["window"] == (5,)
    assert model.positions_of("decoder").options["window"] == (2,)


def test_a_table_that_another_thread_makes_small_again_is_not_the_one_that_is_read():
    class Contended(PositionalEncoding):
        def __setattr__(self, name, value):
            super().__setattr__(name, value[:5] if name == "table_PD" else value)

    nothing = torch.zeros(1, 20, 8)
    assert torch.equal(Contended(8, 0.0, 4)(nothing), PositionalEncoding(8, 0.0, 64)(nothing))
