"""A user's own problem: a task in a file of their own, or data they already have."""

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_file

SMALL = [
    "--model.dim_model=16", "--model.num_heads=2", "--model.num_encoder_layers=1", "--model.num_decoder_layers=1",
    "--threads=1", "--device=cpu", "--training.epochs=1",
]  # fmt: skip
TASK = '''
from seq2seq_transformer import Example, Task
from seq2seq_transformer.values import Integer


class Collatz(Task):
    """One step of the Collatz map.

    >>> example = Collatz().sample(np.random.default_rng(0))
    >>> example.target in (example.source // 2, 3 * example.source + 1)
    True
    """

    difficulty = "digits"
    source = Integer()
    target = Integer()

    def __init__(self, *, min_digits: int = 1, max_digits: int = 4):
        self.min_digits, self.max_digits = min_digits, max_digits

    def sample(self, rng):
        digits = int(rng.integers(self.min_digits, self.max_digits + 1))
        n = int(rng.integers(10 ** (digits - 1), 10**digits))
        return Example(n, 3 * n + 1 if n % 2 else n // 2)


import numpy as np
'''


@pytest.fixture
def task_file():
    Path("my_task.py").write_text(TASK)
    return "my_task.py:Collatz"


def test_a_task_file_leaves_nothing_compiled_beside_it(seq2seq, task_file, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert seq2seq("list", "tasks", "my_task.py").code == 0
    assert list(Path().iterdir()) == [Path("my_task.py")]


def test_a_task_in_a_file_works_with_every_verb(seq2seq, task_file, monkeypatch):
    listed = seq2seq("list", "tasks", "my_task.py")
    assert (listed.code, listed.out) == (0, "my_task.py:Collatz\tOne step of the Collatz map.\n")
    assert listed.err == "note: all 9 laws of tasks are kept\n"
    assert len(seq2seq("generate", task_file, "-n", 3).out.splitlines()) == 3
    assert "--task.max_digits" in seq2seq("train", task_file, "--help").out
    trained = seq2seq(
        "train", task_file, "--task.max_digits=5", "--run=r", "--training.examples_per_epoch=320", *SMALL
    )  # fmt: skip
    assert trained.out.endswith("The model is in r.\nNext: seq2seq evaluate r\n"), trained.err
    Path("my_task.py").unlink()
    beyond = "note: a number below 0 is outside the training, which had none: do not rely on it\n"
    assert (beyond in seq2seq("predict", "r", "--", "-27").err, seq2seq("predict", "r", "27").err) == (True, "")
    monkeypatch.setattr("sys.stdin", io.StringIO("123456789\n-3\n-4\n"))
    told = seq2seq("predict", "r").err
    assert (told.count("(said once)"), "is longer than" in told, "below 0" in told) == (2, True, True), "each kind once"
    evaluated = seq2seq("evaluate", "r", "--evaluation.examples=20", "--evaluation.lengths=3,5")
    assert evaluated.out.startswith("exact match "), evaluated.err
    assert "digits exactly" in evaluated.out
    assert seq2seq("train", "--resume", "r").out.startswith("r is finished.")
    assert seq2seq("train", "--config", "r/config.toml", "--run", "again").code == 0
    assert Path("r/model.safetensors").read_bytes() == Path("again/model.safetensors").read_bytes()


def test_predict_never_executes_the_task_of_a_run(seq2seq, task_file):
    seq2seq("train", task_file, "--run=r", "--training.examples_per_epoch=64", *SMALL)
    Path("r/my_task.py").write_text("raise SystemExit('executed')")
    assert "executed" not in (answer := seq2seq("predict", "r", "12")).out + answer.err
    evaluated = seq2seq("evaluate", "r")
    assert evaluated.code == 2
    assert evaluated.err == (
        "seq2seq: r/my_task.py must be as it was when the training began, but has changed. Restore it, or start a new "
        "run: seq2seq train r/my_task.py:Collatz --run NEW\n"
    )


def test_an_exported_model_of_ones_own_task_is_evaluated_by_its_run(seq2seq, task_file, monkeypatch):
    """It is exported from within its run, and stands beside that."""
    assert seq2seq("train", task_file, "--run=r", "--training.examples_per_epoch=64", *SMALL).code == 0
    with monkeypatch.context() as within:
        within.chdir("r")
        assert seq2seq("export", ".").code == 0
    assert Path("r-onnx/model.json").is_file()
    refused = seq2seq("evaluate", "r-onnx")
    assert (refused.code, "whose file its run holds. Name the run instead.\n" in refused.err) == (2, True)


def test_a_task_that_fails_on_some_source_is_told_by_its_line(seq2seq):
    Path("my_task.py").write_text(failing := TASK.replace("n // 2)", "n // (n % 2))"))
    failed = seq2seq("generate", "my_task.py:Collatz", "-n", 100)
    line = 1 + failing[: failing.index("(n % 2)")].count("\n")
    assert failed.code == 2
    assert failed.err.startswith(f"seq2seq: my_task.py:{line} must not fail, but does: ZeroDivisionError: integer ")


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        (
            "def category(self, source):\n        return [source]",
            "Collatz.category must give a name, a string, but gave [",
        ),
        (
            "def is_correct(self, source, answer, target):\n        return True",
            "must have `is_correct(self, example, ans",
        ),
        (
            "def sample(self, rng):\n        raise StopIteration",
            "my_task.py:LAST must not fail, but does: StopIteration: .",
        ),
    ],
)
def test_a_method_that_cannot_be_used_is_told_before_a_run_is_made(seq2seq, method, problem):
    text = TASK.replace("def sample(", "def other(") if "def sample" in method else TASK
    Path("my_task.py").write_text(text := text.replace("\n\n\nimport numpy", f"\n\n    {method}\n\n\nimport numpy"))
    last = str(1 + text[: text.index(method.split()[-1] + "\n\n\nimport")].count("\n"))
    failed = seq2seq("train", "my_task.py:Collatz", "--run=r", "--training.examples_per_epoch=64", *SMALL)
    assert (failed.code, failed.err.count("\n")) == (2, 1), failed.err
    assert problem.replace("LAST", last) in failed.err
    assert not Path("r").exists()


