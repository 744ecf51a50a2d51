"""A file of 100,000 sequences through `seq2seq predict`, against the engine alone on the same sequences.

The model is the one inside the package, one thread. "Engine alone" begins with tokens and ends with tokens, sorted by
length, in batches as large as those of the predictor; the command reads and checks JSON Lines and writes them. Its
memory is told for a tenth of the file, too. Then two commands at once have half of the file each.

Run: python benchmarks/streaming.py
"""

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seq2seq_transformer import Predictor, generate_random_data
from seq2seq_transformer.inference.folders import BUNDLED
from seq2seq_transformer.inference.predictor import BATCH_SIZE

LINES, BAR = 100_000, 0.8
_PEAK = (
    "import resource, subprocess, sys\n"
    "code = subprocess.call(sys.argv[1:])\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)\n"
    "sys.exit(code)\n"
)


def alone(sources: list[list[int]]) -> float:
    """Seconds of the engine and of greedy decoding within the grammar."""
    predictor = Predictor.load(threads=1)
    tokenizer = predictor.description.tokenizer
    tokens = sorted((tokenizer.encode_source(source) for source in sources), key=len)
    predictor.predict(sources[0])
    start = time.perf_counter()
    for first in range(0, len(tokens), BATCH_SIZE):
        chunk = tokens[first : first + BATCH_SIZE]
        predictor._decode(chunk, range(first, first + len(chunk)), predictor.constraint)
    return time.perf_counter() - start


def command(sources: list[list[int]]) -> tuple[float, int]:
    """Seconds and MB of `seq2seq predict < FILE`."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.jsonl"
        lines.write_text("".join(f"{json.dumps(source)}\n" for source in sources), encoding="utf-8")
        verb = ["-m", "seq2seq_transformer", "predict", str(BUNDLED), "--threads", "1"]
        words = [sys.executable, "-c", _PEAK, sys.executable, *verb]
        start = time.perf_counter()
        with lines.open() as given, Path(folder, "answers.jsonl").open("w") as answers:
            said = subprocess.run(words, stdin=given, stdout=answers, stderr=subprocess.PIPE, check=True)
        return time.perf_counter() - start, int(said.stderr.split()[-1])


def main() -> None:
    """Print both rates, and the memory."""
    examples = generate_random_data(LINES, "patterns", max_length=24, horizon=8)
    sources: list[list[int]] = [example.source for example in examples]  # type: ignore[misc]
    _, few = command(sources[: LINES // 10])
    seconds, megabytes = command(sources)
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(command, (sources[::2], sources[1::2])))
    two = time.perf_counter() - start
    engine = alone(sources)
    met = "met" if engine / seconds >= BAR else "not met"
    print(f"{LINES:,} sequences: engine alone {LINES / engine:,.0f} a second, the command {LINES / seconds:,.0f}")
    print(f"the command reaches {100 * engine / seconds:.0f} % of the engine (at least {100 * BAR:.0f} %: {met})")
    print(f"two commands with half of the file each: {LINES / two:,.0f} a second, {seconds / two:.2f} times one")
    print(f"memory: {few} MB for {LINES // 10:,} lines, {megabytes} MB for {LINES:,}")


if __name__ == "__main__":
    main()
