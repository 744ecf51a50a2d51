"""The command line as a person meets it: what each verb prints, and how it ends."""

import errno
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest

from seq2seq_transformer import TASKS, __version__
from seq2seq_transformer.cli import completion
from seq2seq_transformer.cli.app import VERBS
from seq2seq_transformer.cli.main import main
from seq2seq_transformer.errors import Stopped, TrainingError
from seq2seq_transformer.experiment.training import Training
from seq2seq_transformer.inference.folders import BUNDLED
from tests.conftest import TINY_FLAGS, Answer

PROGRAM = [sys.executable, "-m", "seq2seq_transformer"]


def test_version_and_help(seq2seq):
    assert seq2seq("--version").out == f"seq2seq-transformer {__version__}\n"
    for words in (["--help"], []):
        answer = seq2seq(*words)
        assert answer.code == 0
        assert all(verb in answer.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(seq2seq, verb):
    answer = seq2seq(verb, "--help")
    assert answer.code == 0
    assert f"Example: `seq2seq {verb}" in answer.out


def test_help_shows_options_with_defaults_and_those_of_the_task(seq2seq):
    text = " ".join(seq2seq("train", "patterns", "--help").out.replace("│", " ").split())
    for expected in (
        "--training.batch_size INT Examples a step, at least 1. [default: 32]",
        "--task.horizon INT Terms in a",
    ):
        assert expected in text
    assert "--task.horizon" not in seq2seq("train", "--help").out
    assert "--training.epochs" not in seq2seq("predict", "--help").out
    assert seq2seq("train", "no_such_task", "--help").code == 0


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_completion_is_what_the_command_line_would_generate_now(seq2seq, shell):
    answer = seq2seq("--completion", shell)
    assert answer.out == completion.generate(shell), "stale: make completion"
    assert "--training.epochs" in answer.out


def test_completion_can_be_written_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "_FOLDER", tmp_path)
    completion.write()
    assert {path.name for path in tmp_path.iterdir()} == {f"seq2seq.{shell}" for shell in completion.SHELLS}


def test_list_in_a_pipe_is_one_entry_a_line_name_first(seq2seq):
    lines = seq2seq("list", "tasks").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == TASKS.names()
    everything = [line.split("\t") for line in seq2seq("list").out.splitlines()]
    assert ["greedy", "decoding"] in [line[:2] for line in everything]
    assert {line[1] for line in everything} == {
        "tasks", "encodings", "formats", "positions", "channels", "optimizers", "schedules", "decoding", "engines",
    }  # fmt: skip


