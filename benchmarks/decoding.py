"""Our engines against Hugging Face `generate` and CTranslate2: greedy answers, one thread, float32 and int8.

All have the same sizes, and ours and CTranslate2 the same weights (their answers are compared first). Hugging Face's
model is BART. The time is that of whole answers, encoder included; the figure is the median over alternating rounds of
their time divided by ours.

Run: python benchmarks/decoding.py   (needs the extras `torch`, `export` and `bench`)
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import torch
from ctranslate2.specs import TransformerSpec
from transformers import BartConfig, BartForConditionalGeneration

from seq2seq_transformer import Transformer
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.export.quantization import quantize_graphs
from seq2seq_transformer.export.tracing import export_graphs
from seq2seq_transformer.inference.base import Engine
from seq2seq_transformer.inference.onnx_engine import OnnxEngine
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.model.attention import Attention
from seq2seq_transformer.model.positional_encodings.sinusoidal import sinusoidal_table

DIM, HEADS, LAYERS, FEEDFORWARD, TOKENS = 256, 8, 4, 1024, 1003
SOS, EOS, PAD = 1000, 1001, 1002
SOURCE, NEW_TOKENS, ROUNDS, BATCH_SIZES = 24, 32, 9, (1, 16, 128)
BARS = {
    ("torch", "Hugging Face"): (1.8, 1.3, 1.2),
    ("onnx", "Hugging Face"): (6.0, 2.2, 1.8),
    ("onnx", "CTranslate2"): (1.0, 1.0, 0.9),
    ("onnx int8", "CTranslate2 int8"): (1.0, 1.0, 0.9),
}
Answers = list[list[int]]
Contestant = Callable[[np.ndarray], Answers]


def our_model() -> Transformer:
    """The model that ours and CTranslate2 run."""
    model = Transformer(TOKENS, DIM, HEADS, LAYERS, LAYERS, 0.0, pad_token=PAD, dim_feedforward=FEEDFORWARD)
    with torch.no_grad():
        model.out.bias[[SOS, EOS, PAD]] = -1e4  # answers run up to their limit
    return model.eval()


def ours(engine: Engine) -> Contestant:
    """An engine of ours, with greedy decoding."""

    def answer(sources: np.ndarray) -> Answers:
        step = engine.start(sources.tolist(), NEW_TOKENS)
        found = Greedy().decode(step, len(sources), sos=SOS, eos=EOS, max_length=NEW_TOKENS)
        return [list(each.tokens) for each in found]

    return answer


def hugging_face() -> Contestant:
    """BART of these sizes, as its users call it."""
    sizes: dict[str, Any] = {"layers": LAYERS, "attention_heads": HEADS, "ffn_dim": FEEDFORWARD}
    config = BartConfig(
        vocab_size=TOKENS, d_model=DIM, max_position_embeddings=64, dropout=0.0, pad_token_id=PAD, bos_token_id=SOS,
        eos_token_id=EOS, decoder_start_token_id=SOS, forced_eos_token_id=None,
        **{f"{side}_{name}": size for side in ("encoder", "decoder") for name, size in sizes.items()},
    )  # fmt: skip
    model: Any = BartForConditionalGeneration(config).eval()
    limits = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}

    def answer(sources: np.ndarray) -> Answers:
        with torch.inference_mode():
            return model.generate(torch.from_numpy(sources), num_beams=1, do_sample=False, **limits)[:, 1:].tolist()

    return answer


def ctranslate(model: Transformer, folder: Path) -> Callable[[str], Contestant]:
    """CTranslate2 with the weights of a model of ours, through its public specification of a Transformer.

    Returns:
        From a precision to a contestant.
    """
    spec: Any = TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=True)
    sides = ((spec.encoder, model.encoder_layers, model.encoder_norm), (spec.decoder, model.decoder_layers,
                                                                         model.decoder_norm))  # fmt: skip
    for side, layers, norm in sides:
        embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        embeddings.weight = _numbers(model.embedding.weight)
        side.position_encodings.encodings = sinusoidal_table(512, DIM).numpy()
        _copy_norm(side.layer_norm, norm)
        for place, layer in zip(side.layer, layers, strict=True):
            _copy_layer(place, layer)
    _copy_linear(spec.decoder.projection, model.out)
    names = [str(token) for token in range(TOKENS)]
    spec.register_source_vocabulary(names)
    spec.register_target_vocabulary(names)
    spec.config.bos_token = spec.config.decoder_start_token = str(SOS)
    spec.config.eos_token, spec.config.unk_token = str(EOS), str(PAD)
    spec.validate()
    folder.mkdir()
    spec.save(str(folder))
    limits = {"min_decoding_length": NEW_TOKENS, "max_decoding_length": NEW_TOKENS, "max_input_length": 0}

    def contestant(precision: str) -> Contestant:
        threads = {"inter_threads": 1, "intra_threads": 1}
        translator = ctranslate2.Translator(str(folder), device="cpu", compute_type=precision, **threads)

        def answer(sources: np.ndarray) -> Answers:
            words = [[str(token) for token in source] for source in sources.tolist()]
            found = translator.translate_batch(words, beam_size=1, max_batch_size=0, **limits)
            return [[int(token) for token in each.hypotheses[0]] for each in found]

        return answer

    return contestant


def _copy_layer(place: Any, layer: Any) -> None:
    attentions = [(place.self_attention, layer.self_attention, layer.self_attention.in_proj)]
    if hasattr(layer, "cross_attention"):
        cross = layer.cross_attention
        attentions.append((place.attention, cross, cross.query_proj))
        _copy_linear(place.attention.linear[1], cross.key_value_proj)
    for (there, attention, first), norm in zip(attentions, layer.norms, strict=False):
        assert isinstance(attention, Attention)
        _copy_linear(there.linear[0], first)
        _copy_linear(there.linear[-1], attention.out_proj)
        _copy_norm(there.layer_norm, norm)
    _copy_norm(place.ffn.layer_norm, layer.norms[-1])
    _copy_linear(place.ffn.linear_0, layer.feed_forward.widen)
    _copy_linear(place.ffn.linear_1, layer.feed_forward.narrow)


def _copy_linear(place: Any, linear: Any) -> None:
    place.weight, place.bias = _numbers(linear.weight), _numbers(linear.bias)


def _copy_norm(place: Any, norm: Any) -> None:
    place.gamma, place.beta = _numbers(norm.weight), _numbers(norm.bias)


def _numbers(weight: torch.Tensor) -> np.ndarray:
    return weight.detach().numpy()


def measure(contestants: dict[str, Contestant], sources: np.ndarray, repeats: int) -> dict[str, list[float]]:
    """Seconds of each contestant in each round, rounds alternating between them."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for answer in contestants.values():
        answer(sources)
    for _ in range(ROUNDS):
        for name, answer in contestants.items():
            start = time.perf_counter()
            for _ in range(repeats):
                answer(sources)
            seconds[name].append((time.perf_counter() - start) / repeats)
    return seconds


