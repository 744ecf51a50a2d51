"""What a checkpoint holds: the model, the optimizer, the random state and how far the training is. Never a pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from seq2seq_transformer.checkpoints.commit import MANIFEST, read_folder, write_folder
from seq2seq_transformer.checkpoints.description import MODEL_JSON, WEIGHTS, ModelDescription, checkpoint_folders
from seq2seq_transformer.errors import DamagedError

_OPTIMIZER, _TRAINING = "optimizer.safetensors", "training.json"
_KEEP = 2


def model_to_bytes(model: nn.Module) -> bytes:
    """The weights as safetensors."""
    return safetensors.torch.save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})


def save_checkpoint(
    folder: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    description: ModelDescription,
    progress: Mapping[str, Any],
) -> Path:
    """Commit a checkpoint as folder/step-NNNNNNNNN, then drop all but the newest two.

    Raises:
        OSError: where the disk refuses; older checkpoints are then untouched.
    """
    path = folder / f"step-{step:09d}"
    if path.exists() and not (path / MANIFEST).exists():
        set_aside(path)
    if not path.exists():
        weights = model_to_bytes(model)
        tensors, groups = _flatten(optimizer.state_dict())
        tensors["random.cpu"] = torch.get_rng_state()
        files = {
            WEIGHTS: weights,
            MODEL_JSON: description.to_bytes(weights),
            _OPTIMIZER: safetensors.torch.save(tensors),
            _TRAINING: json.dumps({"optimizer": groups, "progress": dict(progress)}).encode(),
        }
        write_folder(path, files)
    for old in checkpoint_folders(folder)[_KEEP:]:
        _delete(old)
    return path


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a checkpoint's state into the model, the optimizer and torch's generator; return its progress.

    Raises:
        DamagedError: where a file is missing or has changed since it was written.
    """
    files = read_folder(path)
    try:
        training = json.loads(files[_TRAINING])
        tensors = safetensors.torch.load(files[_OPTIMIZER])
        torch.set_rng_state(tensors.pop("random.cpu"))
        model.load_state_dict(safetensors.torch.load(files[WEIGHTS]))
        optimizer.load_state_dict(_unflatten(tensors, training["optimizer"]))
        return training["progress"]
    except (LookupError, ValueError, RuntimeError) as error:
        raise DamagedError(f"{path} must be a checkpoint of this run, but does not fit it: {error}.") from error


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint or file, so that it is kept but never taken for a good one."""
    aside = path.with_name(f"damaged-{path.name}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"damaged-{path.name}-{number}")
    return path.rename(aside)


def _delete(path: Path) -> None:
    """Remove an old checkpoint, the manifest first, so that half of one never looks whole."""
    (path / MANIFEST).unlink(missing_ok=True)
    for file in path.iterdir():
        file.unlink()
    path.rmdir()


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