def test_list_on_a_terminal_is_a_table(seq2seq, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    assert seq2seq("list", "tasks").out.splitlines()[0].split() == ["name", "what", "it", "is"]
    assert seq2seq("list").out.splitlines()[0].split() == ["name", "kind", "what", "it", "is"]


def test_generate_writes_json_lines(seq2seq, tmp_path):
    words = ("generate", "patterns", "-n", 5, "--task.families", "ones", "--seed", 3)
    printed = seq2seq(*words).out
    records = [json.loads(line) for line in printed.splitlines()]
    assert len(records) == 5
    assert all(set(record["source"] + record["target"]) == {1} for record in records)
    assert seq2seq(*words, "-o", tmp_path / "data.jsonl").code == 0
    assert (tmp_path / "data.jsonl").read_text() == printed
    assert seq2seq("generate", "patterns", "-n", 0).out == ""


def test_train_evaluate_predict(seq2seq):
    trained = seq2seq("train", "patterns", *TINY_FLAGS)
    assert trained.code == 0
    assert "epoch  2/2   loss " in trained.out
    assert trained.out.endswith("The model is in runs/patterns.\nNext: seq2seq evaluate runs/patterns\n")
    assert Path("runs/patterns/model.json").is_file()
    evaluated = seq2seq("evaluate", "runs/patterns")
    assert evaluated.out.startswith("exact match ")
    assert re.search(
        r"\n100 test examples, \d+ of them distinct, answered by greedy decoding; 100.0 % well-formed\n"
        r"expected calibration error of the probabilities [\d.]+ %\n"
        r"[\d.]+ % of the answers have a probability of at least 90 %( \([\d.]+ % right\))?; "
        r"(the surest [\d.]+ % are|no share of the surest is) at least 99 % right\n"
        r"baselines: most frequent answer [\d.]+ %, copy of the source 0.0 %, finite differences 100.0 %, "
        r"linear recurrence \(Berlekamp–Massey\) 100.0 %\n",
        evaluated.out,
    )
    assert "(95 % interval " in evaluated.out
    assert "constant" in evaluated.out
    assert seq2seq("train", "--resume", "runs/patterns").out.startswith("runs/patterns is finished.\n")
    assert seq2seq("train", "--resume", "runs/patterns", "--quiet").out == ""


def test_evaluate_for_programs_is_json_with_fractions(seq2seq, finished_run):
    report = json.loads(seq2seq("evaluate", finished_run, "--format", "json", "--evaluation.examples", 50).out)
    assert report["total"]["examples"] == 50
    assert 0 <= report["total"]["interval"]["low"] <= report["total"]["exact_match"] <= 1
    assert report["trained_whole"] == {"ones": 9, "zeros": 9}
    assert (report["strategy"], report["constrained"], report["limit_reached"]) == ("greedy", False, 0)
    assert report["notes"] == []


def test_predict_answers_one_input(seq2seq, finished_run):
    answer = seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3")
    assert answer.code == 0
    assert answer.out.startswith("3 3   (probability ")
    record = json.loads(seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3", "--format=json").out)
    assert list(record) == ["id", "source", "prediction", "probability"]
    assert record["prediction"] == [3, 3]


def test_an_input_is_an_input_even_where_a_file_has_its_name(seq2seq, finished_run):
    Path("3 3 3 3 3 3 3 3").touch()
    assert seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3").out.startswith("3 3   (probability ")


def test_an_unfinished_run_is_evaluated_with_a_note(seq2seq, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    (tmp_path / "run" / "model.json").unlink()
    answer = seq2seq("evaluate", tmp_path / "run", "--evaluation.examples=20")
    assert answer.code == 0
    assert answer.err == "note: this run is not finished: the checkpoint step-000000020 answers\n"


def test_quiet_shows_nothing_but_warnings(seq2seq):
    assert seq2seq("train", "patterns", *TINY_FLAGS, "--quiet") == Answer(0, "", "")


def test_predict_says_where_it_cannot_and_where_it_goes_beyond_training(seq2seq, finished_run):
    long = seq2seq("predict", finished_run, " ".join(["3"] * 30))
    assert long.err == "note: a source of 30 terms is outside the training, which had 8 to 16: do not rely on it\n"
    cut = seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3", "--decoding.max_length=1", "--decoding.grammar=off")
    assert (cut.code, cut.out) == (1, "")
    assert cut.err == "seq2seq: the answer did not end within 1 tokens\n"


def test_predict_answers_lines_in_order_and_bad_ones_in_place(seq2seq, finished_run, monkeypatch, tmp_path):
    lines = [
        '[3, 3, 3, 3, 3, 3, 3, 3]', "", '{"id": "b", "source": ["4", 4, 4, 4, 4, 4, 4, 4]}', "nonsense",
        '{"sauce": 1}', '{"source": [1], "source": [2]}', "[1, 77]", '{"id": "e", "source": [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]}',
    ]  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines))
    with path.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        answer = seq2seq("predict", finished_run)
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1
    assert [record["id"] for record in records] == [0, "b", 3, 4, 5, 6, "e"]
    assert [record.get("prediction") for record in records] == [[3, 3], [4, 4], None, None, None, None, [5, 5]]
    assert [record.get("error") for record in records[2:6]] == [
        "a line must be JSON, such as [1, 0, 1, 0], but is not: Expecting value: line 1 column 1 (char 0).",
        'a line must have a "source", such as {"source": [1, 0, 1, 0]}.',
        'a line must have each name once, but has "source" twice.',
        "term 2 of 2: a term must be a whole number from 0 to 9, but is 77 instead.",
    ]
    assert [list(record) for record in (records[0], records[2])] == [
        ["id", "source", "prediction", "probability"],
        ["id", "source", "error"],
    ]


def test_lines_outside_the_training_are_answered_with_one_note(seq2seq, finished_run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("[3, 3]\n[4, 4]\n"))
    answer = seq2seq("predict", finished_run)
    assert answer.err.count("is outside the training, which had 8 to 16") == 1
    assert answer.out.count("\n") == 2


def test_a_source_that_memory_cannot_hold_is_one_bad_line(seq2seq, finished_run, monkeypatch):
    from seq2seq_transformer.inference.torch_engine import TorchEngine

    real = TorchEngine.start

    def scarce(engine, sources, **options):
        if max(map(len, sources)) > 20:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(engine, sources, **options)

    monkeypatch.setattr(TorchEngine, "start", scarce)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"[3, 3, 3, 3, 3, 3, 3, 3]\n{[1] * 50}\n[4, 4, 4, 4, 4, 4, 4, 4]\n"))
    answer = seq2seq("predict", finished_run)
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1
    assert [record.get("prediction") for record in records] == [[3, 3], None, [4, 4]]
    assert records[1]["error"] == "there is not enough memory for this source"
    alone = seq2seq("predict", finished_run, " ".join(["1"] * 50))
    assert (alone.code, alone.err.count("there is not enough memory for this;")) == (1, 1)


def test_a_source_beyond_learned_positions_is_one_bad_line(seq2seq, monkeypatch):
    learned = ("--model.positions=learned", "--model.max_len=20", "--decoding.max_length=20", "--training.epochs=1")
    seq2seq("train", "patterns", *TINY_FLAGS, *learned, "--run", "learned")
    good = "[3, 3, 3, 3, 3, 3, 3, 3]\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{good}{[1] * 30}\n{good}"))
    answer = seq2seq("predict", "learned", "--decoding.grammar=off")
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1
    assert [record["id"] for record in records] == [0, 1, 2]
    assert records[1]["error"].startswith("learned positions must stay below 20, but one is 31.")
    assert "learned positions" not in records[0].get("error", "") + records[2].get("error", "")


def test_a_limit_into_which_no_answer_fits_is_refused_before_the_first_step(seq2seq):
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--decoding.max_length=1", "--run", "short")
    assert (answer.code, Path("short").exists()) == (2, False)
    assert "`decoding.max_length` must be at least 3, the tokens of the shortest answer, but is 1" in answer.err


