"""What training makes small."""

# B batch · T target length · V num_tokens
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq_transformer.model.rows import rows_of


class SequenceCrossEntropy(nn.Module):
    """Mean of −ln p(expected token) over the tokens of a batch that are no padding, in nats.

    In training alone, two additions: a share of the expected probability spread over all tokens (label smoothing,
    Szegedy et al. 2016), and a weight times the mean of (ln Σ exp logit)², which keeps logits small (z-loss, Chowdhery
    et al. 2022, arXiv 2204.02311, section 5).

    Args:
        pad_token: id of PAD, which is not counted.
        label_smoothing: the share, in [0, 1); 0 is off.
        z_loss: the weight, 0 or more; 0 is off.
    """

    def __init__(self, pad_token: int, label_smoothing: float = 0.0, z_loss: float = 0.0) -> None:
        super().__init__()
        self.pad_token, self.label_smoothing, self.z_loss = pad_token, label_smoothing, z_loss

    def forward(self, logits: Float[Tensor, "B T V"], expected: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
        """The loss of one batch; computed in float32 whatever the model's precision."""
        rows = rows_of(expected == self.pad_token)
        flat = rows.gather(logits).flatten(0, -2).float()
        wanted = rows.gather(expected.unsqueeze(-1)).flatten()
        smoothing = self.label_smoothing if self.training else 0.0
        loss = F.cross_entropy(flat, wanted, ignore_index=self.pad_token, label_smoothing=smoothing)
        if self.training and self.z_loss:
            loss = loss + self.z_loss * flat.logsumexp(dim=-1)[wanted != self.pad_token].square().mean()
        return loss

    def tokens_counted(self, expected: Int[Tensor, "B T"]) -> int:
        """How many tokens of a batch are counted: what its mean weighs beside that of another batch."""
        return int((expected != self.pad_token).sum())
