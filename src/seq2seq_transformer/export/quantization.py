"""Weights in 8 bits."""

import logging
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.onnx_model import ONNXModel

from seq2seq_transformer.inference.graphs import SINGLE_STEP, STEP

_SMALLEST_BLOCK, _LARGEST_BLOCK = 16, 256
"""Weights of a column that share a scale, in the step for a single sequence: the fewer scales, the faster."""
_INT8_PRODUCTS = 4
"""The runtime's name for products of 8-bit integers, activations rounded row by row."""


def quantize_graphs(graphs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Graphs whose matrices of weights are 8-bit integers; activations are rounded as they come.

    Args:
        graphs: by file name.

    Returns:
        The graphs, with a scale a column, and one more: the step for a single sequence, with a scale a block, whose
        products are ONNX Runtime's own operator, faster for one row and slower for sixteen.
    """
    with tempfile.TemporaryDirectory() as folder, _quiet():
        found = {name: _rounded(content, Path(folder) / name) for name, content in graphs.items()}
        return {**found, SINGLE_STEP: _for_single_rows(graphs[STEP])}


def _rounded(graph: bytes, path: Path) -> bytes:
    """With seven of the eight bits: on processors without VNNI the sums of products would overflow otherwise."""
    quantize_dynamic(
        onnx.load_from_string(graph),
        path,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )
    return path.read_bytes()


def _for_single_rows(graph: bytes) -> bytes:
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    model = ONNXModel(onnx.load_from_string(graph))
    model.replace_gemm_with_matmul()
    factors = {node.input[1] for node in model.nodes() if node.op_type == "MatMul"}
    widths = [each.dims[0] for each in model.initializer() if each.name in factors and len(each.dims) == 2]
    block = max(_SMALLEST_BLOCK, min(_LARGEST_BLOCK, 2 ** (min(widths).bit_length() - 1)))
    layout = DefaultWeightOnlyQuantConfig(block, is_symmetric=True, accuracy_level=_INT8_PRODUCTS, bits=8)
    quantizer = MatMulNBitsQuantizer(model.model, algo_config=layout)
    quantizer.process()
    return quantizer.model.model.SerializeToString()


@contextmanager
def _quiet() -> Generator[None]:
    """Without what the library tells its developers; one module of it makes the whole program talk when imported."""
    root = logging.getLogger()
    level, handlers, disabled = root.level, root.handlers[:], root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)
        root.setLevel(level)
        root.handlers[:] = handlers