def test_a_task_that_breaks_a_law_is_told_which(seq2seq):
    Path("bad.py").write_text(
        TASK.replace("3 * n + 1 if", "rng.random() if").replace("Collatz", "Wrong").replace("    True\n", "    False\n")
    )
    answer = seq2seq("list", "tasks", "bad.py")
    assert answer.code == 1
    assert (
        "seq2seq: bad.py:Wrong: accepts its own answers: InputError: Wrong.sample gave Example(source=3, target=0.8"
        in answer.err
    )
    assert "says what it is: the example of its docstring is not true" in answer.err


def write_data(seq2seq, path="data.jsonl", n=600, task="gcd", *more):
    assert seq2seq("generate", task, "-n", n, "-o", path, *more).code == 0


def test_train_on_a_file_evaluate_and_predict(seq2seq):
    write_data(seq2seq, "data.txt", 600, "gcd", "--format", "int2int")
    trained = seq2seq("train", "--data.train", "data.txt", "--data.types", "int[2]:int", *SMALL)
    here = Path.cwd()
    assert trained.out.splitlines()[:3] == [
        "positions: sinusoidal; trials need a training of 40,000 examples or more",
        f"{here}/data.txt: 600 examples, int[2]:int; source 2 terms, up to 6 digits; target 1 terms, up to 4 digits",
        f"{here}/data.txt: 0 repeated examples, 0 sources with another answer; 36 distinct answers, "
        "the most frequent 65.3 %",
    ]
    assert trained.out.endswith("The model is in runs/data.\nNext: seq2seq evaluate runs/data\n")
    evaluated = seq2seq("evaluate", "runs/data", "-o", "answers.jsonl")
    assert evaluated.code == 0, evaluated.err
    records = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert len(records) in range(30, 100)
    assert {"source", "target", "correct", "probability"} <= records[0].keys()
    assert seq2seq("evaluate", "runs/data", "-o", "answers.jsonl").code == 2
    assert seq2seq("evaluate", "runs/data", "--task.outcomes=uniform").err == (
        "seq2seq: runs/data was trained on a file, so there is no task with `task.outcomes`. See: --data.test FILE\n"
    )
    assert seq2seq("predict", "runs/data", "12 18").code == 0
    write_data(seq2seq, "test.csv", 50, "gcd", "--seed", 7)
    other = seq2seq("evaluate", "runs/data", "--data.test", "test.csv", "--data.format", "csv", "--format", "json")
    assert json.loads(other.out)["total"]["examples"] == 50
    assert other.err == ""


