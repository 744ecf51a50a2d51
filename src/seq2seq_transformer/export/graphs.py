"""A model as two graphs: one reads sources, one says the next token of answers.

The step is that of Transformer.decode_step, with all that it remembers as inputs and outputs: keys and values lie in
buffers with room R, into which the newest position is written in place. The graphs count positions themselves.
"""

# B batch · S source length · W sequences being decoded · P positions so far · R room · H num_heads · K dim per head
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.rows import SingleRows
from seq2seq_transformer.model.tokens import Tokens
from seq2seq_transformer.model.transformer import Transformer

KeyValue = tuple[Tensor, Tensor]


class EncoderGraph(nn.Module):
    """Reads sources, once a batch.

    Args:
        model: whose.
    """

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, src: Int[Tensor, "B S"]) -> tuple[Tensor, Tensor, list[Tensor], list[KeyValue]]:
        """Where the padding is, lengths, counts of each channel of cross-attention, keys and values of each layer."""
        model = self.model
        memory = model.encode(src)
        first = Tokens.of_target(src[:, :1], model.config.token_roles)
        across = model._locate_across(first, memory)
        counts = [each.expand_as(src).contiguous() for each in across.key_counts]
        assert memory.pad_mask is not None, "padding is always told apart in an export"
        return memory.pad_mask, memory.source.length, counts, model._project(memory, across)


class Room:
    """Keys and values of one self-attention, in buffers with room for what comes; a LayerCache of graphs.

    Args:
        past: keys and values, (W, H, R, K) each.
        place: where the newest goes, (W,).
    """

    def __init__(self, past: KeyValue, place: Int[Tensor, " W"]) -> None:
        self.key, self.value = past
        self._place = place

    def append(self, key: Float[Tensor, "W H 1 K"], value: Float[Tensor, "W H 1 K"]) -> KeyValue:
        """Write the newest position, and return the whole buffers, (W, H, R, K)."""
        self.key, self.value = self._written(self.key, key), self._written(self.value, value)
        return self.key, self.value

    def _written(self, past: Float[Tensor, "W H R K"], newest: Float[Tensor, "W H 1 K"]) -> Tensor:
        given = (past, newest, self._place)
        return torch.onnx.ops.symbolic(
            "TensorScatter", given, {"axis": -2}, dtype=past.dtype, shape=past.shape, version=24
        )


class StepGraph(nn.Module):
    """Says the next token, once a token.

    Args:
        model: whose.
    """

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        tokens: Int[Tensor, "W P"],
        padding: Bool[Tensor, "W S"],
        lengths: Int[Tensor, "W 1"],
        counts: Sequence[Int[Tensor, "W S"]],
        memory: Sequence[KeyValue],
        past: Sequence[KeyValue],
    ) -> tuple[Tensor, list[KeyValue]]:
        """Logits of what follows the tokens, (W, V), and the buffers with the newest position in them."""
        model, positions = self.model, self.model.positions
        target = Tokens.of_target(tokens, model.config.token_roles)
        newest = target.index[:, -1:]
        room = past[0][0].shape[2]
        free = torch.arange(room).view(1, 1, 1, -1) > newest
        own_queries, own_keys = positions.counts("decoder", target, target)
        queries = _last(own_queries)
        widened = [F.pad(each, (0, room - tokens.shape[1])) for each in own_keys]
        rows = SingleRows()
        own = positions.locate("decoder", (queries, widened), free, newest + 1, rows)
        own = own.with_past_in_cache()
        across_queries, _ = positions.counts("cross", target, target)
        across = positions.locate(
            "cross", (_last(across_queries), list(counts)), padding[:, None, None, :], lengths + 2, rows
        )
        x_WD = rows.gather(positions.encoding("decoder")(model._embed(tokens[:, -1:]), queries))
        rooms = [Room(pair, newest.expand(tokens.shape[0], 1).reshape(-1)) for pair in past]
        layers = [*enumerate(model._decoder())] * model.config.decoder_loops
        for (number, layer), mine in zip(layers, rooms, strict=True):
            x_WD = layer(x_WD, memory[number], (own, across), number, mine)  # pyrefly: ignore
        logits = model.out(model.decoder_norm(x_WD))
        return logits, [(mine.key, mine.value) for mine in rooms]


def _last(counts: Sequence[Int[Tensor, "W P"]]) -> list[Int[Tensor, "W 1"]]:
    return [each[:, -1:] for each in counts]
