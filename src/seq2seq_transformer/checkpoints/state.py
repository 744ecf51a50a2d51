"""What a checkpoint holds: the model, the optimizer, the random states and how far the training is. Never a pickle."""

import json
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from seq2seq_transformer.checkpoints.commit import read_folder, remove_folder, write_folder
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, ModelDescription, checkpoint_folders
from seq2seq_transformer.errors import DamagedError

_RAW, _OPTIMIZER, _TRAINING = "raw.safetensors", "optimizer.safetensors", "training.json"
_RANDOM, _CPU, _CUDA = "random.", "random.cpu", "random.cuda"


def model_to_bytes(model: nn.Module) -> bytes:
    """The weights as safetensors."""
    return safetensors.torch.save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})


@dataclass(frozen=True)
class TrainingState:
    """What changes in a training, how far it is aside.

    Args:
        model: what is trained.
        optimizer: of its weights.
        averaged: the model with a moving average of the weights, where one is kept: the one to use.
        rank: of this process among those that train together; all but the random states is the same in each.
        world: how many they are.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    averaged: nn.Module | None = None
    rank: int = 0
    world: int = 1

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    def random_state(self) -> Tensor:
        """The states of this process's random numbers, as bytes: that of the processor, then that of its GPU."""
        states = [torch.get_rng_state()]
        if self.device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self.device))
        return torch.cat(states)

    def to_files(
        self, description: ModelDescription, progress: Mapping[str, Any], others: Sequence[Tensor] = ()
    ) -> dict[str, bytes]:
        """The files of a checkpoint.

        Args:
            description: of the model.
            progress: how far the training is.
            others: the random states of the other ranks, from rank 1 on.
        """
        tensors, groups = _flatten(self.optimizer.state_dict())
        tensors[_CPU] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors[_CUDA] = torch.cuda.get_rng_state(self.device)
        tensors |= {f"{_RANDOM}{rank}": state for rank, state in enumerate(others, 1)}
        files = {}
        weights = model_to_bytes(self.model)
        if self.averaged is not None:
            files[_RAW] = weights
            weights = model_to_bytes(self.averaged)
        return {
            WEIGHTS: weights,
            MODEL_JSON: description.to_bytes(weights),
            **files,
            _OPTIMIZER: safetensors.torch.save(tensors),
            _TRAINING: json.dumps({"optimizer": groups, "progress": dict(progress)}).encode(),
        }

    def take_up(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        """Become what the files of a checkpoint hold; returns its progress.

        The random states are included where as many processes trained then as do now.
        """
        training = json.loads(files[_TRAINING])
        tensors = safetensors.torch.load(files[_OPTIMIZER])
        self._take_up_random({name: tensors.pop(name) for name in list(tensors) if name.startswith(_RANDOM)})
        if self.averaged is not None:
            self.averaged.load_state_dict(safetensors.torch.load(files[WEIGHTS]))
        self.model.load_state_dict(safetensors.torch.load(files[WEIGHTS if self.averaged is None else _RAW]))
        self.optimizer.load_state_dict(_unflatten(tensors, training["optimizer"]))
        progress: dict[str, Any] = training["progress"]
        return progress

    def _take_up_random(self, states: Mapping[str, Tensor]) -> None:
        others = [name for name in states if name not in (_CPU, _CUDA)]
        if 1 + len(others) != self.world:
            return
        own, length = states.get(f"{_RANDOM}{self.rank}"), len(states[_CPU])
        torch.set_rng_state(states[_CPU] if own is None else own[:length].clone())
        cuda = states.get(_CUDA) if own is None else own[length:].clone()
        if cuda is not None and len(cuda):
            torch.cuda.set_rng_state(cuda, self.device)


def save_checkpoint(
    folder: Path,
    step: int,
    state: TrainingState,
    description: ModelDescription,
    progress: Mapping[str, Any],
    others: Sequence[Tensor] = (),
) -> Path:
    """Commit a checkpoint as folder/step-NNNNNNNNN.

    Args:
        folder: of the checkpoints.
        step: its number.
        state: the weights and the like.
        description: of the model.
        progress: how far the training is.
        others: the random states of the other ranks, from rank 1 on.

    Raises:
        OSError: where the disk refuses; older checkpoints are then untouched.
    """
    path = folder / f"step-{step:09d}"
    if not path.exists():
        facts = {
            "step": step,
            "config": description.config,
            "versions": {
                "python": platform.python_version(),
                "torch": torch.__version__,
                "seq2seq-transformer": version("seq2seq-transformer"),
            },
            "threads": torch.get_num_threads(),
            "world_size": state.world,
        }
        write_folder(path, state.to_files(description, progress, others), facts)
    return path


def drop_checkpoints(folder: Path, *, keep_last: int, keep_every: int = 0, keep: Collection[int] = ()) -> None:
    """Delete old checkpoints.

    Args:
        folder: of the checkpoints.
        keep_last: how many of the newest stay.
        keep_every: those whose step is a multiple of this stay as well; 0: none.
        keep: further steps that stay.
    """
    for old in checkpoint_folders(folder)[keep_last:]:
        step = step_of(old)
        if step not in keep and not (keep_every and step % keep_every == 0):
            remove_folder(old)


def step_of(path: Path) -> int:
    """The step of a checkpoint's folder."""
    return int(path.name.removeprefix("step-"))


def load_checkpoint(path: Path, state: TrainingState) -> dict[str, Any]:
    """Put a checkpoint's content into a training and torch's generators; return its progress.

    Raises:
        DamagedError: where a file is missing or has changed since it was written.
    """
    files = read_folder(path)
    try:
        return state.take_up(files)
    except (LookupError, ValueError, RuntimeError) as error:
        raise DamagedError(f"{path} must be a checkpoint of this run, but does not fit it: {error}.") from error


def load_weights(path: Path, model: nn.Module) -> None:
    """Put the weights of a checkpoint that are the ones to use into a model.

    Raises:
        DamagedError: where a file is missing or has changed since it was written.
    """
    model.load_state_dict(safetensors.torch.load(read_folder(path)[WEIGHTS]))


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint or file, so that it is kept but never taken for a good one."""
    aside = path.with_name(f"damaged-{path.name}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"damaged-{path.name}-{number}")
    return path.rename(aside)


def _flatten(state: Mapping[str, Any]) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    tensors = {
        f"{index}.{name}": torch.as_tensor(value)
        for index, values in state["state"].items()
        for name, value in values.items()
        if value is not None
    }
    return tensors, state["param_groups"]


def _unflatten(tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]) -> dict[str, Any]:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = tensor
    return {"state": state, "param_groups": groups}