def test_a_run_on_a_file_goes_on_and_refuses_a_changed_file(seq2seq):
    write_data(seq2seq)
    assert seq2seq("train", "--data.train=data.jsonl", "--run=r", *SMALL).code == 0
    for file in ("model.json", "model.safetensors"):
        (Path("r") / file).unlink()
    whole = Path("data.jsonl").read_text()
    Path("data.jsonl").write_text(whole + whole.splitlines()[0] + "\n")
    answer = seq2seq("train", "--resume", "r")
    assert (answer.code, answer.err.count("must be as when the training began, but what is there has changed.")) == (
        2,
        1,
    )
    Path("data.jsonl").rename("moved.jsonl")
    answer = seq2seq("train", "--resume", "r")
    assert answer.code == 2
    assert answer.err.endswith("The training began with it: put it back there, or a link to it.\n")
    Path("moved.jsonl").write_text(whole)
    Path("data.jsonl").symlink_to("moved.jsonl")
    assert seq2seq("train", "--resume", "r").code == 0


def test_a_task_that_refuses_its_own_answers_is_warned_of(seq2seq):
    method = "def is_correct(self, example, answer):\n        answer == example.target"
    Path("my_task.py").write_text(TASK.replace("\n\n\nimport numpy", f"\n\n    {method}\n\n\nimport numpy"))
    answer = seq2seq("train", "my_task.py:Collatz", "--run=r", "--training.examples_per_epoch=64", *SMALL)
    assert (answer.code, answer.err.count("does not accept its own answer to ")) == (0, 1), answer.err


def test_a_task_of_a_file_may_be_registered_like_those_of_the_package(seq2seq):
    """A run has a copy of the file, in which the same class stands once more."""
    task = TASK.replace("class Collatz", "@TASKS.register\nclass Collatz")
    Path("my_task.py").write_text(f"from seq2seq_transformer.tasks.base import TASKS\n{task}")
    dry = ["--training.dry_run", "--training.examples_per_epoch=64", *SMALL]
    assert (answer := seq2seq("train", "my_task.py:Collatz", *dry)).code == 0, answer.err


def test_a_task_that_draws_by_chance_is_warned_of(seq2seq):
    Path("my_task.py").write_text(TASK.replace("rng.integers(10 **", "np.random.default_rng().integers(10 **"))
    answer = seq2seq("train", "my_task.py:Collatz", *SMALL, "--training.examples_per_epoch=32")
    rule = "draws other examples with the same `rng`: this run cannot be repeated, nor gone on with exactly."
    assert (answer.code, answer.err) == (0, f"warning: my_task.py:Collatz {rule}\n")


def test_a_task_is_one_file(seq2seq):
    Path("helper_of_mine.py").write_text("")
    Path("my_task.py").write_text("import helper_of_mine\n" + TASK)
    answer = seq2seq("train", "my_task.py:Collatz")
    assert answer.err == (
        "seq2seq: my_task.py:1 must be a Python file with a task, but fails: ModuleNotFoundError: No module named "
        "'helper_of_mine'. A task is one file, which its run copies: put what it needs of helper_of_mine.py into it.\n"
    )