def test_an_exported_model_answers_and_is_evaluated_as_its_run(seq2seq, monkeypatch):
    flags = [flag for flag in TINY_FLAGS if "task" not in flag]
    beam = ("--decoding.name=beam", "--decoding.n_best=2", "--evaluation.examples=20", "--run=p", "--quiet")
    assert seq2seq("train", "lcm", "--task.max_digits=3", *flags, *beam).code == 0
    assert seq2seq("export", "p").code == 0
    graphs = {path.name: path.read_bytes() for path in Path("p-onnx").glob("*.onnx")}
    monkeypatch.setattr("seq2seq_transformer.export.tracing.export_graphs", lambda model: graphs)  # traced once
    assert seq2seq("export", "p", "--quantize=int8").code == 0
    of_run, exported, int8 = (
        seq2seq("evaluate", folder, "--evaluation.lengths=4", "--format=json")
        for folder in ("p", "p-onnx", "p-onnx-int8")
    )
    assert exported.err == int8.err == "note: an exported model answers: engine onnx\n"
    ours, theirs = json.loads(of_run.out), json.loads(exported.out)
    for group in ("total", "by_category", "at_lengths"):
        assert ours[group] == theirs[group]
    assert json.loads(int8.out)["total"]["examples"] == 20
    assert seq2seq("predict", "p-onnx", "12 18").out.count("(probability ") == 2
    best = ("12 18", "--decoding.name=best_of", "--format=json")
    of_run, exported = (json.loads(seq2seq("predict", folder, *best).out) for folder in ("p", "p-onnx"))
    assert exported["verified"] == of_run["verified"]
    refused = seq2seq("evaluate", "p-onnx", "--model.temperature=2")
    assert (refused.code, "an exported model cannot be changed." in refused.err) == (2, True)
    whole = Path("p-onnx/model.json").read_bytes()
    Path("p-onnx/model.json").write_bytes(whole[:99])
    for words in (["evaluate", "p-onnx"], ["predict", "p-onnx", "3 3"]):
        assert "p-onnx/model.json must describe a trained" in seq2seq(*words).err


def test_a_number_that_the_encoding_cannot_spell_is_one_bad_line(seq2seq, monkeypatch):
    flags = [flag for flag in TINY_FLAGS if "task" not in flag]
    narrow = ("--encoding.base=10", "--encoding.width=4", "--task.max_operand=999", "--run", "narrow")
    seq2seq("train", "gcd", *flags, *narrow)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"[12, 18]\n[1234567, 18]\n[5, 10]\n[5, {'1' * 4400}]\n"))
    answer = seq2seq("predict", "narrow")
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert (answer.code, ["error" in record for record in records]) == (1, [False, True, False, True])
    assert records[1]["error"].startswith("a number must have at most 4 digits of base 10")
    assert "a whole number must have at most 4000 digits, but one has 4400." in records[3]["error"]


def test_a_line_is_answered_before_the_next_one_comes(finished_run):
    """Also the first of a file that begins with a mark."""
    words = [sys.executable, "-m", "seq2seq_transformer", "predict", str(finished_run)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        too_late = threading.Timer(60, running.kill)
        too_late.start()
        for number, line in enumerate((b"\xef\xbb\xbf[3, 3, 3, 3, 3, 3, 3, 3]\n", b"[4, 4, 4, 4, 4, 4, 4, 4]\n")):
            running.stdin.write(line)
            running.stdin.flush()
            record = json.loads(running.stdout.readline())
            assert (record["id"], "prediction" in record) == (number, True)
        too_late.cancel()
        running.stdin.close()
        assert running.stdout.read() == b""


def test_a_file_of_many_lines_is_answered_in_order(seq2seq, finished_run, monkeypatch, tmp_path):
    """In several parts; the last line has no end."""
    monkeypatch.setattr("seq2seq_transformer.cli.predict._CHUNK", 500)
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(str([number % 10] * 8) for number in range(9000)))
    with path.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        answer = seq2seq("predict", finished_run)
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert [record["id"] for record in records] == list(range(9000))
    assert all(record["source"][0] == record["id"] % 10 for record in records)


def test_an_id_comes_back_as_it_was():
    """Also half of a pair of surrogates, what the stream's encoding has no letter for, and beside a number too large."""
    lines = [
        '{"id": "\\ud800", "source": [3, 3, 3, 3, 3, 3, 3, 3]}', '{"id": "\\udfff", "source": [3, 3, 3, 3, 3, 3, 3, 3]}',
        '{"id": "é中", "source": [3, 3, 3, 3, 3, 3, 3, 3]}', '{"id": 7, "source": [1e999, 2]}',
    ]  # fmt: skip
    words = [sys.executable, "-m", "seq2seq_transformer", "predict", str(BUNDLED)]
    for encoding in ("utf-8", "ascii", "latin-1"):
        answer = subprocess.run(
            words,
            input="\n".join(lines).encode(),
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        records = [json.loads(line) for line in answer.stdout.decode().splitlines()]
        assert [record["id"] for record in records] == [json.loads(line)["id"] for line in lines]
        assert "must be a whole number from 0 to 9, but is '1e999' instead" in records[3]["error"]


@pytest.mark.parametrize("text", ["[NaN, 1]", '{"id": Infinity, "source": [1]}'])
def test_what_strict_readers_refuse_is_never_written(seq2seq, finished_run, monkeypatch, text):
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))
    answer = seq2seq("predict", finished_run)
    record = json.loads(answer.out, parse_constant=pytest.fail)
    assert (answer.code, record["source"]) == (1, text)


