"""The sizes and choices of a Transformer, as data: no torch here."""

from dataclasses import dataclass

from seq2seq_transformer.errors import Problems

NORMS = ("pre", "post")


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
    dim_model: int = 64
    """Width of the vector that stands for a token; a multiple of num_heads, and even."""
    num_heads: int = 4
    """Attention heads of each layer, at least 1."""
    num_encoder_layers: int = 2
    """Encoder blocks, at least 1."""
    num_decoder_layers: int = 2
    """Decoder blocks, at least 1."""
    dim_feedforward: int = 0
    """Width of the hidden layer of each feed-forward network. 0: four times dim_model."""
    dropout: float = 0.0
    """Probability in [0, 1) of dropping a value in training. 0 is off."""
    norm: str = "pre"
    """Where a block normalizes: "pre" (before each sublayer) or "post" (after each shortcut, as in the paper)."""
    positions: str = "sinusoidal"
    """Name of the positional encoding: `seq2seq list positions`."""
    max_len: int = 512
    """Positions computed in advance; longer sequences extend the table by themselves where the encoding can."""

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("num_tokens", "dim_model", "num_heads", "num_encoder_layers", "num_decoder_layers", "max_len"):
            problems.require(getattr(self, name) >= 1, f"`{name}` must be at least 1", getattr(self, name))
        problems.require(self.dim_feedforward >= 0, "`dim_feedforward` must be 0 or more", self.dim_feedforward)
        problems.require(0 <= self.dropout < 1, "`dropout` must be at least 0 and below 1", self.dropout)
        problems.require(self.norm in NORMS, f"`norm` must be one of {', '.join(NORMS)}", self.norm)
        if self.num_heads >= 1:
            rule = f"`dim_model` must be even and a multiple of `num_heads` ({self.num_heads})"
            problems.require(self.dim_model % self.num_heads == 0 == self.dim_model % 2, rule, self.dim_model)
        problems.raise_if_any()

    @property
    def feedforward_width(self) -> int:
        """F: dim_feedforward, or four times dim_model where that is 0."""
        return self.dim_feedforward or 4 * self.dim_model
