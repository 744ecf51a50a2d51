"""What a positional encoding is: a module that turns counted positions into something the model uses."""

# B batch · S sequence length · D dim_model
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2seq_transformer.registry import Registry


class PositionalEncodingBase(nn.Module):
    """A way to tell the model where a token stands. Every hook does nothing unless a subclass says otherwise.

    A hook takes the counts themselves, never an offset, so cached decoding runs the same code as training.

    Args:
        dim_model: D.
        dropout_p: probability of dropping a value of what `forward` returns, in training.
        max_len: positions to prepare for.
    """

    def __init__(self, dim_model: int, dropout_p: float, max_len: int) -> None:
        super().__init__()
        self.dim_model = dim_model
        self.dropout = nn.Dropout(dropout_p)
        self.max_len = max_len

    def forward(
        self, token_embedding: Float[Tensor, "B S D"], counts: Int[Tensor, " S"] | None = None
    ) -> Float[Tensor, "B S D"]:
        """Add positions to embedded tokens; `counts` defaults to 0, 1, … S − 1."""
        return self.dropout(token_embedding)


POSITIONAL_ENCODINGS: Registry[PositionalEncodingBase] = Registry(
    "positional encoding", "seq2seq_transformer.model.positional_encodings"
)
