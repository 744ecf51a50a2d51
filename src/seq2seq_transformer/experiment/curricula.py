"""The curriculum that a configuration asks for."""

from collections.abc import Callable

from seq2seq_transformer.data.curriculum import Curriculum, Fixed, Steps, Success
from seq2seq_transformer.experiment.file_problem import FileTask
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.experiment.training_section import TrainingConfig
from seq2seq_transformer.tasks.base import Task


def check_curriculum(sections: Sections, training: TrainingConfig, task: Task) -> None:
    """Note a curriculum that the task cannot follow, and examples that would stay the same while it grows."""
    if training.curriculum == "uniform":
        return
    for name in ("overfit", "repeat"):
        if getattr(training, name) and training.curriculum != "fixed":
            rule = f"the same examples again cannot grow harder as `training.curriculum` {training.curriculum!r} has it"
            sections.note("training", name, f"{rule}. Add: --training.curriculum uniform")
    if not task.difficulty or isinstance(task, FileTask) or not hasattr(task, f"max_{task.difficulty}"):
        sections.note("training", "curriculum", "nothing here can grow; a curriculum needs a task with a difficulty.")
        return
    low, high = _range(task)
    start = training.curriculum_start or low
    if not low <= start <= high:
        rule = f"must be 0, or between {low} and {high}, the task's {task.difficulty}, but is {start} instead."
        sections.note("training", "curriculum_start", rule)


def curriculum_of(training: TrainingConfig, task: Task, reached: Callable[[], int]) -> Curriculum | None:
    """How the difficulty goes; None where the task draws it.

    Args:
        training: asks for it.
        task: has the range.
        reached: the difficulty that success has led to; 0 before the first.
    """
    if training.curriculum == "uniform":
        return None
    low, high = _range(task)
    first = training.curriculum_start or low
    if training.curriculum == "fixed":
        return Fixed(first)
    if training.curriculum == "steps":
        return Steps(low, first, high, round(training.steps * training.curriculum_share))
    return Success(low, first, high, training.curriculum_growth, reached)


def _range(task: Task) -> tuple[int, int]:
    return getattr(task, f"min_{task.difficulty}"), getattr(task, f"max_{task.difficulty}")
