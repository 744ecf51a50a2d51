"""The model inside the package."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from seq2seq_transformer import Predictor
from seq2seq_transformer.errors import MissingExtraError
from seq2seq_transformer.inference.folders import BUNDLED


def test_it_continues_what_repeats_exactly():
    for period in ([0], [1], [1, 0], [2, 4, 6], [9, 1, 1, 7]):
        for length in (8, 11, 24, 100):
            whole = (period * (length + 8))[: length + 8]
            answer = Predictor.load().predict(whole[:length])
            assert answer.prediction == whole[length:]
            assert answer.probability > 0.9


def test_arrays_and_tables_are_sources_as_lists_are_and_answers_make_a_table(monkeypatch):
    rows = [[2, 4, 6] * 4, [1, 0] * 6, [9] * 12]
    predictor = Predictor.load()
    expected = predictor.predict_many(rows)
    shuffled = [7, 0, 3]  # a table is gone through by its rows, whatever they are called
    for sources in (np.array(rows), pd.Series(rows, index=shuffled), pd.DataFrame(rows, index=shuffled), iter(rows)):
        assert list(predictor.predict_many(sources)) == list(expected)
    mixed = pd.DataFrame(rows).astype({0: "uint64"})  # as one array these are floats
    assert list(predictor.predict_many(mixed)) == list(expected)
    one = predictor.predict(pd.Series(rows[0], index=range(1, 13)))
    assert (one.source, one.prediction) == (rows[0], expected[0].prediction)
    frame = expected.to_frame()
    assert list(frame.columns) == ["source", "prediction", "probability", "problem", "verdict"]
    assert frame.source.tolist() == rows
    assert frame.probability.dtype == np.float64
    assert frame.prediction.tolist() == [each.prediction for each in expected]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"`to_frame` needs the extra `pandas`: pip install"):
        expected.to_frame()


def without_torch(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process that has no PyTorch."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from seq2seq_transformer.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)


def test_it_answers_an_input_alone_without_torch():
    answer = without_torch("predict", "2 4 6 2 4 6 2 4 6")
    assert answer.stdout.startswith("2 4 6 2 4 6 2 4   (probability 9")
    assert answer.stderr == "note: the bundled model of repeating digits answers: engine onnx\n"


def test_without_torch_the_rest_can_be_listed():
    listed = without_torch("list")
    assert "\nmatrix_transpose\ttasks\t" in listed.stdout
    assert "\nbeam\tdecoding\t" in listed.stdout
    assert "\nonnx\tengines\t" in listed.stdout
    assert listed.stderr.startswith(
        "note: the rest of the list (positions, channels, optimizers) needs the extra `torch`"
    )


def test_a_long_input_is_an_input_and_no_name_of_a_file(seq2seq):
    answer = seq2seq("predict", "1 0 " * 200)
    assert (answer.code, answer.out.partition("   ")[0]) == (0, "1 0 1 0 1 0 1 0")


def test_it_is_small_and_described():
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) < 1_000_000
    assert "| held-out sequences" in (BUNDLED / "CARD.md").read_text(encoding="utf-8")
