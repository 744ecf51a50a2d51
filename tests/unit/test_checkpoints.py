import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seq2seq_transformer import Tokenizer, Transformer, TransformerConfig
from seq2seq_transformer.checkpoints.commit import read_folder, read_manifest, write_file, write_folder
from seq2seq_transformer.checkpoints.description import ModelDescription, read_model
from seq2seq_transformer.checkpoints.state import (
    TrainingState,
    checkpoint_folders,
    drop_checkpoints,
    load_checkpoint,
    model_to_bytes,
    save_checkpoint,
    set_aside,
)
from seq2seq_transformer.errors import DamagedError
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig
from seq2seq_transformer.training.optimizers import OPTIMIZERS, build_optimizer
from seq2seq_transformer.values import Range, Vector

FILES = {"a.bin": b"\x00" * 100, "b.json": b"{}"}


def test_a_folder_is_read_back_as_it_was_written(tmp_path):
    write_folder(tmp_path / "deep" / "folder", FILES)
    assert read_folder(tmp_path / "deep" / "folder") == FILES
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["folder"]


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_any_damage_is_detected_and_the_file_named(tmp_path, name, damage):
    folder = tmp_path / "folder"
    write_folder(folder, FILES)
    path = folder / name
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-1])
    else:
        path.unlink()
    with pytest.raises(DamagedError) as caught:
        read_folder(folder)
    assert str(folder) in str(caught.value)
    if name != "manifest.json":
        assert name in str(caught.value)


def test_nothing_that_exists_is_replaced_or_left_half(tmp_path, monkeypatch):
    write_folder(tmp_path / "folder", FILES)
    with pytest.raises(OSError, match="not empty|exists"):
        write_folder(tmp_path / "folder", {"c": b"new"})
    assert read_folder(tmp_path / "folder") == FILES
    (tmp_path / "file").write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(tmp_path / "file", b"new")
    with pytest.raises(OSError, match="No space left"):
        write_folder(tmp_path / "other", FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"old"


def describe() -> ModelDescription:
    digits = Vector(Range(0, 10))
    config = TransformerConfig(num_tokens=13, pad_token=12, dim_model=8, num_heads=2)
    return ModelDescription("patterns", config, Tokenizer(digits, digits), answer_limit=9, source_lengths=(2, 7))


def write_model(folder: Path) -> tuple[ModelDescription, bytes]:
    weights = model_to_bytes(Transformer.from_config(describe().model))
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "model.json").write_bytes(describe().with_facts(steps=3).to_bytes(weights))
    return describe(), weights


def test_a_model_is_described_whole(tmp_path):
    description, weights = write_model(tmp_path)
    read, files = read_model(tmp_path)
    assert files == {"model.safetensors": weights}
    assert (read.task, read.model, read.answer_limit, read.source_lengths) == ("patterns", description.model, 9, (2, 7))
    assert read.tokenizer.to_json() == description.tokenizer.to_json()
    assert read.trained == {"steps": 3}


def test_every_change_of_a_description_is_detected(tmp_path):
    write_model(tmp_path)
    path = tmp_path / "model.json"
    content = json.loads(path.read_bytes())
    changes = [{**content, key: "changed"} for key in content] + [{k: v for k, v in content.items() if k != "task"}]
    for changed in [*map(json.dumps, changes), "", "[]", "{", "\x00"]:
        path.write_text(changed)
        with pytest.raises(DamagedError, match=r"model\.json must "):
            read_model(tmp_path)


@pytest.mark.parametrize("optimizer_name", OPTIMIZERS.names())
def test_a_checkpoint_brings_everything_back_to_the_bit(tmp_path, optimizer_name):
    def make():
        model = Transformer.from_config(describe().model)
        return model, build_optimizer(optimizer_name, model, learning_rate=0.01, momentum=0.9, beta2=0.9)

    def step(model, optimizer):
        optimizer.zero_grad()
        noise = torch.randn(2, 3, 13)
        (model(torch.randint(0, 10, (2, 5)), torch.randint(0, 10, (2, 3))) * noise).sum().backward()
        optimizer.step()

    model, optimizer = make()
    for _ in range(3):
        step(model, optimizer)
    path = save_checkpoint(tmp_path, 3, TrainingState(model, optimizer), describe(), {"step": 3})
    step(model, optimizer)
    other, other_optimizer = make()
    assert load_checkpoint(path, TrainingState(other, other_optimizer)) == {"step": 3}
    step(other, other_optimizer)
    assert model_to_bytes(other) == model_to_bytes(model)