def test_predict_of_malformed_answers_gives_records_with_errors(seq2seq, finished_run, monkeypatch, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text("[3, 3, 3, 3, 3, 3, 3, 3]\n")
    with path.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        answer = seq2seq("predict", finished_run, "--decoding.max_length=1", "--decoding.grammar=off")
    assert answer.code == 1
    assert json.loads(answer.out)["error"] == "the answer did not end within 1 tokens"


def test_predict_answers_binary_lines_as_bad_ones(seq2seq, finished_run, monkeypatch, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xff\x00\n[3, 3, 3, 3, 3, 3, 3, 3]\n" + b"[" * 100_000 + b"\n[" + b"9" * 5000 + b"]")
    with path.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        answer = seq2seq("predict", finished_run, "--threads=1")
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 1
    assert ["error" in record for record in records] == [True, False, True, True]


def test_an_interrupted_demo_says_that_it_kept_nothing(seq2seq, monkeypatch):
    def interrupted(*_):
        raise Stopped(130, "saved in a folder that is gone")

    monkeypatch.setattr("seq2seq_transformer.experiment.run.start_run", interrupted)
    assert seq2seq("demo") == Answer(130, "", "seq2seq: stopped; the demo kept nothing.\n")
    assert seq2seq("demo", "--run", "kept").err == "seq2seq: saved in a folder that is gone\n"


def test_demo_keeps_its_run_where_it_is_asked_to(seq2seq, monkeypatch):
    from seq2seq_transformer.cli import demo

    tiny = {
        **demo.ORIGINAL,
        "model": {"dim_model": 16, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1},
    }
    tiny["training"] = {**demo.ORIGINAL["training"], "epochs": 2, "examples_per_epoch": 960}
    monkeypatch.setattr(demo, "ORIGINAL", tiny)
    answer = seq2seq("demo", "--run", "kept", "--seed", "1")
    assert answer.code == 0
    assert answer.out.count("epoch  ") == 2
    assert answer.out.count("input ") >= 12 + 3
    assert "1,000 held-out sequences (18 distinct), by greedy decoding:\nexact match " in answer.out
    assert tomllib.loads(Path("kept/config.toml").read_text())["seed"] == 1
    assert sorted(os.listdir()) == ["kept"]


def test_a_terminal_shows_a_bar(seq2seq, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    answer = seq2seq("train", "patterns", *TINY_FLAGS)
    assert answer.code == 0
    assert "\x1b[" in answer.out
    assert "epoch" in answer.out


def test_streams_that_the_caller_closed_are_no_traceback(seq2seq, finished_run, monkeypatch):
    for name in ("stdin", "stdout"):
        with monkeypatch.context() as patch:
            patch.setattr(f"sys.{name}", None)
            assert main(["predict", str(finished_run)] if name == "stdin" else ["list", "tasks"]) == 0
            getattr(sys, name).close()


def test_an_output_never_takes_the_place_of_a_file_that_came_meanwhile(seq2seq, monkeypatch):
    from seq2seq_transformer.cli import writing

    real = writing.new_file

    @contextmanager
    def beside_another(path):
        with real(path) as file:
            yield file
            Path("mine.jsonl").write_text("mine")

    monkeypatch.setattr(writing, "new_file", beside_another)
    answer = seq2seq("generate", "patterns", "-n", 3, "-o", "mine.jsonl")
    assert answer.code == 2
    assert Path("mine.jsonl").read_text() == "mine"
    (kept,) = [path for path in Path().iterdir() if path.name != "mine.jsonl"]
    assert f"mine.jsonl exists by now; what was to be in it is in {kept}." in answer.err
    assert len(kept.read_text().splitlines()) == 3


def test_an_interrupted_output_leaves_no_half_file(seq2seq, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("seq2seq_transformer.data.formats.jsonl.json.dumps", interrupt)
    assert seq2seq("generate", "patterns", "-n", 5, "-o", "data.jsonl").code == 130
    assert os.listdir() == []


def test_a_training_outlives_its_reader(finished_run):
    command = " ".join(map(shlex.quote, [*PROGRAM, "train", "patterns", *TINY_FLAGS]))
    done = subprocess.run(f"{command} | head -n 1", shell=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("patterns: 2 epochs")
    assert done.stderr == "warning: the progress can no longer be shown (Broken pipe); training goes on.\n"
    assert Path("runs/patterns/model.safetensors").read_bytes() == (finished_run / "model.safetensors").read_bytes()


def test_a_training_that_diverges_says_how_to_go_on(seq2seq):
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.learning_rate=1e9", "--training.optimizer=sgd")
    assert answer.code == 1
    assert "the loss and its gradient must stay finite, but are " in answer.err
    advice = answer.err.partition("as a new run: seq2seq ")[2].split()
    assert advice == [
        "train", "--config", "runs/patterns/config.toml", "--run", "runs/patterns-2", "--training.learning_rate", "1e+08",
    ]  # fmt: skip
    assert seq2seq(*advice, "--training.learning_rate=0.01").code == 0


def test_help_is_a_verb_too(seq2seq):
    assert seq2seq("help", "predict").out == seq2seq("predict", "--help").out
    assert seq2seq("-V").out == seq2seq("train", "--version").out == seq2seq("--version").out


def start(*words: object, **options) -> subprocess.Popen:
    return subprocess.Popen([*PROGRAM, *map(str, words)], text=True, **options)


def test_a_reader_that_closes_the_pipe_is_no_error():
    with start("generate", "patterns", "-n", 200_000, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_with_one_line_and_exit_code_1():
    with open("/dev/full", "w") as full:
        process = start("generate", "patterns", "-n", 5, stdout=full, stderr=subprocess.PIPE)
        assert process.communicate(timeout=60)[1] == "seq2seq: No space left on device.\n"
    assert process.returncode == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 75)])
def test_a_signal_saves_and_the_run_goes_on(seq2seq, number, code):
    flags = [flag for flag in TINY_FLAGS if "examples_per_epoch" not in flag]
    process = start("train", "patterns", *flags, "--training.examples_per_epoch=64000", stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)  # fmt: skip
    deadline = time.monotonic() + 60
    metrics = Path("runs/patterns/metrics.jsonl")
    while not metrics.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.startswith("seq2seq: stopped and saved at step ")
    assert err.endswith("Go on with: seq2seq train --resume runs/patterns\n")
    assert "note: this run is not finished" in seq2seq("predict", "runs/patterns", "3 3 3 3 3 3 3 3").err


def test_a_terminal_that_is_closed_costs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = [flag for flag in TINY_FLAGS if "examples_per_epoch" not in flag]
    words = [*PROGRAM, "train", "patterns", *flags, "--training.examples_per_epoch=64000"]
    screen, terminal = os.openpty()
    with subprocess.Popen(words, preexec_fn=lambda: os.login_tty(terminal)) as process:
        os.close(terminal)
        while b"gradient" not in os.read(screen, 10_000):  # what the bar says
            pass
        os.close(screen)
        assert process.wait(30) == 129
    assert list(Path("runs/patterns/checkpoints").glob("step-*"))


def test_a_hangup_that_the_caller_ignores_is_ignored(tmp_path, monkeypatch):
    """As under nohup."""
    monkeypatch.chdir(tmp_path)
    words = ["nohup", *PROGRAM, "train", "patterns", *TINY_FLAGS]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline().startswith("patterns: ")
        process.send_signal(signal.SIGHUP)
        assert process.communicate(timeout=60)[0].endswith("Next: seq2seq evaluate runs/patterns\n")
        assert process.returncode == 0


def test_ctrl_c_outside_a_training_ends_with_130(seq2seq, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("seq2seq_transformer.cli.app.build_app", interrupt)
    answer = seq2seq("list")
    assert (answer.code, answer.err) == (130, "seq2seq: interrupted.\n")


def test_a_second_ctrl_c_ends_at_once(monkeypatch):
    from seq2seq_transformer.experiment.signals import StopRequest

    ended = []
    monkeypatch.setattr("os._exit", ended.append)
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert (stop.exit_code, ended) == (130, [])
        os.kill(os.getpid(), signal.SIGINT)
        assert ended == [130]


def test_a_signal_is_no_fault_whatever_python_makes_of_it():
    """What is raised while a class gets its parts becomes a RuntimeError in some versions."""
    from seq2seq_transformer.experiment.signals import Interrupted, StopRequest

    class Signalled:
        def __set_name__(self, owner, name):
            os.kill(os.getpid(), signal.SIGTERM)

    with StopRequest() as stop:
        with pytest.raises(Interrupted), stop.obeyed_at_once():
            type("Owner", (), {"part": Signalled()})
        assert stop.exit_code == 143


def test_several_seeds_are_a_run_each_with_their_median(seq2seq):
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "3,1", "--run", "several")
    assert answer.code == 0, answer.err
    assert {path.name for path in Path("several").iterdir()} == {"seed-1", "seed-3"}
    assert "\nmedian        exact match " in answer.out
    assert "\nNext: seq2seq evaluate several/seed-" in answer.out
    again = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1", "--run", "several")
    assert (again.code, Path("several/seed-0").exists()) == (2, False)
    assert "several/seed-1 must be a new folder, but exists already." in again.err
    within = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1", "--run", "several/seed-1")
    assert (within.code, within.err.startswith("seq2seq: several/seed-1 must be a folder for runs, but is one.")) == (
        2,
        True,
    )


def test_what_is_to_be_typed_next_is_quoted_for_a_shell(seq2seq):
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.epochs=1", "--run", "a b's")
    assert answer.out.endswith("""\nNext: seq2seq evaluate 'a b'"'"'s'\n""")
    again = seq2seq("train", "patterns", *TINY_FLAGS, "--run", "a b's")
    assert """--resume 'a b'"'"'s', or choose another name: --run 'a b'"'"'s-2'""" in again.err


@pytest.mark.parametrize("words", [["train", "nope"], ["train", "patterns", "--bogus"]])
def test_a_mistake_keeps_its_code_where_nobody_reads_what_it_was(words):
    with subprocess.Popen([sys.executable, "-m", "seq2seq_transformer", *words], stderr=subprocess.PIPE) as running:
        running.stderr.close()
        assert running.wait() == 2


def test_pytorch_that_cannot_be_loaded_is_one_sentence(tmp_path):
    broken = tmp_path / "torch"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('libtorch.so: cannot open', name='torch._C')")
    said = {}
    for words in (["list"], ["train", "patterns"], ["predict", str(BUNDLED), "1 2 1 2", "--engine=torch"]):
        answer = subprocess.run(
            [sys.executable, "-m", "seq2seq_transformer", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
            capture_output=True,
            text=True,
        )
        said[words[0]] = answer.returncode, answer.stderr
    again = "torch is installed, but cannot be imported: libtorch.so: cannot open. Install it anew: "
    assert said["train"] == (2, f"seq2seq: {again}pip install --force-reinstall torch\n")
    assert said["list"] == (0, f"note: {again}pip install --force-reinstall torch\n")
    assert said["predict"] == (
        2,
        "seq2seq: the engine torch needs a run, but this is an exported model, for the engine onnx.\n",
    )


def test_a_signal_at_the_very_end_changes_no_exit_code():
    late = (
        "import atexit, os, signal, sys\n"
        "from seq2seq_transformer.cli.main import command\n"
        "atexit.register(lambda: [os.kill(os.getpid(), each) for each in (15, 2, 10)])\n"
        "sys.argv = ['seq2seq', 'train', 'nope']\n"
        "sys.exit(command())\n"
    )
    assert subprocess.run([sys.executable, "-c", late], capture_output=True).returncode == 2


def test_answers_come_where_nobody_reads_the_remarks(finished_run):
    words = [sys.executable, "-m", "seq2seq_transformer", "predict", str(BUNDLED), "1 2 1 2 1 2 1 2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stderr.close()
        assert running.stdout.read().startswith(b"1 2 1 2 1 2 1 2   (probability")
        assert running.wait() == 0


def test_of_a_world_of_one_a_run_may_have_several_processes(seq2seq, monkeypatch):
    """As where torchrun was asked for one."""
    asked = []
    monkeypatch.setattr("seq2seq_transformer.experiment.launch.launch", lambda words, n: asked.append(n) or 0)
    for name, value in {"RANK": "0", "WORLD_SIZE": "1"}.items():
        monkeypatch.setenv(name, value)
    assert seq2seq("train", "patterns", *TINY_FLAGS, "--processes=2").code == 0
    assert asked == [2]


def test_one_process_is_not_one_of_several_for_a_variable_left_behind(seq2seq, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.epochs=1", "--run", "alone")
    assert (answer.code, "Next: seq2seq evaluate alone" in answer.out) == (0, True)


def test_a_dry_run_without_room_says_where_it_was(seq2seq, monkeypatch):
    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("seq2seq_transformer.experiment.saved.write_file", full)
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.dry_run")
    assert answer.code == 1
    assert answer.err == (
        "seq2seq: a dry run must be written to a temporary folder, but that failed: No space left on device. "
        "Make room, or name another one in the variable TMPDIR.\n"
    )


def test_of_seeds_with_equal_exact_match_the_one_with_the_lower_loss_is_the_best(seq2seq):
    flags = [*TINY_FLAGS, "--training.epochs=1", "--training.examples_per_epoch=32", "--run", "several"]
    flags += ["--task.horizon=20"]
    answer = seq2seq("train", "patterns", *flags, "--seeds", "0,1,2,3")
    told = {n: json.loads(Path(f"several/seed-{n}/model.json").read_text())["trained"] for n in range(4)}
    assert {each["exact_match"] for each in told.values()} == {0.0}, "hardly trained"
    best = min(told, key=lambda n: told[n]["validation_loss"])
    assert f"\nNext: seq2seq evaluate several/seed-{best} " in answer.out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["train", "copy", "--seeds=1,2", "--seed=3"], "--seeds takes the place of --seed"),
        (["train", "copy", "--seeds=1,2", "--training.dry_run"], "a dry run tries one seed"),
        (["generate", "copy", "-n", "1", "-o", "-"], "-o must name a new file, but is - instead. Without -o, "),
        (["generate", "copy", "-n", "1", "--output=-"], "-o must name a new file, but is - instead. Without -o, "),
    ],
)
def test_words_that_do_not_go_together_are_refused(seq2seq, words, problem):
    answer = seq2seq(*words)
    assert (answer.code, problem in answer.err) == (2, True)


def test_auto_is_a_name_of_an_encoding_too(seq2seq):
    given = ("--encoding.name=auto", "--run=a", "--quiet", *TINY_FLAGS)
    assert seq2seq("train", "patterns", *given, "--training.epochs=1").code == 0
    assert 'name = "symbolic"' in Path("a/config.toml").read_text()


def test_options_that_natural_outcomes_do_not_use_are_no_hindrance(seq2seq):
    assert seq2seq("generate", "gcd", "-n", 1, "--task.max_operand=50").code == 0
    assert seq2seq("generate", "gcd", "-n", 1, "--task.max_operand=50", "--task.outcomes=uniform").code == 2


def test_a_seed_that_diverges_costs_the_others_nothing(seq2seq, monkeypatch):
    complete = Training.complete

    def diverge(training, *given):
        if training.experiment.machine.seed == 1:
            raise TrainingError("the loss is too high.")
        return complete(training, *given)

    monkeypatch.setattr(Training, "complete", diverge)
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1,2", "--run", "several")
    assert answer.code == 1
    assert answer.err == "warning: seed 1: the loss is too high.\nwarning: without a model: seed 1\n"
    assert re.search(r"seed +0   exact match .*\nseed +2   exact match .*\nmedian        exact match ", answer.out)


def test_seeds_that_are_interrupted_say_which_are_left(seq2seq, monkeypatch):
    from seq2seq_transformer.training import loops

    def interrupted(*given):
        os.kill(os.getpid(), signal.SIGINT)
        return real(*given)

    real = loops.train_step
    monkeypatch.setattr(loops, "train_step", interrupted)
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1,2", "--run", "several")
    assert answer.code == 130
    assert answer.err.endswith(
        "seq2seq train --resume several/seed-0\nseq2seq: What is left is the same command with --seeds 1,2\n"
    )
    monkeypatch.setattr("seq2seq_transformer.experiment.run._decide", interrupted)
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1,2", "--run", "none")
    assert answer.err.endswith("What is left is the same command with --seeds 0,1,2\n")
    monkeypatch.setattr("seq2seq_transformer.experiment.launch.launch_new", lambda *given: 143)
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--seeds", "0,1", "--run", "both", "--processes", "2")
    assert answer.code == 143
    assert (
        answer.err == "seq2seq: both/seed-0 was stopped.\nseq2seq: What is left is the same command with --seeds 0,1\n"
    )


def test_options_that_change_nothing_are_told(seq2seq):
    idle = [
        "--training.momentum=0.1",
        "--training.curriculum_start=9",
        "--training.repeat_share=0.5",
        "--training.ema=0.5",
    ]
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.epochs=1", *idle)
    assert answer.code == 0
    assert answer.err == (
        "note: --training.momentum changes nothing: training.optimizer is adamw\n"
        "note: --training.curriculum_start changes nothing: training.curriculum is uniform\n"
        "note: --training.repeat_share changes nothing: training.repeat is 0\n"
    )


def test_a_dry_run_tries_everything_and_keeps_nothing(seq2seq):
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.dry_run", "--run", "dry")
    assert answer.code == 0, answer.err
    assert re.match(r"dry run: 2 steps, validation loss \d\.\d+; saved, gone on from, the same weights\. ", answer.out)
    assert not Path("dry").exists()


def test_a_dry_run_goes_on_also_where_an_epoch_is_one_step(seq2seq, monkeypatch):
    from seq2seq_transformer.training import loops

    steps, real = [], loops.train_step
    monkeypatch.setattr(loops, "train_step", lambda *given: (steps.append(1), real(*given))[1])
    answer = seq2seq("train", "patterns", *TINY_FLAGS, "--training.examples_per_epoch=32", "--training.dry_run")
    assert answer.out.startswith("dry run: 2 steps"), answer.err
    assert len(steps) == 3, "two, and the second again"


def test_a_dry_run_that_diverges_names_no_folder_that_is_gone(seq2seq):
    steep = ("--training.learning_rate=1e300", "--training.optimizer=sgd", "--training.skip_at_most=1")
    answer = seq2seq("train", "patterns", *TINY_FLAGS, *steep, "--training.dry_run")
    assert answer.code == 1
    assert answer.err.endswith("1 step in a row: the learning rate is too high.\n")


def test_a_training_that_ends_early_says_why_and_which_model_is_kept(seq2seq):
    limits = ("--training.patience=1", "--training.learning_rate=1e-12", "--training.epochs=9")
    answer = seq2seq("train", "patterns", *TINY_FLAGS, *limits, "--run", "early")
    assert "ended after 40 steps: exact_match has not become better for 1 epoch\n" in answer.out + answer.err
    assert "the model is that of epoch 1, the best by exact_match\n" in answer.out + answer.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 75)])
def test_a_signal_while_the_configuration_is_read_ends_it(seq2seq, number, code):
    """Also while a task file is executed, whose fault it is not."""
    for name in ("slow", "slower"):
        Path(f"{name}.py").write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n")
    Path("slow.toml").write_text('[task]\nname = "slow.py:Slow"\n')
    for words in (["--config", "slow.toml"], ["slower.py:Slow"]):
        answer = seq2seq("train", *words)
        rule = "seq2seq: stopped before the first step: nothing new has been trained.\n"
        assert (answer.code, answer.err) == (code, rule)
        assert signal.getsignal(number) is signal.SIG_DFL


def test_a_small_task_can_be_overfitted_whole(seq2seq):
    """It has nothing to hold out, and needs nothing."""
    small = ("--task.families=zeros,ones", "--training.overfit=8", "--training.epochs=1")
    flags = [flag for flag in TINY_FLAGS if "families" not in flag]
    assert seq2seq("train", "patterns", *flags, *small, "--run", "small").code == 0


def test_strategies_and_what_they_tell(seq2seq, finished_run):
    source = "3 3 3 3 3 3 3 3"
    beam = seq2seq("predict", finished_run, source, "--decoding.name=beam", "--decoding.n_best=3")
    assert (beam.code, beam.out.count("(probability ")) == (0, 3)
    told = json.loads(seq2seq("predict", finished_run, source, "--format=json", "--alternatives=2").out)
    assert list(told) == ["id", "source", "prediction", "probability", "alternatives"]
    assert [len(place) for place in told["alternatives"]] == [2, 2, 2]
    best = seq2seq("predict", finished_run, source, "--decoding.name=best_of", "--decoding.n=2", "--format=json")
    assert (
        "note: nothing here can verify an answer without knowing the true one: the likeliest draw is given" in best.err
    )
    assert len(json.loads(best.out)["others"]) == 1


def test_a_drawn_answer_to_a_line_is_the_same_whatever_stands_around_it(seq2seq, finished_run, monkeypatch):
    def answers(*lines):
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
        flags = ("--decoding.name=sampling", "--decoding.temperature=3")
        records = map(json.loads, seq2seq("predict", finished_run, *flags).out.splitlines())
        return [(record["id"], record["prediction"]) for record in records]

    lines = [json.dumps([digit] * 8) for digit in range(10)]
    whole = answers(*lines)
    assert answers("", "", *lines[2:5]) == whole[2:5]
    assert len({str(prediction) for _, prediction in whole}) > 5


def test_an_evaluation_by_another_strategy_and_within_the_grammar(seq2seq, finished_run):
    beam = seq2seq("evaluate", finished_run, "--decoding.name=beam", "--decoding.grammar=on", "--evaluation.bins=4")
    assert "answered by beam decoding within the grammar; 100.0 % well-formed" in beam.out
    assert re.search(r"\nanswers  probability  exact match\n25 ", beam.out)
    best = seq2seq("evaluate", finished_run, "--decoding.name=best_of", "--decoding.n=3", "--decoding.temperature=2")
    assert re.search(r"\npass@k, one of k draws being right by the true answer: 1: .* %, 2: .* %, 3: .* %\n", best.out)


def test_a_run_with_a_strategy_can_be_evaluated_by_another(seq2seq):
    flags = [*TINY_FLAGS, "--training.epochs=1", "--training.examples_per_epoch=1", "--run", "u", "--quiet"]
    assert seq2seq("train", "patterns", *flags, "--decoding.name=sampling", "--decoding.top_k=3").code == 0
    assert "answered by sampling decoding" in seq2seq("evaluate", "u").out
    assert "answered by beam decoding" in seq2seq("evaluate", "u", "--decoding.name=beam", "--decoding.width=2").out


def test_a_run_answers_as_its_configuration_says(seq2seq):
    flags = [*TINY_FLAGS, "--training.epochs=1", "--training.examples_per_epoch=1", "--run", "u", "--quiet"]
    assert seq2seq("train", "patterns", *flags, "--decoding.name=beam", "--decoding.n_best=3").code == 0
    assert seq2seq("predict", "u", "3 3 3 3 3 3 3 3").out.count("(probability ") == 3
    assert seq2seq("predict", "u", "3 3 3 3 3 3 3 3", "--decoding.n_best=2").out.count("(probability ") == 2
    assert seq2seq("predict", "u", "3 3 3 3 3 3 3 3", "--decoding.name=greedy").out.count("(probability ") == 1


def test_an_answer_that_its_limit_may_have_shortened_is_told(seq2seq):
    flags = ["--model.positions=sinusoidal", *(flag for flag in TINY_FLAGS if "task" not in flag), "--run=g", "--quiet"]
    assert seq2seq("train", "gcd", "--task.max_operand=100", *flags).code == 0
    words = ("predict", "g", "12 18", "--decoding.max_length")
    short = seq2seq(*words, 2)
    assert "the limit of 2 tokens may have shortened this answer; allow more: --decoding.max_length 4" in short.err
    assert json.loads(seq2seq(*words, 2, "--format=json").out)["limit_reached"] == 2
    free = seq2seq(*words, 20, "--format=json")
    assert "limit" not in free.out + free.err
    counted = seq2seq("evaluate", "g", "--decoding.max_length=2", "--decoding.grammar=on").err
    assert "note: the length limit may have shortened 100 of 100 answers: --decoding.max_length\n" in counted
    assert "limit" not in seq2seq("evaluate", "g", "--decoding.grammar=on").err


def test_an_empty_word_is_neither_a_run_nor_an_input(seq2seq):
    answer = seq2seq("predict", "")
    assert (answer.code, "a run or an input must be named, but the word is empty." in answer.err) == (2, True)


def test_an_evaluation_tells_what_the_grammar_would_mend(seq2seq):
    untrained = [*TINY_FLAGS, "--training.epochs=1", "--training.examples_per_epoch=1", "--run", "u", "--quiet"]
    assert seq2seq("train", "patterns", *untrained).code == 0
    found = seq2seq("evaluate", "u").out
    assert re.search(r"\nwithin the grammar, as `seq2seq predict` answers: [\d.]+ % \([\d.]+–[\d.]+\)\n", found)
    report = json.loads(seq2seq("evaluate", "u", "--format=json").out)
    assert report["malformed"] > 0
    assert report["with_grammar"]["examples"] == report["total"]["examples"]
    assert json.loads(seq2seq("evaluate", "u", "--format=json", "--decoding.grammar=on").out)["malformed"] == 0


def test_a_run_that_verifies_gives_a_verified_draw(seq2seq):
    flags = [
        "--model.positions=sinusoidal",
        "--task.max_operand=100",
        *(flag for flag in TINY_FLAGS if "task" not in flag),
    ]
    assert seq2seq("train", "gcd", *flags, "--run", "g", "--quiet").code == 0
    answer = seq2seq("predict", "g", "12 18", "--decoding.name=best_of", "--decoding.n=64", "--format=json")
    record = json.loads(answer.out)
    assert (record["prediction"] == 6) == record["verified"]
    shown = seq2seq("predict", "g", "12 18", "--decoding.name=best_of", "--decoding.n=64").out.splitlines()
    assert all(line.endswith((", verified)", ", verified as wrong)")) or "(the answer" in line for line in shown)
    assert any(line.startswith("6 ") for line in shown) == any(line.endswith(", verified)") for line in shown)
    assert answer.err == ""
