import json
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

from seq2seq_transformer import Predictor
from seq2seq_transformer.errors import ConfigError, DamagedError, ExportError, MissingExtraError
from seq2seq_transformer.export import quantization
from seq2seq_transformer.export import run as export
from seq2seq_transformer.inference.folders import find_model
from seq2seq_transformer.inference.graphs import SINGLE_STEP, STEP
from seq2seq_transformer.inference.onnx_engine import OnnxEngine
from seq2seq_transformer.inference.torch_engine import TorchEngine


@pytest.fixture(scope="module")
def exported(finished_run, tmp_path_factory):
    """The finished run as an exported model. Tests must not change it."""
    return export.export_run(finished_run, tmp_path_factory.mktemp("exported") / "p-onnx")


def test_an_export_is_compared_and_described(exported):
    assert sorted(path.name for path in exported.folder.iterdir()) == [
        "decoder_step.onnx", "encoder.onnx", "manifest.json", "model.json",
    ]  # fmt: skip
    assert exported.agreement.examples == 200
    assert exported.agreement.largest_difference < 1e-5
    assert exported.agreement.equal_answers == 1
    described = json.loads((exported.folder / "model.json").read_bytes())["graphs"]
    assert described["engine"] == "onnx"
    assert described["compared"]["largest_difference"] == exported.agreement.largest_difference
    assert {name: len((exported.folder / name).read_bytes()) for name in described["files"]} == exported.sizes
    assert b"/" + b"home" not in (exported.folder / "encoder.onnx").read_bytes(), (
        "nothing of the machine it was made on"
    )


def test_an_exported_model_predicts_as_its_run(exported, finished_run):
    ours, theirs = Predictor.load(exported.folder), Predictor.load(finished_run)
    assert ours.note == "an exported model answers: engine onnx"
    sources = [[digit] * length for digit in range(10) for length in (8, 12, 9)]
    for answer, expected in zip(ours.predict_many(sources), theirs.predict_many(sources), strict=True):
        assert answer.tokens == expected.tokens
        assert answer.probability == pytest.approx(expected.probability, abs=1e-5)


def test_an_exported_model_answers_without_torch(exported, finished_run):
    code = (
        "import sys; sys.modules['torch'] = sys.modules['onnx'] = None\n"
        "from seq2seq_transformer.cli.main import main\n"
        f"code = main(['predict', {str(exported.folder)!r}, '3 3 3 3 3 3 3 3'])\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said = Predictor.load(finished_run).predict([3] * 8)
    assert answer.stdout == f"{' '.join(map(str, said.prediction))}   (probability {100 * said.probability:.1f} %)\n"
    assert answer.stderr == "note: an exported model answers: engine onnx\n"


def test_a_changed_graph_is_refused(exported, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(exported.folder, folder)
    content = bytearray((folder / "encoder.onnx").read_bytes())
    content[-5] ^= 4
    (folder / "encoder.onnx").write_bytes(content)
    with pytest.raises(DamagedError, match=r"encoder\.onnx must have the sha256 .* it is incomplete or has changed"):
        Predictor.load(folder)
    (folder / "decoder_step.onnx").unlink()
    (folder / "encoder.onnx").write_bytes((exported.folder / "encoder.onnx").read_bytes())
    with pytest.raises(DamagedError, match=r"decoder_step\.onnx is missing or cannot be read: No such file"):
        Predictor.load(folder)


def test_an_exported_model_is_as_it_was_exported(exported):
    sentence = "^an exported model cannot be changed. Export its run anew: seq2seq export RUN --model.temperature=2.0$"
    with pytest.raises(ConfigError, match=sentence):
        Predictor.load(exported.folder, knobs={"temperature": 2.0})


def test_graphs_in_8_bits_are_nearly_the_same(exported, finished_run, tmp_path, monkeypatch):
    graphs = {name: (exported.folder / name).read_bytes() for name in exported.sizes}
    monkeypatch.setattr("seq2seq_transformer.export.tracing.export_graphs", lambda model: graphs)
    quantized = export.export_run(finished_run, tmp_path / "p-int8", quantize="int8")
    assert 1e-5 < quantized.agreement.largest_difference < 0.5
    assert quantized.agreement.equal_answers > 0.9
    answer = Predictor.load(tmp_path / "p-int8").predict([3] * 8)
    assert answer.prediction == Predictor.load(finished_run).predict([3] * 8).prediction
    _, files, _ = find_model(quantized.folder)
    description, _, _ = find_model(finished_run)
    engine = OnnxEngine.of_graphs(description.model, files)
    assert engine.step_for(1) is not engine.step_for(2), "a single sequence has a step of its own"
    step, said = engine.start([[4, 4, 4, 4]], 8), []
    for rows in ([0], [0, 0, 0], [1]):  # repeated and dropped, as by best_of
        step.select(np.array(rows))
        said.append(step(np.full(len(rows), 4)))
    assert [len(logits) for logits in said] == [1, 3, 1]
    np.testing.assert_allclose(said[1], np.repeat(said[1][:1], 3, axis=0))


@pytest.mark.parametrize("width", [8, 24, 300])
def test_every_width_can_be_in_8_bits(width):
    rng = np.random.default_rng(0)
    weights, x = rng.normal(size=(width, 40)).astype(np.float32), rng.normal(size=(1, width)).astype(np.float32)
    made = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["" : 21]> g (float[N, {width}] x) => (float[N, 40] y) {{ y = MatMul(x, w) }}'
    )
    made.graph.initializer.append(onnx.numpy_helper.from_array(weights, "w"))
    graph = quantization.quantize_graphs({STEP: made.SerializeToString()})[SINGLE_STEP]
    (found,) = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, {"x": x})
    assert 0 < np.abs(found - x @ weights).max() < 0.03 * np.sqrt(width)