def test_a_test_file_is_read_as_the_files_of_the_training(seq2seq):
    """The columns of the run, also told of the file that its own configuration names."""
    rows = [f"{n},{n % 7},{n + n % 7}" for n in range(200)]
    Path("all.csv").write_text("a,b,sum\n" + "\n".join(rows[:150]))
    Path("new.csv").write_text("a,b,sum\n" + "\n".join(rows[100:]))
    words = ["--data.train", "all.csv", "--data.columns", "a,b:sum", *SMALL, "--run", "r"]
    assert seq2seq("train", *words, "--data.test", "new.csv", "--data.allow_overlap").code == 0
    for named in (["--data.test", "new.csv", "--data.allow_overlap"], []):
        answer = seq2seq("evaluate", "r", *named)
        assert re.search(r"\n100 test examples, ", answer.out)
        assert re.match(r"note: [34]\d of 100 test sources were trained on\n$", answer.err)


def test_a_model_of_a_task_is_tested_on_the_file_that_it_was_trained_beside(seq2seq):
    Path("test.txt").write_text("".join(f"{n} {n + 1}\t{2 * n + 1}\n" for n in range(30)))
    small = [*SMALL, "--training.examples_per_epoch=64"]
    assert seq2seq("train", "addition", *small, "--data.test", "test.txt", "--run", "r").code == 0
    assert "\n30 test examples, " in seq2seq("evaluate", "r").out


@pytest.mark.parametrize("weights", ["", "3,1"])
def test_several_files_are_one_problem_that_goes_on_and_holds_out_across_them(seq2seq, weights):
    write_data(seq2seq, "a.jsonl", 300)
    write_data(seq2seq, "b.jsonl", 200, "gcd", "--seed", 1)
    Path("b.jsonl").write_text(Path("b.jsonl").read_text() + Path("a.jsonl").read_text())  # each source of a in both
    words = ["--data.train=a.jsonl", "--data.more=b.jsonl", "--data.types=int[2]:int"]
    words += [f"--data.weights={weights}"] if weights else []
    trained = seq2seq("train", *words, "--run=r", *SMALL)
    assert trained.code == 0, trained.err
    told = re.search(r"a\.jsonl and 1 more: (\d+) to train on, (\d+) split off by the hash of the source", trained.out)
    assert told and int(told[1]) + int(told[2]) == 800
    assert "b.jsonl: 500 examples" in trained.out
    problem = build_experiment([layer_of_file(Path("r/config.toml"))]).problem()
    held_out = {str(source) for source, _ in problem.validation(1000).to_examples()}
    assert len(held_out) > 20
    assert not held_out & {str(source) for source, _ in problem.training_examples(1000, 0).to_examples()}
    model = Path("r/model.safetensors").read_bytes()
    for file in ("model.json", "model.safetensors"):
        (Path("r") / file).unlink()
    assert seq2seq("train", "--resume", "r").code == 0
    assert Path("r/model.safetensors").read_bytes() == model
    Path("b.jsonl").write_text(Path("a.jsonl").read_text())
    (Path("r") / "model.json").unlink()
    changed = seq2seq("train", "--resume", "r")
    assert (
        changed.code == 2
        and "b.jsonl must be as when the training began, but what is there has changed." in changed.err
    )


def test_two_files_may_not_share_a_source_unless_that_is_said(seq2seq):
    write_data(seq2seq, "train.jsonl")
    write_data(seq2seq, "valid.jsonl", 50)
    words = ("train", "--data.train=train.jsonl", "--data.validation=valid.jsonl", *SMALL)
    answer = seq2seq(*words, "--run=r")
    assert answer.code == 2
    assert "valid.jsonl must have other sources than " in answer.err
    assert "but 50 of 50 were. Remove them, or say: --data.allow_overlap\n" in answer.err
    assert not Path("r").exists()
    assert seq2seq(*words, "--run=r", "--data.allow_overlap").code == 0


