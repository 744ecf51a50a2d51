"""Leaving padding out of linear maps and norms changes neither logits nor gradients."""

import pytest
import torch

from seq2seq_transformer import Batch
from seq2seq_transformer.model.rows import AllRows, Rows, rows_of
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.loss import SequenceCrossEntropy

SOS, EOS, PAD = 10, 11, 12
MODELS = {
    "plain": {},
    "post-norm with a gate": {"norm": "post", "encoder_gate": True},
    "loops that grow with the length": {"encoder_loops": 3, "loops_at": 6, "normalization": "rms", "qk_norm": True},
    "tied, gated": {"activation": "swiglu", "tied_embeddings": True, "decoder_loops": 2},
}


def padded(*lengths: int) -> torch.Tensor:
    rows = torch.randint(0, SOS, (len(lengths), max(lengths) + 2))
    for row, length in zip(rows, lengths, strict=True):
        row[0], row[length + 1], row[length + 2 :] = SOS, EOS, PAD
    return rows


def gradients(model: Transformer, src, tgt) -> tuple[torch.Tensor, list[torch.Tensor]]:
    logits = model(src, tgt[:, :-1])
    loss = SequenceCrossEntropy(PAD)(logits, tgt[:, 1:])
    return logits[tgt[:, 1:] != PAD], list(torch.autograd.grad(loss, list(model.parameters())))


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_padding_left_out_gives_the_same_logits_and_gradients(options, monkeypatch):
    torch.manual_seed(0)
    model = Transformer(13, 16, 4, 2, 2, 0.0, pad_token=PAD, **options)
    src, tgt = padded(9, 2, 5, 3), padded(1, 7, 2, 3)
    assert type(rows_of(src == PAD)) is Rows, "otherwise the two ways compared are one"
    logits, ours = gradients(model, src, tgt)
    monkeypatch.setattr("seq2seq_transformer.model.transformer.rows_of", lambda mask: AllRows())
    expected, whole = gradients(model, src, tgt)
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    for mine, theirs in zip(ours, whole, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_what_follows_an_end_of_sequence_is_not_worked_out_and_was_of_no_use(options):
    torch.manual_seed(0)
    model, loss_fn = Transformer(13, 16, 4, 2, 2, 0.0, pad_token=PAD, **options), SequenceCrossEntropy(PAD)
    src, tgt, found = padded(*[9, 2, 5, 3] * 16), padded(*[1, 7, 2, 3] * 16), []
    for pad_token in (None, PAD):
        batch = Batch(src, tgt, pad_token)
        loss = loss_fn(model(batch.src, batch.tgt_input), batch.tgt_expected)
        rows = rows_of(batch.tgt_input == PAD)
        found.append((loss, torch.autograd.grad(loss, list(model.parameters())), len(rows.places)))
    (expected, whole, more), (loss, ours, fewer) = found
    assert fewer < more
    torch.testing.assert_close(loss, expected, atol=1e-6, rtol=1e-6)
    for mine, theirs in zip(ours, whole, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-4)


def test_rows_come_back_to_their_places():
    mask = padded(4, 1, 3) == PAD
    rows = Rows(mask)
    x = torch.randn(3, 6, 2)
    assert torch.equal(rows.gather(x), x[~mask])
    assert torch.equal(rows.spread(rows.gather(x))[~mask], x[~mask])


def test_rows_come_in_multiples_so_that_few_numbers_of_them_occur():
    mask = padded(*range(1, 24)) == PAD
    rows = rows_of(mask)
    assert isinstance(rows, Rows)
    kept = torch.zeros(mask.numel(), dtype=torch.bool)
    kept[rows.places] = True
    assert len(rows.places) % 32 == 0
    assert 0 < len(rows.places) - int((~mask).sum()) < 32
    assert kept[~mask.flatten()].all(), "every token is there"


def test_heads_are_those_of_the_padded_batch():
    mask = padded(4, 1, 3) == PAD
    rows, x = Rows(mask), torch.randn(3, 6, 3 * 2 * 4)
    mine, theirs = (each.split_heads(given, 3, 2) for each, given in ((rows, x[~mask]), (AllRows(), x)))
    for one, other in zip(mine, theirs, strict=True):
        assert torch.equal(one.transpose(1, 2)[~mask], other.transpose(1, 2)[~mask])
        assert torch.equal(rows.merge_heads(one), AllRows().merge_heads(other)[~mask])


@pytest.mark.parametrize("mask", [None, torch.zeros(2, 3, dtype=torch.bool), torch.ones(2, 3, dtype=torch.bool)])
def test_nothing_is_left_out_where_nothing_or_all_is_padding(mask):
    assert isinstance(rows_of(mask), AllRows)