def test_what_is_no_number_is_no_agreement(exported, finished_run):
    description, files, _ = find_model(finished_run)
    engine = TorchEngine(description=description, files=files, device="cpu")

    class Broken(TorchEngine):
        def score(self, sources, targets):
            return [np.full_like(each, np.nan) for each in super().score(sources, targets)]

    broken = Broken(description=description, files=files, device="cpu")
    examples = [[1, 2, 3]] * 3
    assert np.isnan(export.compare(engine, broken, description, examples, examples).largest_difference)


def test_graphs_that_say_something_else_are_not_written(exported, finished_run, tmp_path, monkeypatch):
    graphs = {name: (exported.folder / name).read_bytes() for name in exported.sizes}
    monkeypatch.setattr("seq2seq_transformer.export.tracing.export_graphs", lambda model: graphs)
    monkeypatch.setattr(export, "compare", lambda *_: export.Agreement(200, np.nan, 0.0))
    sentence = (
        "^the graphs must give the log-probabilities of PyTorch to 0.0001, but differ by nan instead. Nothing was"
    )
    with pytest.raises(ExportError, match=sentence):
        export.export_run(finished_run, tmp_path / "p-onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_an_export_says_so(finished_run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "seq2seq_transformer.export.quantization", raising=False)
    sentence = r"^`seq2seq export` needs the extra `export`: pip install 'seq2seq-transformer\[export\]'$"
    with pytest.raises(MissingExtraError, match=sentence):
        export.export_run(finished_run, tmp_path / "p-onnx")


def test_the_verb_says_what_it_wrote(seq2seq, exported, finished_run, tmp_path, monkeypatch):
    graphs = {name: (exported.folder / name).read_bytes() for name in exported.sizes}
    monkeypatch.setattr("seq2seq_transformer.export.tracing.export_graphs", lambda model: graphs)
    answer = seq2seq("export", finished_run, "-o", tmp_path / "p")
    assert answer.code == 0, answer.err
    written, compared = answer.out.splitlines()
    assert written == f"{tmp_path / 'p'}: encoder.onnx 0.0 MB, decoder_step.onnx 0.0 MB"
    sentence = r"compared with PyTorch on 200 held-out examples: largest difference of a log-probability (\S+), equal answers 100\.0 %"
    found = re.fullmatch(sentence, compared)
    assert found is not None, compared
    assert 0 <= float(found[1]) < 1e-5
    lines = seq2seq("predict", tmp_path / "p", "3 3 3 3 3 3 3 3", "--format=json")
    assert json.loads(lines.out)["source"] == [3] * 8
