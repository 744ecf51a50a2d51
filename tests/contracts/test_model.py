"""Every model keeps the laws of models: over all positional encodings, channels and choices of the blocks."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from seq2seq_transformer import Transformer
from seq2seq_transformer.decoding.base import log_softmax
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.errors import InputError
from seq2seq_transformer.export.tracing import export_graphs
from seq2seq_transformer.inference import torch_engine
from seq2seq_transformer.inference.base import Engine
from seq2seq_transformer.inference.onnx_engine import OnnxEngine
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.model import attention
from seq2seq_transformer.model.attention_maps import cross_attention_maps
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig, TokenRoles
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS
from seq2seq_transformer.model.positions import CHANNELS, count
from seq2seq_transformer.model.tokens import Tokens

TOKENS, SOS, EOS, PAD = 13, 10, 11, 12
ROLES = TokenRoles(tokens="dddddddd+,sss", target_least_first=True)


def everywhere(name: str, *channels: str, **options) -> dict[str, PositionsConfig]:
    return {
        each: PositionsConfig(name=name, channels=channels or ("absolute",), options=options) for each in ATTENTIONS
    }


MODELS = {
    **{name: {"positions": name} for name in POSITIONAL_ENCODINGS.names()},
    **{f"window of {name}": {"positions": everywhere("relative_bias", name)} for name in CHANNELS.names()},
    **{f"rotary {name}": {"positions": everywhere("rotary", name)} for name in ("end", "digit", "occurrence")},
    "four channels": {"positions": everywhere("relative_bias", "start", "end", "digit", "lap", window=(1, 2, 3, 9))},
    "one side open": {
        "positions": everywhere("relative_bias", "start", "end", far=(-math.inf,), ahead=(0.0, -math.inf))
    },
    "hard ends": {"positions": everywhere("relative_bias", "start", "half", far=(-6.0, -math.inf))},
    "buckets": {"positions": everywhere("relative_bias", buckets=4)},
    "waves of two channels": {"positions": everywhere("sinusoidal", "end", "digit")},
    "post-norm": {"norm": "post"},
    "modern": {"normalization": "rms", "activation": "swiglu", "qk_norm": True, "attention_bias": False},
    "tied": {"tied_embeddings": True, "activation": "gelu"},
    "looped": {"encoder_loops": 3, "decoder_loops": 2, "positions": everywhere("relative_bias", "start")},
    "gated": {"encoder_loops": 3, "encoder_gate": True, "norm": "post", "positions": everywhere("alibi", "end")},
    "gated, loops by length": {"encoder_loops": 3, "loops_at": 5, "more_loops": 0.5, "encoder_gate": True},
    "sharpened": {"temperature": 0.5, "log_length": 4, "positions": everywhere("relative_bias", "start")},
    "sharpened and hard": {"log_length": 4, "positions": everywhere("relative_bias", "end", far=(-math.inf,))},
}
EXPORTED = {
    "everything at once": {
        "positions": {
            "encoder": PositionsConfig(
                name="relative_bias",
                channels=("digit_end", "pair"),
                options={"far": (-6.0, -math.inf)},
            ),
            "cross": PositionsConfig(name="rotary", channels=("end", "digit")),
            "decoder": PositionsConfig(name="relative_bias", channels=("occurrence",), options={"far": (-math.inf,)}),
        },
        "encoder_loops": 3, "loops_at": 5, "encoder_gate": True, "normalization": "rms", "activation": "swiglu", "qk_norm": True, "attention_bias": False, "tied_embeddings": True,
        "temperature": 0.5, "log_length": 4,
    },
    "and the rest": {
        "positions": {
            "encoder": PositionsConfig(name="alibi", channels=("half", "place")),
            "cross": PositionsConfig(name="relative_bias", channels=("continuation", "steps"), options={"buckets": 4}),
            "decoder": PositionsConfig(name="learned"),
        },
        "norm": "post", "activation": "gelu", "decoder_loops": 2, "max_len": 64,
    },
}  # fmt: skip
"""Much of what models can do, in two that are exported."""
EVERY_MODEL = pytest.mark.parametrize("name", list(MODELS))


def build(name, layers=2, **others) -> Transformer:
    torch.manual_seed(0)
    chosen = {**MODELS, **EXPORTED}[name]
    model = Transformer(TOKENS, 16, 4, layers, layers, 0.0, pad_token=PAD, roles=ROLES, **chosen, **others)
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))  # biases and norms leave their initial values too
    return model.eval()


def sources(*lengths: int) -> list[list[int]]:
    rng = np.random.default_rng(1)
    return [[SOS, *rng.integers(0, 10, length).tolist(), EOS] for length in lengths]


@EVERY_MODEL
def test_padding_never_changes_a_logit_at_a_real_position(name):
    model = build(name)
    src, tgt = torch.tensor(sources(6)), torch.tensor([[SOS, 1, 2, 3]])
    padded_src = torch.cat([src, torch.full((1, 5), PAD)], dim=1)
    padded_tgt = torch.cat([tgt, torch.full((1, 3), PAD)], dim=1)
    torch.testing.assert_close(model(padded_src, padded_tgt)[:, :4], model(src, tgt), atol=1e-5, rtol=0)


@EVERY_MODEL
def test_later_target_tokens_never_change_earlier_logits(name):
    model = build(name)
    src = torch.tensor(sources(6))
    tgt = torch.randint(0, 10, (1, 8))
    expected = model(src, tgt)
    for t in (0, 3, 6):
        other = tgt.clone()
        other[:, t + 1 :] = (other[:, t + 1 :] + 1) % 10
        changed = model(src, other)
        torch.testing.assert_close(changed[:, : t + 1], expected[:, : t + 1], atol=1e-6, rtol=0)
        assert not torch.allclose(changed, expected), "the change was no change: this proves nothing"


@EVERY_MODEL
def test_swapping_two_source_numbers_changes_the_output(name):
    model = build(name)
    src = torch.tensor([[SOS, 1, 2, 3, 4, EOS]])
    tokens = Tokens.of_source(src, None, ROLES)
    channels = {channel for attention in ATTENTIONS for channel in model.config.positions_of(attention).channels}
    if name == "none" or all(counts[0, 2] == counts[0, 4] for counts in count(tuple(channels), tokens)):
        pytest.skip("it counts these two numbers alike")
    swapped = torch.tensor([[SOS, 1, 4, 3, 2, EOS]])
    tgt = torch.tensor([[SOS, 5]])
    assert (model(src, tgt) - model(swapped, tgt)).abs().max() > 1e-3


@EVERY_MODEL
def test_every_weight_takes_part(name):
    model = build(name)
    model(torch.tensor(sources(6)), torch.tensor([[SOS, 1, 2]])).square().sum().backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()] == []


@EVERY_MODEL
def test_cached_uncached_alone_and_in_company_agree(name):
    check_cache(
        build(name, max_len=64 if name == "learned" else 8)
    )  # some sequences are longer than the table that is prepared


@pytest.mark.parametrize("name", [name for name, chosen in MODELS.items() if chosen.keys() == {"positions"}])
def test_cached_uncached_alone_and_in_company_agree_with_norms_after_the_blocks(name):
    check_cache(build(name, norm="post", max_len=64))


def check_cache(model: Transformer) -> None:
    """Log-probabilities of a batch with the cache are those of each row alone, and those of the whole without it."""
    engine = TorchEngine.of_model(model)
    batch = sources(3, 12, 1)
    answers = [[SOS, *np.random.default_rng(row).integers(0, 10, 12).tolist()] for row in range(len(batch))]
    together = stepwise(engine, batch, answers)
    for row, source in enumerate(batch):
        alone = stepwise(engine, [source], [answers[row]])[0]
        with torch.no_grad():
            whole = log_softmax(model(torch.tensor([source]), torch.tensor([answers[row]]))[0].numpy())
        np.testing.assert_allclose(together[row], whole, atol=1e-5)
        np.testing.assert_allclose(alone, whole, atol=1e-5)


@EVERY_MODEL
def test_greedy_answers_do_not_depend_on_batch_companions(name):
    engine = TorchEngine.of_model(build(name))
    batch = sources(3, 9, 1)
    decode = {"sos": SOS, "eos": EOS, "max_length": 10}
    together = Greedy().decode(engine.start(batch), len(batch), **decode)
    alone = [Greedy().decode(engine.start([source]), 1, **decode)[0] for source in batch]
    assert [answer.tokens for answer in together] == [answer.tokens for answer in alone]
    np.testing.assert_allclose(
        [answer.log_probability for answer in together], [answer.log_probability for answer in alone], atol=1e-4
    )


def stepwise(engine: Engine, batch: list[list[int]], answers: list[list[int]]) -> np.ndarray:
    """Log-probabilities after each token of the answers, one step at a time."""
    step = engine.start(batch)
    return np.stack([log_softmax(step(np.array(tokens))) for tokens in zip(*answers, strict=True)], axis=1)


def test_each_source_is_looped_by_its_own_length_whatever_its_company():
    model = build("gated, loops by length")
    short, long = sources(2, 20)
    padded = torch.tensor([short + [PAD] * 18, long])
    together = model.encode(padded).states
    torch.testing.assert_close(together[:1, :4], model.encode(torch.tensor([short])).states, atol=1e-5, rtol=0)
    model.config = replace(model.config, loops_at=0)
    assert not torch.allclose(together, model.encode(padded).states), "lengths 2 and 20 take 2 and 6 loops, not 3"


def test_more_loops_are_drawn_in_training_alone():
    model = build("gated, loops by length")
    src = torch.tensor(sources(5, 5))
    assert torch.equal(model.encode(src).states, model.encode(src).states)
    model.train()
    drawn = {model.encode(src).states.sum().item() for _ in range(20)}
    assert len(drawn) == 2, "3 · (1 … 1.5) loops, rounded up: 4 or 5"


@pytest.mark.parametrize("name", ["rotary", "hard ends", "modern", "gated", "gated, loops by length", "sharpened"])
def test_models_run_in_bfloat16(name):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert build(name)(torch.tensor(sources(6)), torch.tensor([[SOS, 1, 2]])).isfinite().all()


@EVERY_MODEL
def test_rows_dropped_and_repeated_say_what_they_say_alone(name):
    """Drops that leave idle rows in the cache, drops that compact it, and the repeats and changes of order of a beam."""
    engine = TorchEngine.of_model(build(name))
    batch, step = sources(*range(1, 13)), engine.start(sources(*range(1, 13)), max_length=6)
    said = [[] for _ in batch]
    rows = list(range(len(batch)))
    for chosen in (
        [*range(12)],
        [*range(11)],
        [0, 1, 2, 4, 5, 6, 7, 8, 9, 10],
        [0, 0, 3, 9, 2, 2],
        [0, 1, 2, 3, 4, 5],
        [5, 0],
    ):
        step.select(np.array(chosen))
        rows, said = [rows[place] for place in chosen], [[*said[place]] for place in chosen]
        newest = [SOS if not tokens else (tokens[-1] + place) % 10 for place, tokens in enumerate(said)]
        for tokens, token in zip(said, newest, strict=True):
            tokens.append(token)
        scores = log_softmax(step(np.array(newest)))
    for row, tokens, found in zip(rows, said, scores, strict=True):
        np.testing.assert_allclose(found, stepwise(engine, [batch[row]], [tokens])[0, -1], atol=1e-5)


@pytest.mark.parametrize("packs", [True, False])
def test_an_engine_around_a_model_keeps_its_weights_and_leaves_the_model_in_training(monkeypatch, packs):
    monkeypatch.setattr(torch_engine, "can_pack", lambda model: packs)
    model = build("sinusoidal").train()
    engine, batch, answers = TorchEngine.of_model(model), sources(6, 3), [[SOS, 1, 2, 3]] * 2
    before = stepwise(engine, batch, answers), engine.cross_attention(batch, answers), engine.score(batch, answers)
    assert all(module.training for module in model.modules())
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    after = stepwise(engine, batch, answers), engine.cross_attention(batch, answers), engine.score(batch, answers)
    for one, other in zip(before, after, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


@pytest.mark.parametrize("name", ["sinusoidal", "rotary digit", "four channels", "hard ends", "modern", "sharpened"])
def test_the_fused_kernel_says_what_plain_products_say(name, monkeypatch):
    """Logits and gradients, with padding; on processors it otherwise serves single rows and from 512 keys on."""
    model = build(name)
    src, tgt = torch.tensor([[*sources(3)[0], *[PAD] * 6], sources(9)[0]]), torch.tensor([[SOS, 1, 2, 3]] * 2)
    told = []
    for longest_of_plain in (512, 0):
        monkeypatch.setattr(attention, "_LONG", longest_of_plain)
        model.zero_grad()
        logits = model(src, tgt)
        logits.square().mean().backward()
        told.append([logits.detach(), *[each.grad for each in model.parameters() if each.grad is not None]])
    assert len(told[0]) == len(told[1])
    for plain, fused in zip(*told, strict=True):
        torch.testing.assert_close(fused, plain, atol=1e-5, rtol=1e-4)


def test_the_fused_kernel_drops_weights_in_training_and_keeps_their_sum(monkeypatch):
    monkeypatch.setattr(attention, "_LONG", 0)
    torch.manual_seed(0)
    model = build("sinusoidal")
    src, layer = torch.tensor(sources(6)), model.encoder_layers[0].self_attention
    layer.dropout_p = 0.5
    whole, seen = [], []
    layer.register_forward_hook(lambda module, given, result: (seen if module.training else whole).append(result))
    with torch.no_grad():
        model.encode(src)
        layer.train()
        for _ in range(200):
            model.encode(src)
    drawn = torch.stack(seen)
    assert drawn.std(dim=0).min() > 0.01
    torch.testing.assert_close(drawn.mean(dim=0), whole[0], atol=5 * drawn.std(dim=0).max().item() / 200**0.5, rtol=0)


@EVERY_MODEL
def test_weights_of_cross_attention_are_those_that_mix(name):
    """The weights, applied to the values, give what the attention itself gives."""
    model, src, tgt = build(name), torch.tensor(sources(6)), torch.tensor([[SOS, 1, 2, 3]])
    attention, seen = model.decoder_layers[-1].cross_attention, []
    hook = attention.register_forward_hook(lambda module, given, result: seen.append((given[2], result)))
    with torch.no_grad():
        maps = cross_attention_maps(model, src, tgt)
    hook.remove()
    assert maps.shape == (1, 2 * model.config.decoder_loops, 4, 4, 8)
    value, result = seen[-1]
    mixed = attention.out_proj((maps[:, -1] @ value).transpose(1, 2).flatten(2))
    torch.testing.assert_close(mixed, result, atol=1e-5, rtol=0)
    assert (maps.sum(dim=-1) <= 1 + 1e-5).all()


@pytest.mark.slow  # tracing a model takes as long as training one
@pytest.mark.parametrize("name", [*EXPORTED, *MODELS])
def test_an_exported_model_answers_as_the_model_does(name):
    """At sizes that were not traced, a single row and a single source token among them, beyond the first room."""
    model = build(name, layers=1, **({"max_len": 64} if name == "learned" else {}))
    exported = OnnxEngine.of_graphs(model.config, export_graphs(model), threads=1)
    engine = TorchEngine.of_model(model)
    decode = {"sos": SOS, "eos": EOS, "max_length": 10}
    for batch in (sources(3, 12, 1), sources(5), sources(1), sources(30, 2)):
        answers = [[SOS, *np.random.default_rng(row).integers(0, 10, 20).tolist()] for row in range(len(batch))]
        np.testing.assert_allclose(
            stepwise(exported, batch, answers), stepwise(engine, batch, answers), atol=1e-5, rtol=0
        )
        for one, other in zip(exported.score(batch, answers), engine.score(batch, answers), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        said, expected = (Greedy().decode(each.start(batch), len(batch), **decode) for each in (exported, engine))
        assert [answer.tokens for answer in said] == [answer.tokens for answer in expected]
    steps = [each.start(sources(3, 12, 1, 7)) for each in (exported, engine)]
    tokens = np.array([SOS, 1, 2, 3])
    for rows in ([0, 1, 2, 3], [0, 1, 3], [0, 2], [1, 0, 0, 1], [2], [0, 0, 0]):
        for step in steps:
            step.select(np.array(rows))
        tokens = (tokens[np.array(rows)] + 1) % 10
        one, other = (log_softmax(step(tokens)) for step in steps)
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_a_graph_refuses_what_learned_positions_cannot_represent():
    model = build("learned", layers=1, max_len=8)
    exported = OnnxEngine.of_graphs(model.config, export_graphs(model), threads=1)
    exported.start(sources(4))
    sentence = (
        "^learned positions must stay below 8, but one is beyond that. Train with a larger --model.max_len, or with"
    )
    with pytest.raises(InputError, match=sentence):
        exported.start(sources(9))
