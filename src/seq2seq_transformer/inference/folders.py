"""Folders that hold a model: finished runs, unfinished ones, exported models, and the one inside the package."""

from pathlib import Path

from seq2seq_transformer.checkpoints.description import MODEL_JSON, ModelDescription, checkpoint_folders, read_model
from seq2seq_transformer.errors import DamagedError, FileError, RunError, typed
from seq2seq_transformer.inference.graphs import ENCODER

BUNDLED = Path(__file__).parent / "bundled"
"""The model inside the package: it continues digits that repeat."""
_CONFIG = "config.toml"  # that of experiment/saved.py, which lies above


def find_model(path: Path) -> tuple[ModelDescription, dict[str, bytes], str]:
    """The model of a folder, its files by name, and a note where it is not a finished one.

    Raises:
        RunError: where there is none; DamagedError: where there is one, but none that is whole.
    """
    try:
        found = "" if path.is_dir() else "that is a file" if path.exists() else "there is no such folder"
    except OSError as error:
        found = f"that cannot be read: {error.strerror}"
    if found:
        raise RunError(f"there must be a run or model in the folder {path}, but {found}.")
    if (path / MODEL_JSON).exists():
        try:
            description, files = read_model(path)
        except DamagedError as error:
            mend = f" Have it made again: seq2seq train --resume {typed(path)}" if (path / _CONFIG).exists() else ""
            raise DamagedError(f"{error}{mend}") from error
        kind = "the bundled model of repeating digits" if path == BUNDLED else "an exported model"
        return description, files, f"{kind} answers: engine onnx" if ENCODER in files else ""
    damaged = []
    for checkpoint in checkpoint_folders(path / "checkpoints"):
        try:
            description, files = read_model(checkpoint)
        except DamagedError as error:
            damaged.append(str(error))
            continue
        note = f"this run is not finished: the checkpoint {checkpoint.name} answers"
        return description, files, "; ".join([*damaged, note])
    if damaged:
        raise DamagedError("\n".join(damaged))
    if (path / "model.safetensors").exists():
        raise FileError(f"{path / MODEL_JSON} is missing: without it the weights beside it cannot be used.")
    way_on = "Train one: seq2seq train TASK --run NEW"
    if (path / _CONFIG).exists():
        way_on = f"Go on with it: seq2seq train --resume {typed(path)}"
    elif inside := sorted(file.parent for name in (_CONFIG, MODEL_JSON) for file in path.glob(f"*/{name}")):
        way_on = f"Name one of those inside, such as {typed(inside[0])}"
    raise RunError(
        f"there must be a trained model in {path}, but it holds neither {MODEL_JSON} nor a checkpoint. {way_on}"
    )
