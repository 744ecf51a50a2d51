"""What the documents promise is tried: commands, Python, examples, figures that are facts of the code."""

import importlib.util
import io
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from seq2seq_transformer.experiment.config import build_experiment
from seq2seq_transformer.experiment.layers import layer_of_file

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.S)


def test_the_readmes_commands_run(seq2seq, monkeypatch):
    """In their order, in one folder, as short trainings and tests; `make` is for the Makefile, installing for pip."""
    monkeypatch.setenv("SEQ2SEQ_TRAINING__EPOCHS", "1")
    monkeypatch.setenv("SEQ2SEQ_TRAINING__EXAMPLES_PER_EPOCH", "64")
    monkeypatch.setenv("SEQ2SEQ_EVALUATION__EXAMPLES", "50")
    monkeypatch.setenv("SEQ2SEQ_THREADS", "1")
    shutil.copytree(ROOT / "examples", "examples")
    lines = [line for kind, block in BLOCKS if kind == "sh" for line in block.replace("\\\n", " ").splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("seq2seq ")]
    assert len(commands) >= 6
    for _, *words in commands:
        redirected = words[: words.index(">")] if ">" in words else words
        if "<" in redirected:
            place = redirected.index("<")
            monkeypatch.setattr("sys.stdin", io.StringIO(Path(redirected[place + 1]).read_text()))
            redirected = redirected[:place]
        answer = seq2seq(*redirected)
        answered = (0, 1) if words[0] == "predict" else (0,)  # a model trained for a moment may say what spells nothing
        assert answer.code in answered, f"{words}: {answer.err}"
        if ">" in words:
            Path(words[-1]).write_text(answer.out)


def test_the_readmes_python_runs(finished_run, monkeypatch, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "p").symlink_to(finished_run)
    monkeypatch.chdir(tmp_path)
    blocks = [block for kind, block in BLOCKS if kind == "python"]
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_walkthrough_runs(capsys):
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples" / "01_original_walkthrough.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.main(epochs=2, examples=2000) > 0.5
    printed = capsys.readouterr().out
    assert printed.count("predicted") == printed.count("true") == 12
    assert "exact match " in printed


def test_the_example_of_decoding_runs(finished_run, capsys):
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples" / "03_decoding.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(str(finished_run))
    printed = capsys.readouterr().out
    assert (
        printed.count("greedy ")
        == printed.count("beam ")
        == printed.count("drawn ")
        == printed.count("best of 8 ")
        == 1
    )
    assert "looks at" in printed


def test_the_tasks_among_the_examples_keep_the_laws(seq2seq):
    answer = seq2seq("list", "tasks", ROOT / "examples" / "02_own_task.py")
    assert (answer.code, answer.err) == (0, "note: all 9 laws of tasks are kept\n")


SLURM = ROOT / "examples" / "slurm.sh"
SLURM_VARIABLES = {
    "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_NTASKS": "4", "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_CPUS_PER_TASK": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "1",
}  # fmt: skip


def test_the_slurm_script_trains_resumes_and_asks_for_its_place_in_the_queue(seq2seq, tmp_path):
    """With stand-ins for what SLURM brings, and for `seq2seq`, which say what they were given."""
    stand_ins = {
        "srun": 'shift\nexec "$@"',
        "scontrol": 'if [ "$1" = show ]; then echo n1; echo n2; else echo "scontrol $*"; fi',
        "seq2seq": 'echo "$RANK/$WORLD_SIZE $LOCAL_RANK/$LOCAL_WORLD_SIZE $MASTER_ADDR:$MASTER_PORT $*"\nexit 75',
    }
    for name, text in stand_ins.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    environment = {**SLURM_VARIABLES, "PATH": f"{tmp_path}:/usr/bin:/bin"}

    def job(*words: str) -> list[str]:
        done = subprocess.run(["bash", SLURM, *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 75, done.stderr
        return done.stdout.splitlines()

    begun, again = job("gcd", "runs/x", "--training.epochs", "2")
    assert begun == "3/4 1/2 n1:20007 train gcd --run runs/x --threads 8 --training.epochs 2"
    assert again == "scontrol requeue 7"
    Path("runs/x").mkdir(parents=True)
    Path("runs/x/config.toml").touch()
    assert job("gcd", "runs/x")[0].endswith(" train --resume runs/x")
    known = seq2seq("train", "--help").out
    assert all(f"{flag} " in known for flag in ("--run", "--resume", "--threads", "--training.epochs"))


@pytest.mark.parametrize("config", sorted((ROOT / "configs").rglob("*.toml")), ids=lambda path: path.name)
def test_the_configurations_load(config):
    experiment = build_experiment([layer_of_file(config)])
    assert experiment.tokenizer.vocabulary.symbols
    command = "python benchmarks/lengths.py " if config.parent.name == "lengths" else "--config configs/"
    assert f"{command}{config.stem}" in config.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_links_and_named_files_exist(document):
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [target for target in targets if not (document.parent / target).exists()] == []
    named = re.findall(r"`((?:src|tests|docs|benchmarks|examples)/[\w./]+)`", text)
    assert [name for name in named if not (ROOT / name).exists() and "NAME" not in name] == []
