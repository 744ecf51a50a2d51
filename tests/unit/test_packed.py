"""A packed model gives the same numbers as the model that it is made from, and leaves that one as it was."""

import pytest
import torch

from seq2seq_transformer import Transformer
from seq2seq_transformer.inference.packed import can_pack, packed
from seq2seq_transformer.model.attention import fused_is_faster, softmax

KINDS = {
    "relu": {},
    "gelu": {"activation": "gelu"},
    "swiglu, no biases": {"activation": "swiglu", "attention_bias": False},
    "tied": {"tied_embeddings": True},
    "RMSNorm": {"normalization": "rms"},
    "norms after": {"norm": "post"},
    "queries and keys with norms": {"qk_norm": True},
    "gated": {"encoder_loops": 2, "encoder_gate": True},
}


def build(**chosen) -> Transformer:
    torch.manual_seed(0)
    model = Transformer(13, 16, 2, 1, 1, 0.0, pad_token=12, **chosen).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias") or "query_norm" in name:  # zeros and ones at first, which show no fault
                weight.normal_()
    return model


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("kind", list(KINDS))
def test_logits_are_those_of_the_model(kind, rows):
    model = build(**KINDS[kind])
    assert can_pack(model)
    src, tgt = torch.randint(0, 10, (rows, 7)), torch.randint(0, 10, (rows, 4))
    with torch.inference_mode():
        wanted, made = model(src, tgt), packed(model)
        torch.testing.assert_close(made(src, tgt), wanted, atol=1e-5, rtol=0)
        cache = made.start_cache(made.encode(src))
        steps = torch.stack([made.decode_step(tgt[:, place], cache) for place in range(4)], dim=1)
        torch.testing.assert_close(steps, wanted, atol=1e-5, rtol=0)


def test_the_model_itself_can_still_be_trained_and_the_packed_one_stays_as_it_was():
    model = build()
    src, tgt = torch.randint(0, 10, (2, 7)), torch.randint(0, 10, (2, 4))
    made = packed(model)
    before = made(src, tgt)
    model.train()(src, tgt).square().sum().backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None] == []
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1)
    assert torch.equal(made(src, tgt), before)
    assert not before.requires_grad
    assert not torch.allclose(model.eval()(src, tgt), before, atol=1e-3), "the change was no change"


def test_what_calls_its_parts_one_after_another_keeps_them():
    model = build(normalization="rms")
    model.further = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.ReLU())
    made, x = packed(model), torch.randn(2, 16)
    assert torch.equal(made.further(x), model.further(x))
    assert all(weight.requires_grad for weight in model.parameters()), "the model itself can still be trained"
    assert not made(torch.randint(0, 10, (2, 7)), torch.randint(0, 10, (2, 4))).requires_grad


def test_models_on_other_devices_or_in_other_precisions_are_not_packed():
    assert not can_pack(build().to(torch.bfloat16))
    assert not can_pack(build().to("meta"))


@pytest.mark.parametrize("keys", [1, 5, 15, 16, 17, 40])
@pytest.mark.parametrize("rows", [3, 300])
def test_softmax_is_that_of_pytorch_in_float32(rows, keys):
    for dtype in (torch.float32, torch.bfloat16):
        scores = torch.randn(rows, keys).to(dtype).requires_grad_()
        gradient = torch.randn(rows, keys)
        found = softmax(scores)
        (mine,) = torch.autograd.grad(found, scores, gradient)
        wanted = torch.softmax(scores.float(), dim=-1)
        (theirs,) = torch.autograd.grad(wanted, scores, gradient)
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)
        torch.testing.assert_close(mine, theirs)


def test_long_sources_are_attended_to_by_the_fused_kernel_with_the_same_outcome(monkeypatch):
    model = build()
    src, tgt = torch.randint(0, 10, (2, 600)), torch.randint(0, 10, (2, 3))
    query, key = torch.empty(2, 2, 3, 8), torch.empty(2, 2, 600, 8)
    assert fused_is_faster(query, key, None)
    assert not fused_is_faster(query, key, torch.empty(2, 1, 1, 601)), "a column that is no key is not for the kernel"
    fused = model(src, tgt)
    monkeypatch.setattr("seq2seq_transformer.model.attention.fused_is_faster", lambda *_: False)
    torch.testing.assert_close(fused, model(src, tgt), atol=1e-5, rtol=0)
