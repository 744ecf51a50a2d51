"""The batches that a configuration asks for: a curriculum, examples seen again, lengths together."""

from collections.abc import Callable

from seq2seq_transformer.data.batch import Batch
from seq2seq_transformer.data.repeated import RepeatedBatches
from seq2seq_transformer.data.sources import GroupedBatches, TrainingBatches
from seq2seq_transformer.experiment.config import Experiment
from seq2seq_transformer.experiment.curricula import curriculum_of
from seq2seq_transformer.experiment.problem import Problem
from seq2seq_transformer.values import ExampleBatch

VALIDATION_EXAMPLES = 500


def make_batches(
    experiment: Experiment, problem: Problem, reached: Callable[[], int] = lambda: 0
) -> tuple[TrainingBatches, ExampleBatch]:
    """What to train on, and the examples to validate on.

    Args:
        experiment: asks for them.
        problem: has them.
        reached: the difficulty that success has led to; 0 before the first.
    """
    config, seed, tokenizer = experiment.training, experiment.machine.seed, experiment.tokenizer
    curriculum = curriculum_of(config, problem.task, reached)
    batches = problem.training_batches(config.batch_size, config.examples_per_epoch, seed, curriculum)
    validation = None
    if number := config.overfit or config.repeat:
        kept = problem.training_examples(number, seed, curriculum)
        share = 1.0 if config.overfit else config.repeat_share
        batches = RepeatedBatches.of(batches, Batch.from_examples(kept, tokenizer), share)
        validation = kept if config.overfit else None
    if validation is None:
        validation = problem.validation(VALIDATION_EXAMPLES)
    return GroupedBatches.of(batches) if config.group_by_length else batches, validation
