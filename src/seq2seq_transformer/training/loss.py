"""What training makes small."""

# B batch · T target length · V num_tokens
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


class SequenceCrossEntropy(nn.Module):
    """Mean of −ln p(expected token) over the tokens of a batch that are no padding, in nats.

    Args:
        pad_token: id of PAD, which is not counted.
    """

    def __init__(self, pad_token: int) -> None:
        super().__init__()
        self.pad_token = pad_token

    def forward(self, logits: Float[Tensor, "B T V"], expected: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
        """The loss of one batch; computed in float32 whatever the model's precision."""
        return F.cross_entropy(logits.flatten(0, 1).float(), expected.flatten(), ignore_index=self.pad_token)
