"""The engine that runs an exported model with ONNX Runtime, on the processor and without PyTorch."""

# B batch · S source length · W sequences being decoded · P positions so far · R room · H num_heads · K dim per head
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from seq2seq_transformer.checkpoints.description import ModelDescription
from seq2seq_transformer.decoding.base import log_softmax
from seq2seq_transformer.errors import ConfigError, InputError, RunError, is_out_of_memory
from seq2seq_transformer.inference.base import ENGINES, pad
from seq2seq_transformer.inference.graphs import ENCODER, SINGLE_STEP, STEP, Names
from seq2seq_transformer.inference.held import HeldRows, rows_at_once
from seq2seq_transformer.model.config import ATTENTIONS, TransformerConfig, too_far

_FIRST_ROOM, _MOST_FIRST_ROOM = 16, 64
_TOKENS = 1024
"""Tokens that are encoded at once where there are more: what a layer makes of them stays in a processor's caches."""
_SMALL = 2**25
"""Bytes of a decoder up to which a second thread costs more than it gains."""
_FATAL_ONLY = 4
"""Errors are raised, and said in words of our own."""

Tensors = dict[str, NDArray[Any]]


@ENGINES.register
class OnnxEngine:
    """ONNX Runtime, for exported models: without PyTorch, on the processor."""

    def __init__(
        self, *, description: ModelDescription, files: Mapping[str, bytes], device: str = "auto", threads: int = 0
    ) -> None:
        if ENCODER not in files:
            raise RunError("the engine onnx needs an exported model. Export the run: seq2seq export RUN")
        if device not in ("auto", "cpu"):
            raise ConfigError([f"--device must be auto or cpu for an exported model, but is {device!r} instead."])
        self._use(description.model, files, threads)

    @classmethod
    def of_graphs(cls, config: TransformerConfig, graphs: Mapping[str, bytes], threads: int = 0) -> "OnnxEngine":
        """An engine around graphs in memory.

        Args:
            config: of the model.
            graphs: by file name.
            threads: processor threads of one operation; 0: one, unless the model is large.
        """
        engine = cls.__new__(cls)
        engine._use(config, graphs, threads)
        return engine

    def _use(self, config: TransformerConfig, graphs: Mapping[str, bytes], threads: int) -> None:
        self.config, self.pad_token = config, config.pad_token
        self.names = Names.of(config)
        self._options = options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL_ONLY
        options.intra_op_num_threads = threads or int(len(graphs[STEP]) <= _SMALL)
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it plans memory anew for every length
        self._graphs = dict(graphs)
        self._encoder = self._session(ENCODER)
        self._steps: dict[str, onnxruntime.InferenceSession] = {}

    def _session(self, name: str) -> onnxruntime.InferenceSession:
        off = ["SkipLayerNormFusion"]  # it is five times slower than what it fuses
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(self._graphs[name], self._options, providers, disabled_optimizers=off)

    def step_for(self, rows: int) -> onnxruntime.InferenceSession:
        """What takes the steps of so many sequences; made when it is needed, for few programs need both."""
        name = SINGLE_STEP if rows == 1 and SINGLE_STEP in self._graphs else STEP
        if name not in self._steps:
            self._steps[name] = self._session(name)
        return self._steps[name]

    def start(self, sources: Sequence[Sequence[int]], max_length: int | None = None) -> "OnnxStep":
        """Encode sources; see Engine."""
        src = pad(sources, self.pad_token)
        rows = min(rows_at_once(self.config, src.shape[1]), max(1, _TOKENS // src.shape[1]))
        parts = [self._encode(part) for part in np.array_split(src, -(-len(src) // rows))]
        read = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts[1:] else parts[0]
        return OnnxStep(self, read, max_length or _FIRST_ROOM)

    def _encode(self, src: NDArray[np.int64]) -> Tensors:
        try:
            read: Any = self._encoder.run(self.names.source, {"src": src})
            return dict(zip(self.names.source, read, strict=True))
        except Exception as error:
            raise self.explained(error) from error

    def score(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[NDArray[np.float64]]:
        """Ln p of every target token; see Engine."""
        step, tgt = self.start(sources), pad(targets, self.pad_token)
        scores = np.empty((len(tgt), tgt.shape[1] - 1))
        for place in range(scores.shape[1]):
            following = tgt[:, place + 1, None]
            scores[:, place] = np.take_along_axis(log_softmax(step(tgt[:, place])), following, axis=1)[:, 0]
        return [row[: len(target) - 1] for row, target in zip(scores, targets, strict=True)]

    def explained(self, error: Exception) -> Exception:
        """What an error of the library means, where that is known."""
        learned = "learned" in (self.config.positions_of(attention).name for attention in ATTENTIONS)
        if learned and "out of data bounds" in str(error):  # no other lookup can fail
            return InputError(too_far(self.config.max_len, "beyond that"))
        return MemoryError(str(error)) if is_out_of_memory(error) else error


class OnnxStep:
    """A StepFunction over a batch of encoded sources.

    Keys and values of the past lie in buffers with room for more, which go into the graph and come out of it as the
    same memory, so that a step writes one position and copies nothing.
    """

    def __init__(self, engine: OnnxEngine, source: Tensors, max_length: int) -> None:
        self._engine, width = engine, len(source["padding"])
        wanted = {each.name: each.shape for each in engine.step_for(width).get_inputs()}
        self._source = {name: tensor for name, tensor in source.items() if name in wanted}
        _, heads, _, size = wanted[engine.names.past[0]]
        room = min(max_length, _MOST_FIRST_ROOM)
        self._past = [np.zeros((width, heads, room, size), np.float32) for _ in engine.names.past]
        self._tokens = np.empty((width, 0), np.int64)
        self._rows = HeldRows(engine.config, width)
        self._bind()

    def __call__(self, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits of the next token of each row."""
        self._tokens = np.concatenate([self._tokens, self._rows.spread(tokens)[:, None]], axis=1)
        if self._tokens.shape[1] > self._past[0].shape[2]:
            self._past = [np.concatenate([buffer, np.zeros_like(buffer)], axis=2) for buffer in self._past]
            self._bind()
        self._binding.bind_cpu_input("tokens", self._tokens)
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise self._engine.explained(error) from error
        found = self._rows.asked(self._logits)
        return found.copy() if found is self._logits else found

    def select(self, rows: NDArray[np.int64]) -> None:
        """Keep these rows."""
        kept = self._rows.select(rows)
        if kept is not None:
            self._tokens = self._tokens[kept]
            self._source = {name: tensor[kept] for name, tensor in self._source.items()}
            self._past = [buffer[kept] for buffer in self._past]
            self._bind()

    def _bind(self) -> None:
        """Say where all tensors lie, the newest tokens aside; it holds until one of them moves."""
        self._session = self._engine.step_for(len(self._tokens))
        self._binding = self._session.io_binding()
        self._logits = np.empty((len(self._tokens), self._engine.config.num_tokens), np.float32)
        self._binding.bind_ortvalue_output("logits", onnxruntime.OrtValue.ortvalue_from_numpy(self._logits))
        for name, tensor in self._source.items():
            self._binding.bind_cpu_input(name, tensor)
        names = self._engine.names
        for past, present, buffer in zip(names.past, names.present, self._past, strict=True):
            value = onnxruntime.OrtValue.ortvalue_from_numpy(buffer)
            self._binding.bind_ortvalue_input(past, value)
            self._binding.bind_ortvalue_output(present, value)
