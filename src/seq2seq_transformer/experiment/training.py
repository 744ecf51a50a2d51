"""Training: one training put together from its configuration, and what it does beside its steps."""

from dataclasses import asdict, replace
from pathlib import Path

import torch

from seq2seq_transformer.checkpoints.commit import fingerprint, sweep, write_file
from seq2seq_transformer.checkpoints.description import (
    MODEL_JSON,
    WEIGHTS,
    ModelDescription,
    checkpoint_folders,
    read_model,
)
from seq2seq_transformer.checkpoints.state import (
    load_checkpoint,
    model_to_bytes,
    save_checkpoint,
    set_aside,
)
from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.sources import GroupedBatches
from seq2seq_transformer.errors import DamagedError, RunError, Seq2SeqError, TrainingError
from seq2seq_transformer.evaluation.evaluate import evaluate
from seq2seq_transformer.experiment.callbacks import Checkpointer, Reporter
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.curriculum import curriculum_of
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import fastest_threads
from seq2seq_transformer.experiment.metrics import METRICS, Metrics
from seq2seq_transformer.experiment.signals import StopRequest
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.callbacks import Progress
from seq2seq_transformer.training.loops import Regime, fit, train_step
from seq2seq_transformer.training.loss import SequenceCrossEntropy
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.precision import DTYPES
from seq2seq_transformer.training.schedules import learning_rate_at

CONFIG, CHECKPOINTS = "config.toml", "checkpoints"
VALIDATION_EXAMPLES = 500


