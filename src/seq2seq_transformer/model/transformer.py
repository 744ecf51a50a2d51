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

from seq2seq_transformer.model.cache import DecoderCache
from seq2seq_transformer.model.config import TransformerConfig
from seq2seq_transformer.model.layers import DecoderLayer, EncoderLayer
from seq2seq_transformer.model.masks import blocked_to_scores, create_pad_mask, get_tgt_mask
from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS


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
        UnknownNameError: where no positional encoding has this name.
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
        self.positional_encoder = POSITIONAL_ENCODINGS.get(config.positions)(dim_model, dropout_p, config.max_len)
        self.encoder_layers = nn.ModuleList(EncoderLayer(config) for _ in range(num_encoder_layers))
        self.encoder_norm = nn.LayerNorm(dim_model)
        self.decoder_layers = nn.ModuleList(DecoderLayer(config) for _ in range(num_decoder_layers))
        self.decoder_norm = nn.LayerNorm(dim_model)
        self.out = nn.Linear(dim_model, num_tokens)
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
                nn.init.xavier_uniform_(module.weight)
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
        src_pad_mask = self._pad_mask(src) if src_pad_mask is None else src_pad_mask
        return self.decode(tgt, self.encode(src, src_pad_mask), tgt_mask, src_pad_mask, tgt_pad_mask)

    def encode(
        self, src: Int[Tensor, "B S"], src_pad_mask: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B S D"]:
        """The encoder's output ("memory") for a batch of sources."""
        x_BSD = self._embed(src)
        mask = blocked_to_scores(_over_keys(self._pad_mask(src) if src_pad_mask is None else src_pad_mask))
        for layer in self.encoder_layers:
            x_BSD = layer(x_BSD, mask)
        return self.encoder_norm(x_BSD)

    def decode(
        self,
        tgt: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S D"],
        tgt_mask: Bool[Tensor, "T T"] | None = None,
        src_pad_mask: Bool[Tensor, "B S"] | None = None,
        tgt_pad_mask: Bool[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Logits for a whole target at once, given the encoder's output (teacher forcing)."""
        tgt_mask = get_tgt_mask(tgt.shape[1], device=tgt.device) if tgt_mask is None else tgt_mask
        tgt_pad_mask = self._pad_mask(tgt) if tgt_pad_mask is None else tgt_pad_mask
        self_mask = blocked_to_scores(tgt_mask, _over_keys(tgt_pad_mask))
        memory_mask = blocked_to_scores(_over_keys(src_pad_mask))
        x_BTD = self._embed(tgt)
        for layer, projection in zip(self.decoder_layers, self._project(memory), strict=True):
            x_BTD = layer(x_BTD, projection, self_mask, memory_mask)
        return self.out(self.decoder_norm(x_BTD))

    def start_cache(self, memory: Float[Tensor, "B S D"], src_pad_mask: Bool[Tensor, "B S"] | None) -> DecoderCache:
        """What `decode_step` needs to know of the sources."""
        return DecoderCache(self._project(memory), blocked_to_scores(_over_keys(src_pad_mask)))

    def decode_step(self, tokens: Int[Tensor, " B"], cache: DecoderCache) -> Float[Tensor, "B V"]:
        """Logits of the token after `tokens`, which follow what the cache holds; the cache grows by one position."""
        counts = torch.tensor([cache.length], device=tokens.device)
        x_B1D = self._embed(tokens.unsqueeze(1), counts)
        for layer, projection, layer_cache in zip(
            self.decoder_layers, cache.memory_projections, cache.layers, strict=True
        ):
            x_B1D = layer(x_B1D, projection, None, cache.memory_mask, layer_cache)
        return self.out(self.decoder_norm(x_B1D)).squeeze(1)

    def _project(self, memory: Float[Tensor, "B S D"]) -> list[tuple[Tensor, Tensor]]:
        """Of each decoder layer, keys and values of the encoder's output."""
        return [cast("DecoderLayer", layer).project_memory(memory) for layer in self.decoder_layers]

    def _embed(self, tokens: Int[Tensor, "B S"], counts: Int[Tensor, " S"] | None = None) -> Float[Tensor, "B S D"]:
        return self.positional_encoder(self.embedding(tokens) * math.sqrt(self.config.dim_model), counts)

    def _pad_mask(self, tokens: Int[Tensor, "B S"]) -> Bool[Tensor, "B S"] | None:
        return None if self.config.pad_token is None else create_pad_mask(tokens, self.config.pad_token)


def _over_keys(pad_mask: Bool[Tensor, "B S"] | None) -> Bool[Tensor, "B 1 1 S"] | None:
    """Padding blocks a key for every head and every query."""
    return None if pad_mask is None else pad_mask[:, None, None, :]
