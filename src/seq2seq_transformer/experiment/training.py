"""Training: one training put together from its configuration, and what it does beside its steps."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast

import torch

from seq2seq_transformer.checkpoints.state import TrainingState
from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.errors import Stopped, TrainingError, typed
from seq2seq_transformer.evaluation.evaluate import score
from seq2seq_transformer.experiment.batches import make_batches
from seq2seq_transformer.experiment.callbacks import Checkpointer, Judge, Reporter
from seq2seq_transformer.experiment.climber import climbers_of
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.keeping import Keeper, OwnFolder
from seq2seq_transformer.experiment.laws import try_own_task
from seq2seq_transformer.experiment.listener import Listener
from seq2seq_transformer.experiment.machine import keep_freed_memory
from seq2seq_transformer.experiment.memory import MEMORY, in_words
from seq2seq_transformer.experiment.metrics import METRICS, Metrics
from seq2seq_transformer.experiment.saved import CONFIG, describe, digest, save_model, take_best
from seq2seq_transformer.experiment.signals import Interrupted, StopRequest
from seq2seq_transformer.experiment.tensorboard import event_files
from seq2seq_transformer.experiment.threads import try_the_step
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.model.transformer import Transformer
from seq2seq_transformer.training.average import Averager
from seq2seq_transformer.training.callbacks import VALIDATION_LOSS, Progress
from seq2seq_transformer.training.compiled import compiled
from seq2seq_transformer.training.loops import fit, validation_loop
from seq2seq_transformer.training.loss import SequenceCrossEntropy
from seq2seq_transformer.training.optimizers import build_optimizer
from seq2seq_transformer.training.precision import DTYPES
from seq2seq_transformer.training.ranks import Ranks
from seq2seq_transformer.training.regime import Regime
from seq2seq_transformer.training.schedules import learning_rate_at

_ANEW = "the examples come in the same order, the random numbers of dropout begin anew."


class Training:
    """One training, from its configuration to its finished model.

    Args:
        experiment: with device and precision resolved.
        run: the folder of the run.
        listener: shows it.
        ranks: the processes that train together; only the first of them writes.
    """

    def __init__(self, experiment: Experiment, run: Path, listener: Listener, ranks: Ranks | None = None) -> None:
        self.experiment, self.run, self.listener, self.ranks = experiment, run, listener, ranks or Ranks()
        config = experiment.training
        self.folder = OwnFolder(run)  # a run that is gone on with is told from another one from here on
        keep_freed_memory()
        with self.ranks.first_ahead():  # files are tokenised once for all
            problem, reached = experiment.problem(listener), lambda: self.progress.difficulty
            if warning := try_own_task(experiment.task_name, experiment.task):
                listener.on_warning(warning)
            self.batches, self.validation = make_batches(experiment, problem, reached)
        self.climbers = climbers_of(config, problem, reached)
        if config.examples_per_epoch != self.batches.examples_per_epoch:
            config = replace(config, examples_per_epoch=self.batches.examples_per_epoch)
            self.experiment = experiment = replace(experiment, training=config)
        self.validation_batches = [Batch.from_examples(self.validation, experiment.tokenizer)]
        self.description = describe(experiment, self.validation, self.validation_batches[0])
        self._begin()
        copies = event_files(config.tensorboard and self.ranks.is_first, run, listener.on_warning)
        self.metrics = Metrics(run / METRICS if self.ranks.is_first else None, copies, self.folder.stands)
        self.keeper = Keeper(self.folder, experiment.training, listener, self.ranks)

    def _begin(self) -> None:
        """Weights, optimizer and progress as before the first step."""
        experiment, config = self.experiment, self.experiment.training
        torch.manual_seed(experiment.machine.seed)
        self.model = Transformer.from_config(experiment.model).to(experiment.machine.device)
        self.optimizer = build_optimizer(
            config.optimizer,
            self.model,
            learning_rate=config.learning_rate,
            momentum=config.momentum,
            beta2=config.beta2,
            weight_decay=config.weight_decay,
            positions_rate=config.positions_rate,
            ranks=self.ranks,
        )
        self.averager = Averager(self.model, config.ema) if config.ema else None
        self.loss = SequenceCrossEntropy(experiment.tokenizer.vocabulary.pad, config.label_smoothing, config.z_loss)
        self.regime = Regime(
            learning_rate=learning_rate_at(config.schedule, config.learning_rate, config.steps, config.warmup_steps),
            max_grad_norm=config.max_grad_norm,
            parts=config.accumulate,
            patience=config.skip_at_most,
            dtype=DTYPES[config.precision],
            device=experiment.machine.device,
            ranks=self.ranks,
        )
        self.progress = Progress()
        self.parallel = self.ranks.parallel(self.model, self.batches.batch(0).to(experiment.machine.device))
        if not self.ranks.is_first:  # the first goes on as a process alone does
            self.ranks.reseed(experiment.machine.seed, 0)

    @property
    def judged(self) -> Transformer:
        """The model that is validated and saved: with averaged weights, where these are asked for."""
        return cast("Transformer", self.averager.model) if self.averager else self.model

    @property
    def state(self) -> TrainingState:
        """What a checkpoint holds."""
        averaged = self.averager.model if self.averager else None
        return TrainingState(self.model, self.optimizer, averaged, self.ranks.rank, self.ranks.world)

    def choose_threads(self) -> None:
        """Where the threads are left open, measure one against all; note the choice, and what a step takes."""
        step = (self.batches.batch(0), self.loss, self.regime)
        self.experiment, facts = try_the_step(self.experiment, *step)
        self.description = self.description.with_facts(**facts)

    def complete(self, stop: StopRequest, config: bytes) -> Predictor:
        """Train to the end, from the newest good checkpoint where there is one, and save the model.

        Args:
            stop: whether a signal asked for an end.
            config: the run's configuration as it was when this began; what becomes of the file later counts no more.

        Raises:
            Stopped: where one did; saved.
            TrainingError: where losses were not finite, also after going back once and on with half the rate.
        """
        self.description = replace(self.description, config=digest(config))
        self._restore()
        self.listener.on_start(self.experiment, self.progress)
        if memory := self.description.trained.get(MEMORY):
            self.listener.on_notes([in_words(memory)])
        while True:
            try:
                self._fit(stop)
                break
            except TrainingError as error:
                self._go_back(error)
        self.ranks.from_first(self._write_model)
        if self.progress.finished:
            self.listener.on_notes([f"ended after {self.progress.step:,} steps: {self.progress.finished}"])
        if stop.exit_code is not None:
            raise Stopped(stop.exit_code, f"stopped when the training was complete: the model is in {self.run}.")
        return self.predictor()

    def _go_back(self, error: TrainingError) -> None:
        """Take up the last good checkpoint with half the rate; the second time, give up."""
        halved = self.progress.rate_factor < 1
        self.keeper.drop_after(self.progress.regular_step)
        self._restore()
        if halved:
            again = f"seq2seq train --config {typed(self.run / CONFIG)} --run {typed(f'{self.run}-2')}"
            lower = f"--training.learning_rate {self.experiment.training.learning_rate / 10:g}"
            raise TrainingError(f"{error} Try again, as a new run: {again} {lower}") from error
        self.progress.rate_factor = 0.5
        self.listener.on_warning(f"{error} Going back to step {self.progress.step}, and on with half the rate.")

    def _fit(self, stop: StopRequest) -> None:
        config = self.experiment.training
        saving = (self.save_checkpoint, lambda: self.keeper.drop_old(self.progress))
        checkpointer = Checkpointer(*saving, config, self.run, self.listener, stop)
        average = [self.averager] if self.averager else []
        reporter = Reporter(self.metrics, self.listener, self.progress.examples)
        try:
            fit(
                compiled(self.parallel) if config.compile else self.parallel,
                self.optimizer,
                self.loss,
                self.batches,
                self.validation_batches,
                config.epochs,
                regime=self.regime,
                progress=self.progress,
                callbacks=[*average, *self.climbers, Judge(config, self.metrics, self.ranks), reporter, checkpointer],
                validate=lambda: self._validate(stop),
            )
        except Interrupted:
            checkpointer.save(self.progress)

    def _validate(self, stop: StopRequest) -> dict[str, float]:
        """Loss and exact match, by greedy decoding, of the validation set."""
        with stop.obeyed_at_once():
            loss = validation_loop(self.judged, self.loss, self.validation_batches, regime=self.regime)
            found = score(self.predictor(), self.experiment.task, self.ranks.share(self.validation))
            climbed = [climber.figures(self.predictor()) for climber in self.climbers]
        right = self.ranks.sum(float(round(found.exact_match * found.examples)))
        if not math.isfinite(loss):
            raise TrainingError(f"the validation loss must be finite, but is {loss:g}: the learning rate is too high.")
        figures = {VALIDATION_LOSS: loss, "exact_match": right / len(self.validation)}
        return {name: figure for each in (figures, *climbed) for name, figure in each.items()}

    def predictor(self) -> Predictor:
        """A predictor around the model as it is now."""
        return Predictor(TorchEngine.of_model(self.judged), self.description)

    def save_checkpoint(self) -> None:
        """Commit the present state."""
        progress = {
            **asdict(self.progress),
            "seconds": self.metrics.seconds,
            "metrics_bytes": self.metrics.bytes,
            "world_size": self.ranks.world,
        }
        self.keeper.save(self.state, self.description, self.progress, progress)

    def _restore(self) -> None:
        """Take up the newest checkpoint that is whole, or begin where there is none."""
        saved = self.keeper.take_up(self.state, self.description.config)
        if saved is not None:
            if warning := self.metrics.restore(saved.pop("seconds"), saved.pop("metrics_bytes")):
                self.listener.on_warning(warning)
            world = saved.pop("world_size", 1)
            self.progress = Progress(**saved)
            if world != self.ranks.world:
                self.ranks.reseed(self.experiment.machine.seed, self.progress.step)
                self.listener.on_notes([f"{world} processes trained before, {self.ranks.world} do now: {_ANEW}"])
            return
        if self.metrics.bytes:
            self.listener.on_warning(f"no checkpoint can be used: starting over; {self.metrics.set_aside()} is kept.")
        self.metrics.restore(0.0, 0)
        self._begin()

    def _write_model(self) -> None:
        self.folder.require()
        facts = self.metrics.facts() | {"steps": self.progress.step, "examples": self.progress.examples}
        if self.experiment.training.patience:
            if of_best := take_best(self.run, self.progress, self.judged, self.listener):
                at = f"epoch {self.progress.best_epoch}, the best by {self.experiment.training.metric}"
                self.listener.on_notes([f"the model is that of {at}"])
            facts |= of_best
        self.description = self.description.with_facts(**facts)
        save_model(self.run, self.description, self.judged)
