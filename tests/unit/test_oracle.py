"""The oracle: with copied weights, our encoder and decoder are torch.nn.Transformer's."""

import warnings

import pytest
import torch
from torch import nn

from seq2seq_transformer import Transformer, create_pad_mask, get_tgt_mask

PAD = 12


def copy_attention(theirs: nn.MultiheadAttention, ours: nn.Module) -> None:
    inputs = [ours.in_proj] if hasattr(ours, "in_proj") else [ours.query_proj, ours.key_value_proj]
    theirs.in_proj_weight.data.copy_(torch.cat([linear.weight for linear in inputs]))
    theirs.in_proj_bias.data.copy_(torch.cat([linear.bias for linear in inputs]))
    theirs.out_proj.load_state_dict(ours.out_proj.state_dict())


def copy_layer(theirs: nn.Module, ours: nn.Module) -> None:
    copy_attention(theirs.self_attn, ours.self_attention)
    if hasattr(ours, "cross_attention"):
        copy_attention(theirs.multihead_attn, ours.cross_attention)
    theirs.linear1.load_state_dict(ours.feed_forward.widen.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.narrow.state_dict())
    for number, norm in enumerate(ours.norms, start=1):
        getattr(theirs, f"norm{number}").load_state_dict(norm.state_dict())


def oracle_of(ours: Transformer) -> nn.Transformer:
    config = ours.config
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about nested tensors, which this comparison does not use
        theirs = nn.Transformer(
            config.dim_model, config.num_heads, config.num_encoder_layers, config.num_decoder_layers,
            config.feedforward_width, 0.0, batch_first=True, norm_first=config.norm == "pre",
        )  # fmt: skip
    for their_layer, our_layer in zip(theirs.encoder.layers, ours.encoder_layers, strict=True):
        copy_layer(their_layer, our_layer)
    for their_layer, our_layer in zip(theirs.decoder.layers, ours.decoder_layers, strict=True):
        copy_layer(their_layer, our_layer)
    theirs.encoder.norm.load_state_dict(ours.encoder_norm.state_dict())
    theirs.decoder.norm.load_state_dict(ours.decoder_norm.state_dict())
    return theirs.train()


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("padded", [False, True])
def test_agrees_with_torch_nn_transformer(norm, padded):
    ours = Transformer(13, 32, 4, 3, 2, 0.0, pad_token=PAD, norm=norm)
    for parameter in ours.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    theirs = oracle_of(ours)
    src, tgt = torch.randint(0, 12, (5, 9)), torch.randint(0, 12, (5, 7))
    if padded:
        src[1, 5:], src[2, 8:], tgt[3, 4:] = PAD, PAD, PAD
    src_pad, tgt_pad, causal = create_pad_mask(src, PAD), create_pad_mask(tgt, PAD), get_tgt_mask(7)
    embedded = [ours.positions.encoder(ours.embedding(tokens) * 32**0.5) for tokens in (src, tgt)]
    expected = ours.out(
        theirs(
            *embedded, tgt_mask=causal, src_key_padding_mask=src_pad, tgt_key_padding_mask=tgt_pad,
            memory_key_padding_mask=src_pad,
        )
    )  # fmt: skip
    real = ~tgt_pad
    torch.testing.assert_close(ours(src, tgt)[real], expected[real], atol=1e-5, rtol=1e-5)
    given = ours(src, tgt, causal, src_pad, tgt_pad)
    torch.testing.assert_close(given, ours(src, tgt), atol=0, rtol=0)
