"""`--model.positions auto`: choose how positions are counted by short trials on the data itself.

Every candidate is trained briefly on the shorter examples of the training range and judged on the longer ones; the
better half goes on, until one is left. Nothing outside the training examples is looked at.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.layers import POSITIONS, layer_of_values
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.experiment.positions import AUTO, check_model, read_positions
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig, TransformerConfig
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.tasks.recipes import CANDIDATES
from seq2seq_transformer.training.loops import train_step
from seq2seq_transformer.training.loss import SequenceCrossEntropy
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.precision import DTYPES
from seq2seq_transformer.training.regime import Regime
from seq2seq_transformer.training.schedules import learning_rate_at

TRIALS = "positions.json"
_FEWEST_EXAMPLES = 40_000
_EXAMPLES, _ROUNDS, _BATCH, _RATE = 24_000, (0.25, 0.75), 64, 2e-3
_JUDGED, _SOLVED = 256, 0.99


@dataclass(frozen=True)
class Trial:
    """What a candidate came to."""

    name: str
    examples: int
    exact_match: float
    """Of whole answers, on examples longer than those it was trained on."""
    token_accuracy: float


def choose_positions(experiment: Experiment, listener: Listener) -> tuple[Experiment, list[Trial]]:
    """Replace the open choice of positions by the best candidate; also what all candidates came to, best first."""
    config = experiment.training
    batches = experiment.problem().training_batches(_EXAMPLES, config.examples_per_epoch, experiment.machine.seed)
    if config.epochs * batches.examples_per_epoch < _FEWEST_EXAMPLES:
        listener.on_notes([f"positions: sinusoidal; trials need a training of {_FEWEST_EXAMPLES:,} examples or more"])
        return replace(experiment, auto_positions=False), []
    torch.set_num_threads(experiment.machine.threads or 1)
    short, long, words = _short_and_long(batches.batch(0), experiment.tokenizer.vocabulary.pad)
    candidates = candidates_for(experiment.model)
    racers = [_Racer(name, replace(experiment.model, positions=p), experiment) for name, p in candidates.items()]
    finished: list[Trial] = []
    for share in _ROUNDS:
        trials = []
        for racer in racers:
            racer.train(short, int(share * _EXAMPLES))
            trials.append(racer.judge(long))
            shown = f"{trials[-1].name} {100 * trials[-1].exact_match:.0f} %"
            listener.on_notes([f"positions: trial on {words}: {shown}"])
        order = sorted(range(len(racers)), key=lambda n: (-trials[n].exact_match, -trials[n].token_accuracy))
        kept = order[: max(1, len(order) // 2)]
        finished = [trials[n] for n in order] + [t for t in finished if t.name not in {r.name for r in racers}]
        racers = [racers[n] for n in kept]
        if trials[order[0]].exact_match >= _SOLVED:
            break
    best = finished[0]
    listener.on_notes([f"positions: {best.name}, chosen with {100 * best.exact_match:.0f} % of whole answers"])
    model = replace(experiment.model, positions=candidates[best.name])
    return replace(experiment, model=model, auto_positions=False), finished


def candidates_for(model: TransformerConfig) -> dict[str, dict[str, PositionsConfig]]:
    """The candidates that this model and its tokens allow."""
    found = {"sinusoidal": dict.fromkeys(ATTENTIONS, PositionsConfig())}
    for name, recipe in CANDIDATES.items():
        chosen = {section: values for section, values in recipe.items() if section.startswith(POSITIONS)}
        sections = Sections([layer_of_values(chosen)])
        positions = read_positions(sections, AUTO)
        assert isinstance(positions, dict), "recipes name all they need"
        check_model(sections, replace(model, positions=positions))
        channels = {channel for each in positions.values() for channel in each.channels}
        counts_digits = any(channel.startswith(("digit", "number")) for channel in channels)
        if not sections.has_problems and (not counts_digits or "d" in model.token_roles.tokens):
            found[name] = positions
    return found


def trials_to_json(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """What `positions.json` holds."""
    return [asdict(trial) for trial in trials]


def _short_and_long(drawn: Batch, pad: int) -> tuple[Batch, Batch, str]:
    """Of some examples the shorter half by length, and the longest quarter; where lengths are alike, any others."""
    lengths = (drawn.src != pad).sum(dim=1)
    fewest, most = int(lengths.min()), int(lengths.max())
    middle, high = fewest + (most - fewest) // 2, fewest + (3 * (most - fewest) + 3) // 4
    short, long = lengths <= middle, lengths >= high
    if most - fewest < 3 or int(short.sum()) < 2 * _BATCH:
        everything = torch.arange(len(lengths))
        short, long = everything >= len(lengths) // 10, everything < len(lengths) // 10
        return drawn.rows(short), drawn.rows(long).rows(slice(_JUDGED)), "examples of all lengths"
    words = f"sources of up to {middle - 2} tokens, judged on {high - 2} to {most - 2}"
    return drawn.rows(short), drawn.rows(long).rows(slice(_JUDGED)), words


class _Racer:
    """A candidate with its model.

    Args:
        name: of the candidate.
        model: with its positions.
        experiment: the training that it is for.
    """

    def __init__(self, name: str, model: TransformerConfig, experiment: Experiment) -> None:
        self.name, self.examples = name, 0
        self._pad = experiment.tokenizer.vocabulary.pad
        machine, training = experiment.machine, experiment.training
        torch.manual_seed(machine.seed)
        self._model = Transformer.from_config(model).to(machine.device)
        kind = "muon" if training.optimizer == "muon" else "adamw"
        self._optimizer = build_optimizer(kind, self._model, learning_rate=_RATE, weight_decay=0.0)
        rate = learning_rate_at("constant", _RATE, 10**9, 100)
        self._regime = Regime(rate, 1.0, dtype=DTYPES[training.precision], device=machine.device)
        self._loss = SequenceCrossEntropy(self._pad)
        self._rng = np.random.default_rng((machine.seed, 1))
        self._failed = False

    def train(self, batch: Batch, examples: int) -> None:
        """Train on so many of the examples, in batches of about one length."""
        self._model.train()
        order = (batch.src != self._pad).sum(dim=1).argsort(stable=True)
        starts = range(0, max(1, len(order) - _BATCH + 1))
        for step in range(examples // _BATCH):
            if self._failed:
                return
            start = int(self._rng.integers(len(starts)))
            chosen = batch.rows(order[start : start + _BATCH]).trimmed().to(self._regime.device)
            assert self._regime.learning_rate is not None
            rate = self._regime.learning_rate(self.examples // _BATCH + step)
            for group in self._optimizer.param_groups:
                group["lr"] = rate * group.get("rate_factor", 1.0)
            outcome = train_step(self._model, self._optimizer, self._loss, chosen, self._regime)
            self._failed = not outcome.is_finite
        self.examples += examples

    @torch.no_grad()
    def judge(self, batch: Batch) -> Trial:
        """How often whole answers are right: greedy decoding gives one exactly where every next token is."""
        if self._failed:
            return Trial(self.name, self.examples, 0.0, 0.0)
        self._model.eval()
        rows = tokens = right_tokens = right_rows = 0.0
        for first in range(0, len(batch), _BATCH):
            part = batch.rows(slice(first, first + _BATCH)).trimmed().to(self._regime.device)
            real = part.tgt_expected != self._pad
            right = (self._model(part.src, part.tgt_input).argmax(dim=-1) == part.tgt_expected) & real
            rows, tokens = rows + len(real), tokens + real.sum().item()
            right_rows += (right == real).all(dim=1).sum().item()
            right_tokens += right.sum().item()
        return Trial(self.name, self.examples, right_rows / rows, right_tokens / tokens)
