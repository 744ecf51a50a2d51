"""The plots of docs/length-generalization.md, from what `python benchmarks/lengths.py` has measured.

Run: python benchmarks/plot_lengths.py [--into runs/lengths]   (needs the extra `bench`)
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

PLOTS = Path(__file__).parent.parent / "docs" / "plots"
FAILURE = {"addition_sinusoidal": "sinusoidal", "addition_rotary": "rotary", "addition": "windows over digits"}
FIX = {
    "addition": "addition",
    "product": "product with a digit",
    "comparison": "comparison",
    "subtraction": "subtraction",
}


def curve(name: str, into: Path) -> dict[int, float]:
    """Of a recipe, the median exact match of the seeds at each length, in percent."""
    found: dict[int, list[float]] = {}
    for path in sorted(into.glob(f"{name}-[0-9]*/lengths.json")):
        for length, score in json.loads(path.read_text())["at_lengths"].items():
            found.setdefault(int(length), []).append(100 * score["exact_match"])
    return {length: statistics.median(values) for length, values in sorted(found.items())}


def plot(file: str, names: Mapping[str, str], trained: int, ticks: Sequence[int], into: Path) -> None:
    """Curves of some recipes over the length, on a logarithmic axis."""
    figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
    axes.axvspan(axes.get_xlim()[0] + 1, trained, color="0.92", label=f"trained on, up to {trained} digits")
    for name, label in names.items():
        points = curve(name, into)
        if points:
            shown = {length: value for length, value in points.items() if length <= ticks[-1]}
            axes.plot(list(shown), list(shown.values()), marker="o", label=label)
    axes.set_xscale("log")
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(ticks[0] * 0.9, ticks[-1] * 1.1)
    axes.set_ylim(-4, 104)
    axes.set_xlabel("digits of each operand")
    axes.set_ylabel("whole answers right, %")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / file, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, default=Path("runs/lengths"))
    into = parser.parse_args().into
    matplotlib.rcParams["svg.hashsalt"] = "seq2seq-transformer"
    plot("addition-fails.svg", FAILURE, 10, [5, 10, 15, 20, 50], into)
    plot("digits-carry.svg", FIX, 10, [10, 20, 50, 100, 200, 500], into)


if __name__ == "__main__":
    main()