def test_faulty_lines_stop_a_training_or_are_left_out_and_counted(seq2seq):
    write_data(seq2seq)
    good = Path("data.jsonl").read_text()
    Path("data.jsonl").write_text(good + "nonsense\n" * 25 + '{"source": [1, 2], "target": [3]}\n')
    words = ("train", "--data.train=data.jsonl", "--data.types=int[2]:int", *SMALL)
    answer = seq2seq(*words, "--run=r")
    assert answer.code == 2
    assert answer.err.splitlines()[0].endswith(
        "data.jsonl:601:1: a line must be a JSON object, but is not: Expecting value."
    )
    assert answer.err.splitlines()[-2].endswith("26 faulty lines in all: not JSON (25), target not of the type (1).")
    assert answer.err.splitlines()[-1] == "seq2seq: Mend the lines, or leave them out: --data.on_error skip"
    assert len(answer.err.splitlines()) == 22
    assert not Path("r").exists()
    skipped = seq2seq(*words, "--run=r", "--data.on_error=skip")
    assert skipped.code == 0
    assert "data.jsonl: 26 faulty lines left out: not JSON (25), target not of the type (1)" in skipped.out


def test_standard_input_is_trained_on_and_the_run_can_be_resumed(seq2seq, monkeypatch):
    write_data(seq2seq)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("data.jsonl").read_bytes())))
    trained = seq2seq("train", "--data.train", "-", *SMALL)
    assert (trained.code, "The model is in runs/stdin.\n" in trained.out) == (0, True)
    for file in ("model.json", "model.safetensors"):
        (Path("runs/stdin") / file).unlink()
    assert seq2seq("train", "--resume", "runs/stdin").code == 0


def test_a_run_whose_copy_of_standard_input_is_gone_says_how_to_put_it_back(seq2seq, monkeypatch, tmp_path):
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "my cache"))
    write_data(seq2seq)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("data.jsonl").read_bytes())))
    assert seq2seq("train", "--data.train", "-", "--run=r", *SMALL).code == 0
    for file in ("model.json", "model.safetensors"):
        (Path("r") / file).unlink()
    (copy,) = (tmp_path / "my cache" / "streams").iterdir()
    shutil.rmtree(copy.parent)
    answer = seq2seq("train", "--resume", "r")
    command = f"mkdir -p '{copy.parent}' && cat FILE > '{copy}'"
    assert (answer.code, answer.err) == (
        2,
        f"seq2seq: this run read standard input or a pipe, and its copy at {copy} is gone. Put the same data there "
        f"again: {command}\n",
    )
    subprocess.run(command.replace("FILE", "data.jsonl"), shell=True, check=True)
    assert seq2seq("train", "--resume", "r").code == 0


def test_integers_of_400_digits_pass_every_path_unchanged(seq2seq):
    big = "9" * 400
    lines = [json.dumps({"source": [f"{big}{number}", number], "target": f"-{big}{number}"}) for number in range(200)]
    Path("big.jsonl").write_text("\n".join(lines) + "\n")
    for name in ("big.csv", "big.tsv", "big.txt"):
        assert seq2seq("convert", "big.jsonl", "-o", name).code == 0
    for name in ("int2int", "axolver"):
        assert seq2seq("convert", "big.jsonl", "-o", f"big.{name}", "--format", name).code == 0
    for name in ("big.csv", "big.tsv", "big.txt", "big.int2int", "big.axolver"):
        back = seq2seq("convert", name).out.splitlines()
        assert [json.loads(line) for line in back] == [
            {"source": [f"{big}{number}", number], "target": f"-{big}{number}"} for number in range(200)
        ], name
    few = ("--training.batch_size=64", "--evaluation.examples=3", "--encoding.base=1000")
    assert seq2seq("train", "--data.train=big.csv", "--run=r", *few, *SMALL).code == 0
    seq2seq("evaluate", "r", "-o", "answers.jsonl", "--decoding.max_length=5")
    answers = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert {answer["target"] for answer in answers} <= {f"-{big}{number}" for number in range(200)}
    assert len(answers) == 3


