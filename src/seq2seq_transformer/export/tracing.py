"""From a model to the two graphs as files' content."""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Generator, Sequence
from typing import Any

import jaxtyping
import onnx
import torch
from torch import nn
from torch.export import Dim

from seq2seq_transformer.export.graphs import EncoderGraph, StepGraph
from seq2seq_transformer.export.operators import TRANSLATIONS
from seq2seq_transformer.inference.graphs import ENCODER, OPSET, STEP, Names
from seq2seq_transformer.model.attention import fold_scales
from seq2seq_transformer.model.transformer import Transformer

_BATCH, _SOURCE, _PAST, _ROOM = 3, 7, 5, 11
"""Sizes of the examples that are traced; all can be others."""
_MOST = 2**30


def export_graphs(model: Transformer) -> dict[str, bytes]:
    """The encoder and the decoder's step as ONNX files, by file name.

    Args:
        model: on the CPU, in float32.
    """
    names, model = Names.of(model.config), copy.deepcopy(model)
    fold_scales(model)
    src = torch.zeros(_BATCH, _SOURCE, dtype=torch.int64)
    src[0, -1] = model.config.pad_token or 0  # with padding there is a mask
    tokens = torch.zeros(_BATCH, _PAST, dtype=torch.int64)
    batch, source = Dim("batch", max=_MOST), Dim("source", max=_MOST)
    so_far, room = Dim("so_far", max=_MOST), Dim("room", max=_MOST)
    passes = model.config.num_decoder_layers * model.config.decoder_loops
    with torch.no_grad(), _quiet():
        encoder = EncoderGraph(model).eval()
        read = encoder(src)  # before tracing, so that what is kept for later is made of real tensors
        past = [(torch.zeros(*_shape(model, _ROOM)), torch.zeros(*_shape(model, _ROOM))) for _ in range(passes)]
        rows, memory, buffers = {0: batch, 1: source}, ({0: batch, 2: source},) * 2, ({0: batch, 2: room},) * 2
        counts, memories = [rows] * len(read[2]), [memory] * len(read[3])
        shapes = ({0: batch, 1: so_far}, rows, {0: batch}, counts, memories, [buffers] * passes)
        return {
            ENCODER: _trace(encoder, (src,), (rows,), ["src"], names.source),
            STEP: _trace(
                StepGraph(model).eval(),
                (tokens, *read, past),
                shapes,
                ["tokens", *names.source, *names.past],
                ["logits", *names.present],
            ),
        }


def _shape(model: Transformer, length: int) -> tuple[int, int, int, int]:
    config = model.config
    return _BATCH, config.num_heads, length, config.dim_model // config.num_heads


def _trace(
    graph: nn.Module, args: tuple[Any, ...], shapes: tuple[Any, ...], inputs: Sequence[str], outputs: Sequence[str]
) -> bytes:
    program = torch.onnx.export(
        graph,
        args,
        dynamo=True,
        dynamic_shapes=shapes,
        input_names=list(inputs),
        output_names=list(outputs),
        opset_version=OPSET,
        custom_translation_table=TRANSLATIONS,
        verbose=False,
    )
    assert program is not None
    return _lean(program.model_proto).SerializeToString()


def _lean(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same without inputs that nothing looks at, such as counts nobody needs, and without notes on its making."""
    bodies = [attribute.g for node in proto.graph.node for attribute in node.attribute if attribute.HasField("g")]
    nodes = [node for graph in (proto.graph, *bodies) for node in graph.node]
    used = {name for node in nodes for name in node.input}
    kept = [each for each in proto.graph.input if each.name in used]
    del proto.graph.input[:]
    proto.graph.input.extend(kept)
    values = [each for graph in (proto.graph, *bodies) for each in (*graph.value_info, *graph.input, *graph.output)]
    for noted in (*nodes, *values, *proto.graph.initializer, *bodies, proto.graph, proto):
        del noted.metadata_props[:]
        noted.doc_string = ""
    return proto


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Without what the exporter has to say to its developers, and without checks of types, which are no part of it."""
    logger, checks = logging.getLogger("torch.onnx"), jaxtyping.config.jaxtyping_disable
    level = logger.level
    logger.setLevel(logging.ERROR)
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        jaxtyping.config.update("jaxtyping_disable", checks)
