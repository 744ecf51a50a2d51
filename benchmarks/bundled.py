"""The model inside the package: trained, measured, exported, and described by what was measured.

Trains `configs/bundled.toml` where that is not done yet, asks `seq2seq evaluate` for each row of the card, exports the
run, and puts graphs and card in the place of those in the package.

Run: python benchmarks/bundled.py [RUN]   (runs/bundled where none is given)
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from seq2seq_transformer.inference.folders import BUNDLED

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "seq2seq_transformer"]
CARD = "CARD.md"
UNSEEN = ["--task.families=periodic", "--task.min_period=5", "--task.max_period=6", "--task.min_length=12"]
TESTS = {
    "held-out sequences like those of the training, 8 to 24 terms": [],
    "periods 2 to 4, 50 terms": ["--evaluation.lengths", "50"],
    "periods 2 to 4, 200 terms": ["--evaluation.lengths", "200"],
    "periods 5 and 6, never trained, 12 to 24 terms": UNSEEN,
}


def exact_match(run: Path, options: list[str]) -> str:
    """Whole answers that are right, in percent, and of how many."""
    words = [*PROGRAM, "evaluate", str(run), *options, "--evaluation.examples=1000", "--format=json"]
    report = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    (score,) = report["at_lengths"].values() if "--evaluation.lengths" in options else [report["total"]]
    return f"{100 * score['exact_match']:.1f} % of {score['examples']}"


def card(run: Path) -> str:
    """What the model is, in Markdown."""
    trained = json.loads((run / "model.json").read_text())["trained"]
    size = sum(path.stat().st_size for path in BUNDLED.glob("*.onnx"))
    rows = "".join(f"| {name} | {exact_match(run, options)} |\n" for name, options in TESTS.items())
    return (
        "# The bundled model\n\n"
        'Continues a sequence of digits that repeats, by eight terms: `seq2seq predict "2 4 6 2 4 6 2 4 6"`.\n\n'
        f"Made by `python benchmarks/bundled.py` from `configs/bundled.toml`: {trained['examples']:,} examples of the\n"
        "task `patterns`, zeros, ones, alternating, constant, and periods 2 to 4, of 8 to 24 terms. Graphs for ONNX\n"
        f"Runtime, {size / 1e6:.2f} MB.\n\n"
        f"| tested on | exact match |\n| --- | --- |\n{rows}\n"
        "It copies what repeats and computes nothing. Where nothing repeats, it answers all the same: see the\n"
        "probability that it gives.\n"
    )


def main() -> None:
    """Make the model anew."""
    run = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs" / "bundled"
    if not (run / "model.json").exists():
        start = ["--resume", run] if run.exists() else ["--config", ROOT / "configs" / "bundled.toml", "--run", run]
        subprocess.run([*PROGRAM, "train", *map(str, start)], check=True)
    exported = run.with_name(f"{run.name}-export")
    subprocess.run([*PROGRAM, "export", str(run), "-o", str(exported)], check=True)
    shutil.rmtree(BUNDLED, ignore_errors=True)
    shutil.move(exported, BUNDLED)
    (BUNDLED / CARD).write_text(card(run), encoding="utf-8")
    print((BUNDLED / CARD).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