def test_the_newest_checkpoints_are_kept_the_best_and_every_nth(tmp_path):
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("sgd", model, learning_rate=0.1))

    def kept():
        return [int(path.name.removeprefix("step-")) for path in checkpoint_folders(tmp_path)]

    for step in range(1, 11):
        save_checkpoint(tmp_path, step, state, describe(), {})
    drop_checkpoints(tmp_path, keep_last=3, keep_every=4, keep=(2,))
    assert kept() == [10, 9, 8, 4, 2]
    drop_checkpoints(tmp_path, keep_last=2)
    assert kept() == [10, 9]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000009", "step-000000010"]


def test_a_damaged_checkpoint_is_kept_under_another_name(tmp_path):
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("sgd", model, learning_rate=0.1))
    for name in ("damaged-step-000000010", "damaged-step-000000010-2"):
        assert set_aside(save_checkpoint(tmp_path, 10, state, describe(), {})).name == name


def test_a_manifest_says_what_a_checkpoint_was_made_with(tmp_path):
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("sgd", model, learning_rate=0.1))
    manifest = read_manifest(save_checkpoint(tmp_path, 7, state, describe(), {}))
    assert (manifest["format"], manifest["step"], manifest["world_size"]) == (1, 7, 1)
    assert manifest["versions"]["torch"] == torch.__version__


def test_every_kind_of_damage_is_detected(tmp_path):
    """Bit flips, truncations, zeroed tails and files of another checkpoint, five thousand in all."""
    rng = np.random.default_rng(0)
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("adamw", model, learning_rate=0.1))
    path = save_checkpoint(tmp_path, 1, state, describe(), {"step": 1})
    next(model.parameters()).data.add_(1)
    other = read_folder(save_checkpoint(tmp_path, 2, state, describe(), {"step": 2}))
    files = {each.name: each.read_bytes() for each in path.iterdir()}
    names = sorted(files)
    for number in range(5000):
        name = names[number % len(names)]
        content = bytearray(files[name])
        place = int(rng.integers(len(content)))
        kind = ("flip", "flip", "flip", "truncate", "zeros", "swap")[number // len(names) % 6]
        if kind == "flip":
            content[place] ^= 1 << int(rng.integers(8))
        elif kind == "truncate":
            del content[place:]
        elif kind == "zeros":
            content[place:] = bytes(len(content) - place)
        else:
            content = bytearray(other.get(name, b"{}"))
        if bytes(content) == files[name]:
            continue  # zeros were zeros before, or the two have this file in common
        (path / name).write_bytes(content)
        with pytest.raises(DamagedError) as caught:
            read_folder(path)
        assert name in str(caught.value), kind
        (path / name).write_bytes(files[name])
    assert load_checkpoint(path, state) == {"step": 1}


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    model = Transformer.from_config(describe().model)
    state = TrainingState(model, build_optimizer("sgd", model, learning_rate=0.1))
    path = save_checkpoint(tmp_path, 1, state, describe(), {})
    other = Transformer(13, 16, 2, 1, 1, 0.0)
    with pytest.raises(DamagedError, match="must be a checkpoint of this run, but does not fit it"):
        load_checkpoint(path, TrainingState(other, build_optimizer("sgd", other, learning_rate=0.1)))


def test_a_description_is_strict_json_and_gives_the_model_back(finished_run, tmp_path):
    """Hard windows are at minus infinity, which JSON does not have."""
    description, files = read_model(finished_run)
    weights = files["model.safetensors"]
    window = PositionsConfig(name="relative_bias", options={"far": (-math.inf, 0.0), "window": (2,)})
    model = replace(description.model, positions=dict.fromkeys(ATTENTIONS, window))
    content = replace(description, model=model).to_bytes(weights)
    json.loads(content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    (tmp_path / "model.json").write_bytes(content)
    (tmp_path / "model.safetensors").write_bytes(weights)
    assert read_model(tmp_path)[0].model == model
