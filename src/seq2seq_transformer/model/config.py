"""The sizes and choices of a Transformer, as data: no torch here."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from seq2seq_transformer.errors import Problems

NORMS = ("pre", "post")
ATTENTIONS = ("encoder", "cross", "decoder")
"""The three attentions of a Transformer, each with positions of its own."""
_MOST = 10**8


@dataclass(frozen=True, kw_only=True)
class PositionsConfig:
    """How one attention knows positions: how they are counted, how counts are encoded, and what training does to them.

    Args:
        name: the positional encoding.
        channels: how positions are counted: one channel for each group of heads.
        options: options of the encoding.
        randomized: what training does to the counts: no, sorted (a random increasing map) or shifted (a random offset).
        limit: counts of randomized positions stay below this.

    Raises:
        ConfigError: naming every field that cannot be.
    """

    name: str = "sinusoidal"
    channels: tuple[str, ...] = ("absolute",)
    options: Mapping[str, Any] = field(default_factory=dict)
    randomized: Literal["no", "sorted", "shifted"] = "no"
    limit: int = 2048

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(bool(self.channels), "`positions.channels` must name at least one channel", self.channels)
        problems.require(self.limit >= 2, "`positions.limit` must be at least 2", self.limit)
        problems.raise_if_any()
        options = {name: _typed(given) for name, given in self.options.items()}
        object.__setattr__(self, "options", options)


def _typed(given: Any) -> Any:
    """An option as its encoding wants it, also where it comes from JSON, which has no tuples and no infinity."""
    if isinstance(given, (list, tuple)):
        return tuple(-math.inf if each == "-inf" else each for each in given)
    return given


@dataclass(frozen=True, kw_only=True)
class TokenRoles:
    """What the tokenizer declares of its tokens, so that positions can be counted from token ids alone."""

    tokens: str = ""
    """A letter for each token: d digit of a number, + sign, "," separator, s special; of symbols that stand alone n a
    whole number, ( and ) opening and closing ones, o another name."""
    source_least_first: bool = False
    """Whether numbers of a source begin with their least significant digit."""
    target_least_first: bool = False
    """The same for targets."""
    source_width: int = 0
    """Digits of every number of a source; 0: as many as it has."""
    target_width: int = 0
    """The same for targets."""


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """What a Transformer is built from.

    Raises:
        ConfigError: naming every field that cannot be.
    """

    num_tokens: int
    """Size of the vocabulary that source and target share, special tokens included."""
    pad_token: int | None = None
    """Id of PAD, which no position attends to. None: no token is padding."""
    roles: TokenRoles | Mapping[str, Any] = field(default_factory=TokenRoles)
    """What the tokens are."""
    positions: str | Mapping[str, Any] = "sinusoidal"
    """Of each attention (encoder, cross, decoder) a PositionsConfig; the name of an encoding stands for all three."""
    dim_model: int = 64
    """Width of the vector that stands for a token; a multiple of num_heads, and even."""
    num_heads: int = 4
    """Attention heads of each layer, at least 1."""
    num_encoder_layers: int = 2
    """Encoder blocks, at least 1."""
    num_decoder_layers: int = 2
    """Decoder blocks, at least 1."""
    encoder_loops: int = 1
    """How often the encoder's blocks are run, one after another (a universal Transformer); can be raised afterwards."""
    loops_at: int = 0
    """Length of a source for which encoder_loops holds; others take loops ∝ ln(length). 0 is off: all the same."""
    more_loops: float = 0.0
    """In training each batch takes up to this share more loops, at random and rounded up. 0 is off."""
    decoder_loops: int = 1
    """The same for the decoder's blocks, whatever the length."""
    encoder_gate: bool = False
    """A gate in each encoder block, which leaves a token as it is until its update is ready (copy gate)."""
    dim_feedforward: int = 0
    """Width of the hidden layer of each feed-forward network. 0: four times dim_model."""
    dropout: float = 0.0
    """Probability in [0, 1) of dropping a value in training. 0 is off."""
    norm: Literal["pre", "post"] = "pre"
    """Where a block normalizes: "pre" (before each sublayer) or "post" (after each shortcut, as in the paper)."""
    normalization: Literal["layer", "rms"] = "layer"
    """How a block normalizes: LayerNorm or RMSNorm."""
    activation: Literal["relu", "gelu", "swiglu"] = "relu"
    """What stands between the two linear maps of a feed-forward network."""
    qk_norm: bool = False
    """Normalize queries and keys of each head (RMSNorm)."""
    attention_bias: bool = True
    """Whether the linear maps of attention have biases."""
    tied_embeddings: bool = False
    """Whether the output layer uses the embedding's weights."""
    temperature: float = 1.0
    """Attention scores are divided by this, 0.000001 or more; 1 is off. Can be changed after training."""
    log_length: int = 0
    """Scores are multiplied by ln(keys a query sees) / ln(this), where these are more. 0 is off. As temperature."""
    max_len: int = 512
    """Positions computed in advance; longer sequences extend the table by themselves where the encoding can."""

    def __post_init__(self) -> None:
        self._read_nested()
        problems = Problems()
        counts = ("num_tokens", "dim_model", "num_heads", "num_encoder_layers", "num_decoder_layers")
        for name in (*counts, "encoder_loops", "decoder_loops", "max_len"):
            problems.require(getattr(self, name) >= 1, f"`{name}` must be at least 1", getattr(self, name))
            problems.require(getattr(self, name) <= _MOST, f"`{name}` must be at most {_MOST}", getattr(self, name))
        problems.require(0 <= self.more_loops <= 100, "`more_loops` must be from 0 to 100", self.more_loops)
        problems.require(self.loops_at == 0 or self.loops_at >= 2, "`loops_at` must be 0, or 2 or more", self.loops_at)
        width = self.dim_feedforward
        problems.require(width >= 0, "`dim_feedforward` must be 0 or more", width)
        problems.require(width <= _MOST, f"`dim_feedforward` must be at most {_MOST}", width)
        problems.require(0 <= self.dropout < 1, "`dropout` must be at least 0 and below 1", self.dropout)
        degrees = self.temperature
        problems.require(1e-6 <= degrees < math.inf, "`temperature` must be a finite number, 0.000001 or more", degrees)
        problems.require(self.log_length == 0 or self.log_length >= 2, "`log_length` must be 0, or 2 or more",
                         self.log_length)  # fmt: skip
        problems.require(self.norm in NORMS, f"`norm` must be one of {', '.join(NORMS)}", self.norm)
        if self.num_heads >= 1:
            rule = f"`dim_model` must be even and a multiple of `num_heads` ({self.num_heads})"
            problems.require(self.dim_model % self.num_heads == 0 == self.dim_model % 2, rule, self.dim_model)
        problems.raise_if_any()

    def _read_nested(self) -> None:
        """Take plain data, as model.json has it, for the nested parts."""
        given: Any = self.positions
        if isinstance(given, str):
            given = dict.fromkeys(ATTENTIONS, PositionsConfig(name=given))
        chosen = {attention: given.get(attention, PositionsConfig()) for attention in ATTENTIONS}
        read = {key: _positions(one) if isinstance(one, Mapping) else one for key, one in chosen.items()}
        object.__setattr__(self, "positions", read)
        if isinstance(self.roles, Mapping):
            object.__setattr__(self, "roles", TokenRoles(**self.roles))

    def positions_of(self, attention: str) -> PositionsConfig:
        """How an attention knows positions."""
        assert not isinstance(self.positions, str), "names have been read"
        return self.positions[attention]  # type: ignore[no-any-return]

    @property
    def token_roles(self) -> TokenRoles:
        """What the tokens are."""
        assert isinstance(self.roles, TokenRoles), "plain data has been read"
        return self.roles

    @property
    def feedforward_width(self) -> int:
        """F: dim_feedforward, or four times dim_model where that is 0."""
        return self.dim_feedforward or 4 * self.dim_model


def too_far(max_len: int, farthest: str) -> str:
    """The sentence for a sequence that learned positions cannot represent."""
    return (
        f"learned positions must stay below {max_len}, but one is {farthest}. "
        "Train with a larger --model.max_len, or with other positions: seq2seq list positions"
    )


def _positions(saved: Mapping[str, Any]) -> PositionsConfig:
    """What asdict made plain."""
    plain: dict[str, Any] = {**saved, "channels": tuple(saved["channels"])}
    return PositionsConfig(**plain)


FROM_TOKENIZER = ("num_tokens", "pad_token", "roles")
"""Fields that the tokenizer decides."""
AFTER_TRAINING = ("encoder_loops", "loops_at", "decoder_loops", "temperature", "log_length")
"""Fields that can be changed on a trained model: no weight depends on them."""
assert {*FROM_TOKENIZER, *AFTER_TRAINING} <= {each.name for each in fields(TransformerConfig)}, "they are fields"