def report(batch: int, place: int, seconds: dict[str, list[float]]) -> None:
    """Print tokens a second, and how many times as fast ours are."""
    speeds = (f"{name} {batch * NEW_TOKENS / statistics.median(times):.0f}/s" for name, times in seconds.items())
    print(f"batch {batch:>3}  " + "   ".join(speeds))
    for (engine, rival), bars in BARS.items():
        ratios = [theirs / mine for theirs, mine in zip(seconds[rival], seconds[engine], strict=True)]
        ratio = statistics.median(ratios)
        verdict = "" if ratio >= bars[place] else "   MISSED"
        print(f"           {engine} is {ratio:.2f} times {rival} (bar {bars[place]}){verdict}", flush=True)


def same(contestants: dict[str, Contestant], names: Sequence[str], sources: np.ndarray) -> None:
    """Make sure that the same model is measured: as good as all tokens are equal."""
    answers = [np.array(contestants[name](sources)) for name in names]
    for name, other in zip(names[1:], answers[1:], strict=True):
        share = float((answers[0] == other).mean())
        assert share > 0.95, f"{name} gives the same tokens in {share:.0%} only"


def main() -> None:
    """Measure all contestants at all batch sizes."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = our_model()
    rng = np.random.default_rng(0)
    graphs = export_graphs(model)
    with tempfile.TemporaryDirectory() as folder:
        ctranslate2_in = ctranslate(model, Path(folder) / "ctranslate2")
        contestants = {
            "torch": ours(TorchEngine.of_model(model)),
            "onnx": ours(OnnxEngine.of_graphs(model.config, graphs, threads=1)),
            "onnx int8": ours(OnnxEngine.of_graphs(model.config, quantize_graphs(graphs), threads=1)),
            "Hugging Face": hugging_face(),
            "CTranslate2": ctranslate2_in("float32"),
            "CTranslate2 int8": ctranslate2_in("int8"),
        }
        for place, batch in enumerate(BATCH_SIZES):
            sources = rng.integers(0, SOS, (batch, SOURCE))
            sources[:, 0], sources[:, -1] = SOS, EOS
            same(contestants, ["torch", "onnx", "CTranslate2"], sources)
            report(batch, place, measure(contestants, sources, max(1, 16 // batch)))


if __name__ == "__main__":
    main()
