"""TensorBoard reads what metrics.jsonl says, once, also of a run that was stopped and gone on with."""

import json
import sys

import pytest

from seq2seq_transformer.errors import MissingExtraError, Stopped
from seq2seq_transformer.experiment.metrics import Metrics
from seq2seq_transformer.experiment.run import resume_run, start_run
from seq2seq_transformer.experiment.tensorboard import EventFiles
from tests.behaviour.test_runs import StopAt, weights
from tests.conftest import tiny_experiment

WANTED = {"tensorboard": True}


def shown(folder) -> dict[tuple[str, int], list[float]]:
    """What TensorBoard's own reader finds, by name and step."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    found: dict[tuple[str, int], list[float]] = {}
    (file,) = folder.iterdir()
    for event in LegacyEventFileLoader(str(file)).Load():
        for value in event.summary.value:
            found.setdefault((value.tag, event.step), []).append(value.simple_value)
    return found


def records(run) -> dict[tuple[str, int], list[float]]:
    found: dict[tuple[str, int], list[float]] = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        for name in record.keys() - {"step", "examples", "seconds"}:
            found.setdefault((name, record["step"]), []).append(pytest.approx(record[name], rel=1e-6))
    return found


def test_event_files_say_what_the_records_say_also_after_a_stop(finished_run, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(Stopped):
        start_run(tiny_experiment(training=WANTED), run, StopAt(30))
    assert shown(run / "tensorboard") == records(run) != {}
    (first,) = (run / "tensorboard").iterdir()
    resume_run(run)
    assert not first.exists(), "made anew"
    assert shown(run / "tensorboard") == records(run)
    assert {step for _, step in records(run)} == {20, 40}
    assert weights(run) == weights(finished_run), "writing them changes nothing"


def test_without_the_extra_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(MissingExtraError) as caught:
        start_run(tiny_experiment(training=WANTED), tmp_path / "run")
    assert str(caught.value) == (
        "`training.tensorboard` needs the extra `tensorboard`: pip install 'seq2seq-transformer[tensorboard]'"
    )
    assert not (tmp_path / "run").exists()


def test_event_files_that_cannot_be_written_are_a_warning(tmp_path):
    warnings: list[str] = []
    (tmp_path / "tensorboard").touch()
    metrics = Metrics(tmp_path / "metrics.jsonl", [EventFiles(tmp_path / "tensorboard", warnings.append)])
    metrics.restore(0.0, 0)
    metrics.write({"step": 1, "seconds": 1.0, "loss": 2.0})
    assert warnings == 2 * ["tensorboard could not be written (File exists); training goes on."]
    assert metrics.path.exists()
