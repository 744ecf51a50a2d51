"""The rise of a curriculum with success."""

from collections.abc import Callable

from seq2seq_transformer.data.curriculum import Success
from seq2seq_transformer.evaluation.evaluate import score
from seq2seq_transformer.experiment.curricula import curriculum_of
from seq2seq_transformer.experiment.problem import Problem
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.inference.predictor import Predictor
from seq2seq_transformer.training.callbacks import Callback, Progress

DIFFICULTY, PRACTISED = "difficulty", "practised_exact_match"
_EXAMPLES = 200


class Climber(Callback):
    """Raises the difficulty after an epoch in which what was practised has been mastered.

    The new one goes into the progress, and with it into checkpoints. All that decides about it comes from the weights
    and the progress, and it changes between epochs only, so a training that is gone on from climbs as one that was
    never stopped.

    Args:
        curriculum: how it rises.
        threshold: exact match of what was practised at which it does.
        problem: what is practised.
    """

    def __init__(self, curriculum: Success, threshold: float, problem: Problem) -> None:
        self._curriculum, self._threshold, self._problem = curriculum, threshold, problem

    def figures(self, predictor: Predictor) -> dict[str, float]:
        """The difficulty of the epoch that has just been trained, and exact match, by greedy decoding, within it."""
        lowest, highest = self._curriculum.span(0)
        examples = self._problem.practised(lowest, highest, _EXAMPLES)
        return {DIFFICULTY: highest, PRACTISED: score(predictor, self._problem.task, examples).exact_match}

    def on_epoch(self, progress: Progress) -> None:
        if progress.figures[PRACTISED] >= self._threshold:
            progress.difficulty = self._curriculum.after(int(progress.figures[DIFFICULTY]))


def climbers_of(training: TrainingConfig, problem: Problem, reached: Callable[[], int]) -> list[Climber]:
    """The one that a configuration asks for, if it does.

    Args:
        training: asks for it.
        problem: what is practised.
        reached: the difficulty that the progress holds.
    """
    curriculum = curriculum_of(training, problem.task, reached)
    is_success = isinstance(curriculum, Success)
    return [Climber(curriculum, training.curriculum_threshold, problem)] if is_success else []
