"""What a step takes of memory: counted, not guessed."""

import pytest
import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.experiment import memory
from seq2seq_transformer.experiment.batches import make_batches
from seq2seq_transformer.experiment.memory import memory_of_a_step
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.loss import SequenceCrossEntropy
from seq2seq_transformer.training.regime import Regime
from tests.conftest import tiny_experiment


def measured(optimizer="adamw", rows=32, parts=1) -> dict[str, int]:
    experiment = tiny_experiment(training={"optimizer": optimizer, "momentum": 0.9})
    batches, _ = make_batches(experiment, experiment.problem())
    batch = batches.batch(0)
    loss = SequenceCrossEntropy(experiment.tokenizer.vocabulary.pad)
    return memory_of_a_step(experiment, Batch(batch.src[:rows], batch.tgt[:rows]), loss, Regime(parts=parts))


def test_weights_gradients_and_optimizer_are_what_they_are():
    weights = sum(4 * each.numel() for each in Transformer.from_config(tiny_experiment().model).parameters())
    for optimizer, copies in (("sgd", 1), ("adamw", 2)):
        found = measured(optimizer)
        assert found["weights"] == found["gradients"] == weights
        assert found["optimizer"] == pytest.approx(copies * weights, rel=0.02), "step counts are a few bytes"
    assert weights < measured("muon")["optimizer"] < 2 * weights, "one for matrices, two for the rest"


def test_activations_grow_with_the_batch_and_shrink_with_its_parts():
    whole, half = measured(rows=32)["activations"], measured(rows=16)["activations"]
    assert 1.5 < whole / half < 2.1
    assert measured(rows=32, parts=2)["activations"] == half
    one_layer = 32 * 18 * 16 * 4  # rows, source tokens, width, bytes: what one map keeps of its input, at the least
    assert whole > 10 * one_layer


def test_measuring_leaves_random_numbers_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    measured()
    assert torch.equal(torch.rand(4), expected)


def test_where_memory_does_not_hold_a_copy_nothing_is_said(monkeypatch):
    def full(*args):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(memory, "_measured", full)
    assert measured() == {}
