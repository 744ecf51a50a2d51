import copy
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from seq2seq_transformer import Batch, SequenceCrossEntropy, Transformer, fit, train_loop, validation_loop
from seq2seq_transformer.errors import ConfigError, InputError, TrainingError
from seq2seq_transformer.training.average import Averager
from seq2seq_transformer.training.callbacks import Callback, Progress
from seq2seq_transformer.training.loops import train_step
from seq2seq_transformer.training.muon import Float32Muon
from seq2seq_transformer.training.optimizers import OPTIMIZERS, build_optimizer
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.regime import Regime
from seq2seq_transformer.training.schedules import SCHEDULES, learning_rate_at

PAD = 4


class Bigram(nn.Module):
    """The smallest model that can learn: a table from the last token to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 5)

    def forward(self, src, tgt):
        return self.table(tgt)


def batch(rows: int = 3) -> Batch:
    return Batch(torch.zeros(rows, 2, dtype=torch.int64), torch.tensor([[0, 1, 2, 3]] * rows))


def test_padding_does_not_count_in_the_loss():
    logits = torch.randn(2, 3, 5)
    expected = torch.tensor([[1, 2, PAD], [3, PAD, PAD]])
    chosen = logits.log_softmax(-1).gather(-1, expected.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(SequenceCrossEntropy(PAD)(logits, expected), -chosen[expected != PAD].mean())


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_learns(name):
    model = Bigram()
    optimizer = build_optimizer(name, model, learning_rate=0.1, momentum=0.5, beta2=0.9, weight_decay=0.0)
    loss_fn = SequenceCrossEntropy(PAD)
    losses = [train_loop(model, optimizer, loss_fn, [batch()] * 5) for _ in range(20)]
    assert losses[-1] < 0.5 * losses[0]


def test_muon_in_float32_takes_the_steps_of_pytorchs():
    """As far as bfloat16 tells: eight bits of mantissa."""
    start = [torch.randn(24, 8), torch.randn(8, 24), torch.randn(8, 8)]
    moved = []
    for kind in (Float32Muon, torch.optim.Muon):
        weights = [torch.nn.Parameter(matrix.clone()) for matrix in start]
        optimizer = kind(weights, lr=0.1, weight_decay=0.5, adjust_lr_fn="match_rms_adamw")
        for step in range(3):
            for weight in weights:
                weight.grad = torch.cos(weight.detach() * (step + 1))
            optimizer.step()
        moved.append([weight.detach() - matrix for weight, matrix in zip(weights, start, strict=True)])
        assert optimizer.state_dict()["state"][0].keys() == {"momentum_buffer"}
    for mine, theirs in zip(*moved, strict=True):
        assert (mine - theirs).norm() < 0.03 * theirs.norm()


class Meets(Ranks):
    """One of several processes, which are threads here.

    Args:
        rank: which.
        told: what each tells.
        barrier: where they wait for each other.
    """

    def __init__(self, rank, told, barrier) -> None:
        super().__init__()
        self.rank, self.world, self._told, self._barrier = rank, len(told), told, barrier

    def gathered(self, numbers):
        self._told[self.rank] = numbers
        self._barrier.wait(20)
        found = list(self._told)
        self._barrier.wait(20)
        return found


@pytest.mark.parametrize("world", [2, 3])
def test_muon_takes_the_same_steps_in_one_process_and_in_several(world):
    start = [torch.randn(24, 8), torch.randn(8, 8)]

    def moved(ranks) -> list[torch.Tensor]:
        weights = [torch.nn.Parameter(matrix.clone()) for matrix in start]
        optimizer = Float32Muon(weights, ranks=ranks, lr=0.1, adjust_lr_fn="match_rms_adamw")
        for step in range(3):
            for weight in weights:
                weight.grad = torch.cos(weight.detach() * (step + 1))
            optimizer.step()
        return [weight.detach() for weight in weights]

    told, barrier = [torch.empty(0)] * world, threading.Barrier(world)
    with ThreadPoolExecutor(world) as pool:
        each = list(pool.map(moved, [Meets(rank, told, barrier) for rank in range(world)]))
    alone = moved(None)
    assert all(not torch.equal(new, old) for new, old in zip(alone, start, strict=True))
    for mine in each:
        assert all(torch.equal(a, b) for a, b in zip(mine, alone, strict=True))


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_every_schedule_warms_up_and_never_exceeds_the_rate(name):
    rate = learning_rate_at(name, 0.5, 100, 10)
    rates = [rate(step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.05 * (step + 1) for step in range(10)])
    assert rates[10] == 0.5
    assert all(0 <= later <= earlier for earlier, later in zip(rates[10:], rates[11:], strict=False))
    assert rates[-1] == 0.5 if name == "constant" else rates[-1] < 0.02


def test_a_short_training_warms_up_for_half_of_it_at_most():
    assert learning_rate_at("linear", 1.0, 4, 100)(1) == 1.0
    assert learning_rate_at("linear", 1.0, 1, 0)(0) == 1.0


def test_the_rate_reaches_the_optimizer_and_callbacks_are_told():
    told = []

    class Ear(Callback):
        def on_step(self, progress, loss):
            told.append((progress.step, progress.learning_rate))

        def on_epoch(self, progress):
            told.append(progress.epoch)

    model = Bigram()
    optimizer = build_optimizer("sgd", model, learning_rate=9.0)
    regime = Regime(learning_rate=lambda step: 0.1 / (step + 1))
    fit(model, optimizer, SequenceCrossEntropy(PAD), [batch()] * 2, [batch()], 1, regime=regime, callbacks=[Ear()])
    assert told == [(1, 0.1), (2, 0.05), 1]


def test_fit_returns_the_losses_of_each_epoch_and_validation_is_weighted_by_examples():
    model = Bigram()
    loss_fn = SequenceCrossEntropy(PAD)
    optimizer = build_optimizer("sgd", model, learning_rate=0.0)
    small = Batch(torch.zeros(1, 2, dtype=torch.int64), torch.tensor([[1, 0, 0, 0]]))
    train_losses, validation_losses = fit(model, optimizer, loss_fn, [batch()], [batch(3), small], 3)
    assert len(train_losses) == len(validation_losses) == 3
    parts = [validation_loop(model, loss_fn, [one]) for one in (batch(), small)]
    assert validation_losses == pytest.approx([(3 * parts[0] + parts[1]) / 4] * 3)


def test_a_validation_of_nothing_is_not_perfect():
    with pytest.raises(InputError, match="^a validation must have at least one batch, but has none;"):
        validation_loop(Bigram(), SequenceCrossEntropy(PAD), [])


def test_fit_goes_on_in_the_middle_of_an_epoch():
    data = [Batch(torch.zeros(rows, 2, dtype=torch.int64), torch.randint(0, 4, (rows, 4))) for rows in (1, 2, 3, 4)]

    class Leave(Exception):
        pass

    class LeaveAt(Callback):
        def on_step(self, progress, loss):
            if progress.step == 6:
                raise Leave

    def run(model, progress, callbacks=()):
        optimizer = build_optimizer("sgd", model, learning_rate=0.5, momentum=0.0)
        return fit(model, optimizer, SequenceCrossEntropy(PAD), data, data, 2, progress=progress, callbacks=callbacks)

    torch.manual_seed(1)
    whole = Bigram()
    broken = copy.deepcopy(whole)
    losses = run(whole, Progress())
    progress = Progress()
    with pytest.raises(Leave):
        run(broken, progress, [LeaveAt()])
    assert (progress.epoch, progress.steps_in_epoch) == (1, 2)
    assert run(broken, progress) == losses
    assert (progress.step, progress.examples) == (8, 20)
    assert torch.equal(broken.table.weight, whole.table.weight)


def test_an_epoch_without_batches_is_refused():
    model = Bigram()
    optimizer = build_optimizer("sgd", model, learning_rate=0.1)
    message = "^an epoch must have at least one batch, but has none; an iterator serves one epoch only.$"
    with pytest.raises(InputError, match=message):
        fit(model, optimizer, SequenceCrossEntropy(PAD), iter([batch()]), [batch()], 2)


def test_clipping_limits_the_step():
    model = Bigram()
    before = model.table.weight.detach().clone()
    optimizer = build_optimizer("sgd", model, learning_rate=1.0, momentum=0.0)
    train_step(model, optimizer, SequenceCrossEntropy(PAD), batch(), Regime(max_grad_norm=0.01))
    assert (model.table.weight - before).norm().item() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_never_reaches_the_weights(bad):
    model = Bigram()
    optimizer = build_optimizer("adamw", model, learning_rate=1.0)
    model.table.weight.data[0, 0] = bad
    before = model.table.weight.detach().clone()
    outcome = train_step(model, optimizer, SequenceCrossEntropy(PAD), batch(), Regime())
    assert not outcome.is_finite
    torch.testing.assert_close(model.table.weight.detach(), before, equal_nan=True)


class Fault(nn.Module):
    """A loss that is, or whose gradient is, not finite whenever `bad` says so."""

    def __init__(self, bad) -> None:
        super().__init__()
        self.calls, self.bad, self.plain = 0, bad, SequenceCrossEntropy(PAD)

    def forward(self, logits, expected):
        loss = self.plain(logits, expected)
        if not self.training:
            return loss
        self.calls += 1
        kind = self.bad(self.calls - 1)
        if kind == "gradient":  # sqrt has an infinite slope at 0
            return loss + (logits[..., 0] * 0).sqrt().sum()
        return loss * float(kind or 1)


def test_two_hundred_faults_never_reach_the_weights_and_change_nothing_else():
    """The steps between them are those of a training that never saw these batches."""
    rng = np.random.default_rng(0)
    data = [Batch(torch.zeros(2, 2, dtype=torch.int64), torch.randint(0, 4, (2, 4))) for _ in range(500)]
    faults = dict(
        zip(rng.choice(500, 200, replace=False).tolist(), ["nan", "inf", "-inf", "gradient"] * 50, strict=True)
    )
    models, progress = [Bigram(), Bigram()], Progress()
    models[1].load_state_dict(models[0].state_dict())
    kept = [one for place, one in enumerate(data) if place not in faults]
    for model, loss_fn, batches, how_far in (
        (models[0], Fault(faults.get), data, progress),
        (models[1], SequenceCrossEntropy(PAD), kept, Progress()),
    ):
        optimizer = build_optimizer("adamw", model, learning_rate=0.01)
        train_loop(model, optimizer, loss_fn, batches, regime=Regime(patience=100), progress=how_far)
    assert (progress.skipped, progress.step, progress.taken_in_epoch) == (200, 500, 300)
    assert torch.equal(models[0].table.weight, models[1].table.weight)


def test_a_callback_may_validate_within_an_epoch():
    class Validates(Callback):
        def __init__(self):
            self.modes = []

        def on_step(self, progress, loss):
            validation_loop(model, loss_fn, [batch()])
            self.modes.append((model.training, model.table.training, loss_fn.training))

    model, loss_fn, validates, progress = Bigram(), SequenceCrossEntropy(PAD, 0.1), Validates(), Progress()
    model.table.eval()  # a part that its owner keeps so
    optimizer = build_optimizer("sgd", model, learning_rate=0.01)
    fit(model, optimizer, loss_fn, [batch()] * 4, [batch()], 3, callbacks=[validates], progress=progress)
    assert validates.modes == [(True, True, True)] * 12, "the loop puts all into training mode"
    assert not model.training
    assert len(progress.unreported_losses) == 4, "those of the last epoch"
    model.train()
    model.table.eval()
    validation_loop(model, loss_fn, [batch()])
    assert (model.training, model.table.training) == (True, False)


def test_too_many_faults_in_a_row_end_a_training():
    model = Bigram()
    loss_fn = Fault(lambda call: "nan" if call % 10 < 4 else None)
    optimizer = build_optimizer("sgd", model, learning_rate=0.01)
    train_loop(model, optimizer, loss_fn, [batch()] * 50, regime=Regime(patience=5))
    with pytest.raises(TrainingError, match=r"must stay finite, but are nan .* instead, 4 steps in a row: "):
        train_loop(model, optimizer, loss_fn, [batch()] * 50, regime=Regime(patience=4))


def test_a_step_cannot_be_taken_in_no_part_or_with_no_patience():
    with pytest.raises(ConfigError) as caught:
        Regime(max_grad_norm=-1.0, parts=0, patience=0)
    assert caught.value.problems == [
        "`max_grad_norm` must be 0 or more, but is -1.0 instead.",
        "`parts` must be at least 1, but is 0 instead.",
        "`patience` must be at least 1, but is 0 instead.",
    ]


def test_a_batch_in_parts_has_the_gradient_of_the_whole():
    tgt = torch.tensor([[0, 1, 2, 3], [1, 2, PAD, PAD], [3, 3, 3, 3], [2, PAD, PAD, PAD], [1, 1, 0, PAD]])
    whole = Batch(torch.zeros(5, 2, dtype=torch.int64), tgt)
    start = Bigram()
    outcomes, weights = [], []
    for parts in (1, 2, 9):
        model = copy.deepcopy(start)
        optimizer = build_optimizer("sgd", model, learning_rate=0.5, momentum=0.0)
        outcomes.append(train_step(model, optimizer, SequenceCrossEntropy(PAD), whole, Regime(parts=parts)))
        weights.append(model.table.weight)
    torch.testing.assert_close(weights[1], weights[0])
    torch.testing.assert_close(weights[2], weights[0])
    assert outcomes[1].loss == pytest.approx(outcomes[0].loss)
    assert outcomes[2].gradient_norm == pytest.approx(outcomes[0].gradient_norm)


def test_smoothing_and_z_loss_count_in_training_alone():
    logits, expected = torch.randn(2, 3, 5), torch.tensor([[1, 2, PAD], [3, 0, PAD]])
    plain, more = SequenceCrossEntropy(PAD), SequenceCrossEntropy(PAD, label_smoothing=0.1, z_loss=0.01)
    flat, wanted = logits[:, :2].flatten(0, 1), expected[:, :2].flatten()
    smoothed = 0.9 * plain(logits, expected) - 0.1 * flat.log_softmax(-1).mean()
    torch.testing.assert_close(more(logits, expected), smoothed + 0.01 * flat.logsumexp(-1).square().mean())
    assert wanted.tolist() == [1, 2, 3, 0]
    torch.testing.assert_close(more.eval()(logits, expected), plain(logits, expected))


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_only_matrices_of_linear_maps_decay(name):
    model = Transformer(13, 16, 2, 1, 1, 0.0, positions="relative_bias")
    optimizer = build_optimizer(name, model, learning_rate=0.1, weight_decay=0.5)
    names = {id(weight): name for name, weight in model.named_parameters()}
    decayed = {names[id(each)] for group in optimizer.param_groups if group["weight_decay"] for each in group["params"]}
    everything = [id(each) for group in optimizer.param_groups for each in group["params"]]
    assert sorted(everything) == sorted(names)
    assert decayed == {
        name for name in names.values() if name.endswith("weight") and "norm" not in name and "embedding" not in name
    }


def test_an_average_follows_the_weights_and_forgets_the_beginning():
    model = Bigram()
    averager = Averager(model, 0.9)
    seen = []
    for step in range(40):
        model.table.weight.data.fill_(float(step))
        averager.on_step(Progress(step=step + 1), 0.0)
        seen.append(averager.model.table.weight[0, 0].item())
    assert seen[0] == 0.0, "the first step is taken as it is"
    assert seen[1] == pytest.approx(9 / 11), "2/11 of the average so far"
    assert 29 < seen[-1] < 39
    averager.on_step(Progress(step=41, skipped=1, skipped_in_a_row=1), math.nan)
    assert averager.model.table.weight[0, 0].item() == seen[-1]


def test_an_average_of_a_model_whose_table_of_positions_has_grown():
    model = Transformer(13, 16, 2, 1, 1, 0.0, positions="sinusoidal", max_len=4)
    averager = Averager(model, 0.9)
    model(torch.zeros(1, 20, dtype=torch.int64), torch.zeros(1, 3, dtype=torch.int64))
    averager.on_step(Progress(step=1), 0.0)
    assert torch.equal(averager.model.embedding.weight, model.embedding.weight)


def test_bfloat16_is_used_in_the_forward_pass_alone():
    model = nn.Linear(4, 4)
    with Regime(dtype=torch.bfloat16, device="cpu:0").autocast():
        assert model(torch.ones(1, 4)).dtype is torch.bfloat16
    assert model.weight.dtype is torch.float32


@pytest.mark.parametrize("name", OPTIMIZERS.names())
@pytest.mark.parametrize(("asked", "factor"), [(0.0, 10.0), (3.0, 3.0), (1.0, 1.0)])
def test_windows_learn_at_a_rate_of_their_own(name, asked, factor):
    model = Transformer(13, 8, 2, 1, 1, 0.0, positions="relative_bias")
    opt = build_optimizer(name, model, learning_rate=0.5, positions_rate=asked)
    kept = copy.deepcopy(opt.state_dict())
    tokens = torch.randint(0, 10, (3, 4))
    regime = Regime(learning_rate=lambda step: 0.01)
    train_loop(model, opt, SequenceCrossEntropy(12), [Batch(tokens, tokens)], regime=regime)
    windows = {id(weight) for weight in model.positions.parameters()}
    rates = {id(weight): group["lr"] for group in opt.param_groups for weight in group["params"]}
    assert set(rates) == {id(weight) for weight in model.parameters()}, "every weight is trained, once"
    assert {rate for weight, rate in rates.items() if weight in windows} == {0.01 * factor}
    assert {rate for weight, rate in rates.items() if weight not in windows} == {0.01}
    opt.load_state_dict(kept)
    assert [group["lr"] for group in opt.param_groups] == [group["lr"] for group in kept["param_groups"]]


def test_without_a_schedule_each_group_of_weights_keeps_its_own_rate():
    model, unused = Bigram(), nn.Parameter(torch.zeros(1))
    groups = [{"params": list(model.parameters()), "lr": 0.1}, {"params": [unused], "lr": 0.001}]
    optimizer = torch.optim.SGD(groups)
    train_loop(model, optimizer, SequenceCrossEntropy(PAD), [batch()])
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.001]
