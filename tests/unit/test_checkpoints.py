import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seq2seq_transformer import Tokenizer, Transformer, TransformerConfig
from seq2seq_transformer.checkpoints.commit import read_folder, write_file, write_folder
from seq2seq_transformer.checkpoints.description import ModelDescription, read_model
from seq2seq_transformer.checkpoints.state import (
    checkpoint_folders,
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
    read, read_weights = read_model(tmp_path)
    assert read_weights == weights
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
    path = save_checkpoint(tmp_path, 3, model, optimizer, describe(), {"step": 3})
    step(model, optimizer)
    other, other_optimizer = make()
    assert load_checkpoint(path, other, other_optimizer) == {"step": 3}
    step(other, other_optimizer)
    assert model_to_bytes(other) == model_to_bytes(model)


def test_the_newest_two_checkpoints_are_kept_and_damaged_ones_set_aside(tmp_path):
    model = Transformer.from_config(describe().model)
    optimizer = build_optimizer("sgd", model, learning_rate=0.1)
    for step in (1, 2, 10):
        save_checkpoint(tmp_path, step, model, optimizer, describe(), {})
    assert [path.name for path in checkpoint_folders(tmp_path)] == ["step-000000010", "step-000000002"]
    assert save_checkpoint(tmp_path, 10, model, optimizer, describe(), {}).name == "step-000000010"
    newest = checkpoint_folders(tmp_path)[0]
    assert set_aside(newest).name == "damaged-step-000000010"
    save_checkpoint(tmp_path, 10, model, optimizer, describe(), {})
    assert set_aside(newest).name == "damaged-step-000000010-2"


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    model = Transformer.from_config(describe().model)
    path = save_checkpoint(tmp_path, 1, model, build_optimizer("sgd", model, learning_rate=0.1), describe(), {})
    other = Transformer(13, 16, 2, 1, 1, 0.0)
    with pytest.raises(DamagedError, match="must be a checkpoint of this run, but does not fit it"):
        load_checkpoint(path, other, build_optimizer("sgd", other, learning_rate=0.1))


def test_a_description_is_strict_json_and_gives_the_model_back(finished_run, tmp_path):
    """Hard windows are at minus infinity, which JSON does not have."""
    description, weights = read_model(finished_run)
    window = PositionsConfig(name="relative_bias", options={"far": (-math.inf, 0.0), "window": (2,)})
    model = replace(description.model, positions=dict.fromkeys(ATTENTIONS, window))
    content = replace(description, model=model).to_bytes(weights)
    json.loads(content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    (tmp_path / "model.json").write_bytes(content)
    (tmp_path / "model.safetensors").write_bytes(weights)
    assert read_model(tmp_path)[0].model == model
