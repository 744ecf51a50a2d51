"""How long the command line takes to answer. Bars: --version and --completion 150 ms, --help 400 ms.

Run: python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 15
COMMANDS = {"--version": 150, "--completion bash": 150, "--help": 400, "train patterns --help": 400}


def main() -> None:
    """Print the median wall-clock time of each command beside its bar, and beside Python's own start."""
    program = Path(sys.executable).with_name("seq2seq")
    print(f"{'command':<28}{'median ms':>10}{'best ms':>10}{'bar ms':>10}")
    rows = {"python -c pass": ([sys.executable, "-c", "pass"], None)}
    rows |= {f"seq2seq {words}": ([str(program), *words.split()], bar) for words, bar in COMMANDS.items()}
    for name, (command, bar) in rows.items():
        times = [_milliseconds(command) for _ in range(REPEATS)]
        print(f"{name:<28}{statistics.median(times):>10.0f}{min(times):>10.0f}{bar or '–':>10}")


def _milliseconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