def test_convert_between_packed_files_and_pipes(seq2seq, monkeypatch):
    write_data(seq2seq, "a.txt", 20, "gcd", "--format", "int2int")
    Path("a.gz").write_bytes(gzip.compress(Path("a.txt").read_bytes()))
    assert seq2seq("convert", "a.gz", "-o", "b.csv").err == "note: 20 examples, int[]:int, from int2int to csv\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("b.csv").read_bytes())))
    piped = seq2seq("convert", "-", "--format", "int2int")
    assert piped.out == Path("a.txt").read_text()


@pytest.mark.parametrize("name", ["p.csv.gz", "p.jsonl.gz", "p.txt.gz"])
def test_what_is_written_into_a_packed_file_is_packed_and_read_back(seq2seq, name):
    write_data(seq2seq, name, 20)
    write_data(seq2seq, "plain.jsonl", 20)
    assert Path(name).read_bytes()[:2] == b"\x1f\x8b"
    assert seq2seq("convert", name, "--data.types=int[2]:int").out == Path("plain.jsonl").read_text()


def test_floats_that_lose_digits_are_told(seq2seq):
    numbers = "".join(f'{{"source": [1.23456, {n}.5], "target": 0.5}}\n' for n in range(60))
    Path("f.jsonl").write_text(numbers)
    rounded = seq2seq("convert", "f.jsonl", "--format=axolver")
    assert "note: floats are written with three significant digits, as Axolver has them\n" in rounded.err
    assert "digits" not in seq2seq("convert", "f.jsonl", "--format=csv").err
    read = seq2seq("train", "--data.train=f.jsonl", "--run=f", "--training.epochs=1", *SMALL).out
    assert "f.jsonl: floats are read to three digits; those that agree in them count as equal here\n" in read


def test_a_conversion_takes_only_what_it_uses(seq2seq):
    write_data(seq2seq)
    refused = seq2seq("convert", "data.jsonl", "--data.validation=0.2", "--data.test=x")
    assert refused.code == 2
    assert "--data.validation: of [data], a conversion has format, types, base, columns, on_error only." in refused.err
    assert "--data.test: " in refused.err
    assert "--data.validation" not in seq2seq("convert", "--help").out


def test_answers_at_lengths_are_written_too(seq2seq):
    lengths = ("--evaluation.lengths=8,10", "--evaluation.examples=20", "-o", "a.jsonl", "--format=int2int")
    words = ("train", "parity", "--run=r", "--training.examples_per_epoch=640", "--task.max_length=12", *SMALL)
    assert seq2seq(*words).code == 0
    told = seq2seq("evaluate", "r", *lengths)
    assert "note: Int2Int's report has no place for --evaluation.lengths" in told.err
    records = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    assert [record.get("at_length") for record in records] == [None] * 20 + [8] * 20 + [10] * 20
    assert all(len(record["source"]) == record["at_length"] for record in records[20:])


def test_reports_in_the_format_of_int2int(seq2seq, finished_run):
    lines = seq2seq("evaluate", finished_run, "--format", "int2int").out.splitlines()
    assert lines[0] == "100/100 (100.00%) equations were evaluated correctly."
    assert all(line.endswith("(100.00%)") for line in lines[1:])
    assert sum(int(line.split(" / ")[1].split()[0]) for line in lines[1:]) == 100


def test_a_report_says_which_rows_it_leaves_out(seq2seq):
    lines = [json.dumps({"source": [number] * (1 + number % 40), "target": number}) for number in range(80)]
    Path("rows.jsonl").write_text("\n".join(lines) + "\n")
    rows = ("--data.train=rows.jsonl", "--data.test=rows.jsonl", "--data.allow_overlap")
    assert seq2seq("train", *rows, "--run=r", *SMALL).code == 0
    report = seq2seq("evaluate", "r").out
    assert "\nThe 30 most frequent of 40 numbers of terms; all: --format json.\n" in report


