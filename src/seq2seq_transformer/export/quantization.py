"""Weights in 8 bits."""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


def quantize_graphs(graphs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Graphs whose matrices of weights are 8-bit integers with a scale a column; activations are rounded as they come.

    Seven of the eight bits are used: on processors without VNNI the sums of products would overflow otherwise.

    Args:
        graphs: by file name.
    """
    root, found = logging.getLogger(), {}
    level = root.level
    root.setLevel(logging.ERROR)  # it recommends a preparation that helps convolutions
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in graphs.items():
                path = Path(folder) / name
                quantize_dynamic(
                    onnx.load_from_string(content),
                    path,
                    op_types_to_quantize=["MatMul", "Gemm"],
                    per_channel=True,
                    reduce_range=True,
                    weight_type=QuantType.QInt8,
                )
                found[name] = path.read_bytes()
    finally:
        root.setLevel(level)
    return found