class Training:
    """One training, from its configuration to its finished model.

    Args:
        experiment: with device and precision resolved.
        run: the folder of the run.
        listener: shows it.
    """

    def __init__(self, experiment: Experiment, run: Path, listener: Listener) -> None:
        self.experiment, self.run, self.listener = experiment, run, listener
        config = experiment.training
        problem = experiment.problem(listener)
        seed = experiment.machine.seed
        curriculum = curriculum_of(config, problem.task)
        self.batches = problem.training_batches(config.batch_size, config.examples_per_epoch, seed, curriculum)
        if config.examples_per_epoch != self.batches.examples_per_epoch:
            config = replace(config, examples_per_epoch=self.batches.examples_per_epoch)
            self.experiment = experiment = replace(experiment, training=config)
        if config.group_by_length:
            self.batches = GroupedBatches.of(self.batches)
        self.validation = problem.validation(VALIDATION_EXAMPLES)
        validation_batch = Batch.from_examples(self.validation, experiment.tokenizer)
        longest_answer = validation_batch.tgt.shape[1] - 1
        lengths = self.validation.source.lengths
        self.description = ModelDescription(
            task=experiment.name,
            model=experiment.model,
            tokenizer=experiment.tokenizer,
            answer_limit=experiment.decoding.max_length or 2 * longest_answer,
            source_lengths=(int(lengths.min()), int(lengths.max())),
            source_tokens=0 if experiment.decoding.max_length else validation_batch.src.shape[1],
        )
        self.validation_batches = [validation_batch]
        torch.manual_seed(seed)
        self.model = Transformer.from_config(experiment.model).to(experiment.machine.device)
        self.optimizer = build_optimizer(
            config.optimizer,
            self.model,
            learning_rate=config.learning_rate,
            momentum=config.momentum,
            beta2=config.beta2,
            weight_decay=config.weight_decay,
            positions_rate=config.positions_rate,
        )
        self.loss = SequenceCrossEntropy(experiment.tokenizer.vocabulary.pad)
        self.regime = Regime(
            learning_rate_at(config.schedule, config.learning_rate, config.steps, config.warmup_steps),
            config.max_grad_norm,
            DTYPES[config.precision],
            experiment.machine.device,
        )
        self.progress = Progress()
        self.metrics = Metrics(run / METRICS)

    def choose_threads(self) -> None:
        """Where the threads are left open, measure one against all on a copy of the real step, and note the choice."""
        machine = self.experiment.machine
        if not machine.threads:
            with torch.random.fork_rng(devices=[]):
                model = Transformer.from_config(self.experiment.model).to(machine.device)
                optimizer = build_optimizer("sgd", model, learning_rate=0.0)
                batch = self.batches.batch(0).to(machine.device)
                threads = fastest_threads(lambda: train_step(model, optimizer, self.loss, batch, self.regime))
            self.experiment = replace(self.experiment, machine=replace(machine, threads=threads))
        torch.set_num_threads(self.experiment.machine.threads)

    def complete(self) -> Predictor:
        """Train to the end, from the newest good checkpoint where there is one, and save the model."""
        self._restore()
        self.listener.on_start(self.experiment, self.progress)
        config = self.experiment.training
        with StopRequest() as stop:
            reporter = Reporter(self.metrics, self.listener, self._exact_match, self.progress.examples)
            checkpointer = Checkpointer(self.save_checkpoint, config, self.run, self.listener, stop)
            try:
                fit(
                    self.model,
                    self.optimizer,
                    self.loss,
                    self.batches,
                    self.validation_batches,
                    config.epochs,
                    regime=self.regime,
                    progress=self.progress,
                    callbacks=[reporter, checkpointer],
                )
            except TrainingError as error:
                again = f"seq2seq train --config {self.run / CONFIG} --run {self.run}-2"
                lower = f"--training.learning_rate {config.learning_rate / 10:g}"
                raise TrainingError(f"{error} Try again, as a new run: {again} {lower}") from error
            self._save_model()
        return self.predictor()

    def predictor(self) -> Predictor:
        """A predictor around the model as it is now."""
        return Predictor(TorchEngine.of_model(self.model), self.description)

    def save_checkpoint(self) -> None:
        """Commit the present state."""
        progress = {
            **asdict(self.progress),
            "seconds": self.metrics.seconds,
            "metrics_bytes": self.metrics.bytes,
        }
        facts = {"steps": self.progress.step, "examples": self.progress.examples}
        description = replace(self.description.with_facts(**facts), config=config_fingerprint(self.run))
        step = self.progress.step
        save_checkpoint(self.run / CHECKPOINTS, step, self.model, self.optimizer, description, progress)

    def _exact_match(self) -> float:
        """Of the validation set, by greedy decoding."""
        report, _ = evaluate(self.predictor(), self.experiment.task, self.validation)
        return report.total.exact_match

    def _restore(self) -> None:
        """Take up the newest checkpoint that is whole; set damaged ones aside, and what was half written away."""
        sweep(self.run)
        sweep(self.run / CHECKPOINTS)
        for path in checkpoint_folders(self.run / CHECKPOINTS):
            try:
                check_config(self.run, read_model(path)[0].config)  # first: another configuration is no damage
                saved = load_checkpoint(path, self.model, self.optimizer)
            except DamagedError as error:
                self.listener.on_warning(f"{error} It is set aside as {set_aside(path).name}.")
                continue
            self.metrics.restore(saved.pop("seconds"), saved.pop("metrics_bytes"))
            self.progress = Progress(**saved)
            return
        if self.metrics.bytes:
            self.listener.on_warning(f"no checkpoint can be used: starting over; {self.metrics.set_aside()} is kept.")
        self.metrics.restore(0.0, 0)

    def _save_model(self) -> None:
        weights = model_to_bytes(self.model)
        facts = self.metrics.facts() | {"steps": self.progress.step, "examples": self.progress.examples}
        self.description = replace(self.description.with_facts(**facts), config=config_fingerprint(self.run))
        try:
            write_file(self.run / WEIGHTS, weights)
            write_file(self.run / MODEL_JSON, self.description.to_bytes(weights))
        except OSError as error:
            raise Seq2SeqError(
                f"the finished model must be written to {self.run}, but that failed: {error.strerror}. "
                f"Make room, then type: seq2seq train --resume {self.run}"
            ) from error


def config_fingerprint(run: Path) -> str:
    """SHA-256 of the configuration of a run."""
    return str(fingerprint((run / CONFIG).read_bytes())["sha256"])


def check_config(run: Path, expected: str) -> None:
    """Refuse a configuration that is not the one a model was trained with.

    Raises:
        RunError: where it has changed.
    """
    if config_fingerprint(run) != expected:
        raise RunError(
            f"{run / CONFIG} must be as it was when the training began, but has changed. "
            f"Restore it, or start a new run from it: seq2seq train --config {run / CONFIG} --run {run}-2"
        )