def test_the_answers_to_each_true_number_are_shown(seq2seq, tmp_path):
    words = ("train", "parity", "--run=r", "--training.examples_per_epoch=3000", "--task.max_length=12", *SMALL)
    assert seq2seq(*words).code == 0
    shown = seq2seq("evaluate", "r", "--evaluation.examples=200").out
    assert "true answer k  prediction f(k)" in shown
    assert "length  exact match" in shown
    report = json.loads(seq2seq("evaluate", "r", "--evaluation.examples=200", "--format=json").out)
    assert [row["true"] for row in report["answers"]] == [0, 1]
    assert sum(row["examples"] for row in report["answers"]) == 200
    assert report["well_formed"] == 1 - report["malformed"] / 200
    assert "true answer" not in seq2seq("evaluate", "r", "--evaluation.answers=0").out


def test_a_model_is_tested_on_another_distribution_of_its_task(seq2seq):
    words = ("train", "gcd", "--run=r", "--training.examples_per_epoch=640", "--task.max_operand=1000", *SMALL)
    assert seq2seq(*words).code == 0
    uniform = ("--task.outcomes=uniform", "--task.max_gcd=10", "--evaluation.examples=300", "--format=json")
    report = json.loads(seq2seq("evaluate", "r", *uniform).out)
    counts = {name: score["examples"] for name, score in report["by_category"].items()}
    assert list(counts) == [str(k) for k in range(1, 11)]
    assert all(10 < count < 60 for count in counts.values())


def test_what_a_test_set_has_to_do_with_the_training_is_told(seq2seq):
    write_data(seq2seq, "train.jsonl", 600)
    assert seq2seq("train", "--data.train=train.jsonl", "--run=f", *SMALL).code == 0
    own = "note: the training was validated on these examples; to test on others: --data.test FILE\n"
    assert seq2seq("evaluate", "f").err == own
    Path("some.jsonl").write_text("".join(Path("train.jsonl").read_text().splitlines(keepends=True)[:100]))
    seen = seq2seq("evaluate", "f", "--data.test=some.jsonl", "--data.allow_overlap", "--evaluation.examples=50").err
    assert re.fullmatch(r"note: \d+ of 50 test sources were trained on\n", seen)
    words = ("train", "gcd", "--run=t", "--training.examples_per_epoch=64", "--training.epochs=1", *SMALL)
    assert seq2seq(*words).code == 0
    may = seq2seq("evaluate", "t", "--data.test=some.jsonl").err
    assert re.fullmatch(r"note: \d+ of 100 test sources are not held out and may have been trained on\n", may)


def test_lengths_of_a_test_file_are_all_of_its_examples(seq2seq):
    Path("train.txt").write_text("".join(f"1 {n % 10} {n // 10}\t{n % 10}\n" for n in range(40)))
    Path("test.txt").write_text("".join(f"2 {n % 10} {n // 10}\t{n % 10}\n" for n in range(60)))
    words = ("--data.train=train.txt", "--data.test=test.txt", "--data.types=int[]:int", "--run=r")
    assert seq2seq("train", *words, *SMALL).code == 0
    report = json.loads(seq2seq("evaluate", "r", "--evaluation.lengths=3", "--format=json").out)
    assert report["total"]["examples"] == report["at_lengths"]["3"]["examples"] == 60


def test_a_run_can_be_moved_with_its_task(seq2seq, task_file):
    seq2seq("train", task_file, "--run=r", "--training.examples_per_epoch=64", *SMALL)
    shutil.move("r", "elsewhere")
    assert seq2seq("evaluate", "elsewhere", "--evaluation.examples=5").code == 0
