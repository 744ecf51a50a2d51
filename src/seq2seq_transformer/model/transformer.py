"""The encoder-decoder Transformer (Vaswani et al. 2017): readable top to bottom, alone.

src ─► embedding · √D ─► positions ─► encoder layers ─► memory
tgt ─► embedding · √D ─► positions ─► decoder layers (look at memory) ─► output layer ─► logits
"""

# B batch · S source length · T target length · D dim_model · V num_tokens
import math
from dataclasses import asdict
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.cache import DecoderCache, Memory
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.model.layers import DecoderLayer, EncoderLayer, make_norm
from seq2seq_transformer.model.located import Located, Positions
from seq2seq_transformer.model.looped import repeated
from seq2seq_transformer.model.masks import create_pad_mask, get_tgt_mask
from seq2seq_transformer.model.rows import Rows, SingleRows, rows_of
from seq2seq_transformer.model.tokens import Tokens


class Transformer(nn.Module):
    """Reads a source sequence of tokens and says, for each target position, how likely each next token is.

    Args:
        num_tokens: V, size of the vocabulary shared by source and target.
        dim_model: D, width of the model.
        num_heads: attention heads; divides dim_model.
        num_encoder_layers: encoder blocks.
        num_decoder_layers: decoder blocks.
        dropout_p: probability of dropping a value in training; 0 is off.
        **others: any further field of TransformerConfig, such as pad_token, norm or positions.

    Raises:
        ConfigError: where the numbers cannot make a model.
        UnknownNameError: where no positional encoding or channel has this name.
    """

    def __init__(
        self,
        num_tokens: int,
        dim_model: int,
        num_heads: int,
        num_encoder_layers: int,
        num_decoder_layers: int,
        dropout_p: float,
        **others: object,
    ) -> None:
        super().__init__()
        config = TransformerConfig(
            num_tokens=num_tokens,
            dim_model=dim_model,
            num_heads=num_heads,
            num_encoder_layers=num_encoder_layers,
            num_decoder_layers=num_decoder_layers,
            dropout=dropout_p,
            **others,  # pyrefly: ignore[bad-argument-type]
        )
        self.config = config
        self.embedding = nn.Embedding(num_tokens, dim_model)
        self.positions = Positions(config)
        self.encoder_layers = nn.ModuleList(EncoderLayer(config) for _ in range(num_encoder_layers))
        self.encoder_norm = make_norm(config)
        self.decoder_layers = nn.ModuleList(DecoderLayer(config) for _ in range(num_decoder_layers))
        self.decoder_norm = make_norm(config)
        self.out = OutputLayer(self.embedding, tied=config.tied_embeddings)
        self._initialize()

    @classmethod
    def from_config(cls, config: TransformerConfig) -> "Transformer":
        """Build the model that a configuration describes."""
        fields = asdict(config)
        return cls(dropout_p=fields.pop("dropout"), **fields)

    def _initialize(self) -> None:
        """Xavier-uniform matrices, zero biases; embeddings of variance 1/D, which the scaling by √D makes 1."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                if not getattr(module, "tied", False):
                    nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(self.embedding.weight, std=self.config.dim_model**-0.5)

    def forward(
        self,
        src: Int[Tensor, "B S"],
        tgt: Int[Tensor, "B T"],
        tgt_mask: Bool[Tensor, "T T"] | None = None,
        src_pad_mask: Bool[Tensor, "B S"] | None = None,
        tgt_pad_mask: Bool[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits of the token that follows each target position.

        Args:
            src: source token ids.
            tgt: target token ids, beginning with SOS.
            tgt_mask: True = blocked; the causal mask where none is given.
            src_pad_mask: True = padding; where `src` is the pad token, if none is given.
            tgt_pad_mask: the same for `tgt`.
        """
        return self.decode(tgt, self.encode(src, src_pad_mask), tgt_mask, tgt_pad_mask)

    def encode(self, src: Int[Tensor, "B S"], src_pad_mask: Bool[Tensor, "B S"] | None = None) -> Memory:
        """The encoder's output ("memory") for a batch of sources."""
        src_pad_mask = self._pad_mask(src, src_pad_mask)
        tokens = Tokens.of_source(src, src_pad_mask, self.config.token_roles)
        counts = self.positions.counts("encoder", tokens, tokens)
        rows = rows_of(src_pad_mask)
        located = self.positions.locate("encoder", counts, _over_keys(src_pad_mask), tokens.length + 2, rows)
        x_ND = rows.gather(self.positions.encoding("encoder")(self._embed(src), counts[0]))
        loops = self._loops(tokens)
        if isinstance(loops, Tensor):
            loops = rows.gather(loops.expand(*src.shape, 1))
        x_ND = repeated(lambda x_ND: self._encoder_blocks(x_ND, located), x_ND, loops)
        return Memory(rows.spread(self.encoder_norm(x_ND)), tokens, src_pad_mask)

    def _encoder_blocks(self, x_ND: Float[Tensor, "*N D"], located: Located) -> Float[Tensor, "*N D"]:
        for number, layer in enumerate(self.encoder_layers):
            x_ND = layer(x_ND, located, number)
        return x_ND

    def _loops(self, tokens: Tokens) -> int | Int[Tensor, "B 1 1"]:
        """How often the encoder's blocks are run for each source; one number where it is the same for all."""
        config = self.config
        drawn = float(torch.rand(())) if self.training and config.more_loops else 0.0
        loops = config.encoder_loops * (1 + drawn * config.more_loops)
        if not config.loops_at:
            return math.ceil(loops)
        grown = tokens.length.float().log() / math.log(config.loops_at)
        return (grown * loops).ceil().clamp(min=1).int().view(-1, 1, 1)

    def decode(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Memory,
        tgt_mask: Bool[Tensor, "T T"] | None = None,
        tgt_pad_mask: Bool[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits for a whole target at once, given the encoder's output (teacher forcing)."""
        blocked = get_tgt_mask(tgt.shape[1], device=tgt.device) if tgt_mask is None else tgt_mask
        tgt_pad_mask = self._pad_mask(tgt, tgt_pad_mask)
        if (padding := _over_keys(tgt_pad_mask)) is not None:
            blocked = blocked | padding
        rows = rows_of(tgt_pad_mask)
        tokens = Tokens.of_target(tgt, self.config.token_roles)
        across = self._locate_across(tokens, memory, rows)
        counts = self.positions.counts("decoder", tokens, tokens)
        own = self.positions.locate("decoder", counts, blocked, tokens.index + 1, rows)
        projections = self._project(memory, across)
        x_ND = rows.gather(self.positions.encoding("decoder")(self._embed(tgt), counts[0]))
        for _ in range(self.config.decoder_loops):
            for number, layer in enumerate(self.decoder_layers):
                x_ND = layer(x_ND, projections[number], (own, across), number)
        return rows.spread(self.out(self.decoder_norm(x_ND)))

    def start_cache(self, memory: Memory, max_length: int | None = None) -> DecoderCache:
        """What `decode_step` needs to know of the sources, with room for targets of so many tokens."""
        nothing_yet = Tokens.of_target(memory.source.ids[:, :1], self.config.token_roles)
        projections = self._project(memory, self._locate_across(nothing_yet, memory))
        return DecoderCache(memory, projections, len(self.decoder_layers) * self.config.decoder_loops, max_length)

    def decode_step(self, newest: Int[Tensor, " B"], cache: DecoderCache) -> Float[Tensor, "B V"]:
        """Logits of the token after `newest`, which follow what the cache holds; the cache grows by one position."""
        cache.tokens = torch.cat([cache.tokens, newest.unsqueeze(1)], dim=1)
        tokens = Tokens.of_target(cache.tokens, self.config.token_roles)
        rows = SingleRows()
        across = self._locate_across(tokens, cache.memory, rows, newest_only=True)
        queries, keys = self.positions.counts("decoder", tokens, tokens)
        queries = [counts[:, -1:] for counts in queries]
        own = self.positions.locate("decoder", (queries, keys), None, tokens.index[:, -1:] + 1, rows)
        own = own.with_past_in_cache()
        x_BD = rows.gather(self.positions.encoding("decoder")(self._embed(newest.unsqueeze(1)), queries))
        layers, projections = [*enumerate(self.decoder_layers)] * self.config.decoder_loops, cache.memory_projections
        for (number, layer), past in zip(layers, cache.layers, strict=True):
            x_BD = layer(x_BD, projections[number], (own, across), number, past)
        return self.out(self.decoder_norm(x_BD))

    def _locate_across(
        self, tokens: Tokens, memory: Memory, rows: Rows | None = None, newest_only: bool = False
    ) -> Located:
        """Where cross-attention looks from and to: from all of the target, or from its newest token."""
        source = memory.source
        queries, keys = self.positions.counts("cross", tokens, source)
        if newest_only:
            queries = [counts[:, -1:] for counts in queries]
        return self.positions.locate("cross", (queries, keys), _over_keys(memory.pad_mask), source.length + 2, rows)

    def _project(self, memory: Memory, across: Located) -> list[tuple[Tensor, Tensor]]:
        """Of each decoder layer, keys and values of the encoder's output."""
        rows = rows_of(memory.pad_mask)
        states = rows.gather(memory.states)
        return [layer.cross_attention.project_memory(states, rows, across) for layer in self._decoder()]

    def _decoder(self) -> list[DecoderLayer]:
        return [layer for layer in self.decoder_layers if isinstance(layer, DecoderLayer)]

    def _embed(self, tokens: Int[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        return self.embedding(tokens) * math.sqrt(self.config.dim_model)

    def _pad_mask(self, tokens: Int[Tensor, "B S"], given: Bool[Tensor, "B S"] | None) -> Bool[Tensor, "B S"] | None:
        """Where the padding is; None where there is none, which saves work; a graph serves batches with and without."""
        if given is None and self.config.pad_token is not None:
            given = create_pad_mask(tokens, self.config.pad_token)
        return given if given is not None and (torch.compiler.is_exporting() or given.any()) else None


class OutputLayer(nn.Linear):
    """Linear, from the decoder's output to logits.

    Args:
        embedding: of the tokens, which gives the sizes.
        tied: whether its weights are those of the embedding (Press and Wolf 2017).
    """

    def __init__(self, embedding: nn.Embedding, *, tied: bool) -> None:
        super().__init__(embedding.embedding_dim, embedding.num_embeddings)
        self._embedding = (embedding,)  # in a tuple, so that its weights are saved once
        self.tied = tied
        if tied:
            self.register_parameter("weight", None)

    @property
    def matrix(self) -> Float[Tensor, "V D"]:
        """Its weights, wherever they are."""
        return cast("Tensor", self._embedding[0].weight if self.tied else self.weight)

    def forward(self, input: Float[Tensor, "*N D"]) -> Float[Tensor, "*N V"]:
        return F.linear(input, self.matrix, self.bias)


def _over_keys(pad_mask: Bool[Tensor, "B S"] | None) -> Bool[Tensor, "B 1 1 S"] | None:
    """Padding blocks a key for every head and every query."""
    return None if pad_mask is None else pad_mask[:, None, None, :]
