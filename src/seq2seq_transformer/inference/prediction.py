"""What a model's answer carries."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import MissingExtraError
from seq2seq_transformer.values import Value, to_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Prediction:
    """A model's answer to one source."""

    source: Value
    prediction: Value | None
    """The answer; None where the tokens spell none."""
    tokens: tuple[int, ...]
    """The answer in token ids, without SOS and EOS."""
    probability: float
    """The model's own probability of exactly this answer, in [0, 1]: that of the tokens and the end after them, among
    all that it could have said, whether a grammar, a temperature or a filter allowed it or not."""
    problem: str | None = None
    """Why there is no answer."""
    token_log_probabilities: tuple[float, ...] = ()
    """Of each token, and of the end, ln of its probability given those before it, by the model alone."""
    alternatives: tuple[tuple[tuple[str, float], ...], ...] = ()
    """On request, at each of these places: the likeliest symbols with their probabilities, the likeliest first."""
    others: tuple["Prediction", ...] = ()
    """Further answers, where the decoding strategy has them, in its order."""
    limit_reached: int = 0
    """The length limit in tokens where it, by the grammar, may have shortened the answer; 0 where it cannot have."""
    verdict: bool | None = None
    """Whether the answer solves the source, where the task can verify that without knowing the target."""
    source_tokens: int = field(default=0, compare=False, repr=False)
    """How many tokens spell the source, SOS and EOS included."""
    cross_attention: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """On request, how much the decoder looks at each token of the source (SOS and EOS included) when it says each token
    of the answer and the end: of shape (layers, heads, tokens + 1, tokens of the source); without the end where the
    answer was cut off."""

    @property
    def log_probability(self) -> float:
        """Ln of the probability, also where that is too small for a float."""
        if self.token_log_probabilities:
            return math.fsum(self.token_log_probabilities)
        return math.log(self.probability) if self.probability else -math.inf

    @property
    def token_probabilities(self) -> tuple[float, ...]:
        """Of each token, and of the end, its probability given those before it, by the model alone."""
        return tuple(math.exp(each) for each in self.token_log_probabilities)


class Predictions(list[Prediction]):
    """Answers in the order of their sources."""

    def to_frame(self) -> "pd.DataFrame":
        """A row an answer: source, prediction, probability, problem and verdict.

        Raises:
            MissingExtraError: where pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtraError("`to_frame`", "pandas") from error
        kinds = {"source": object, "prediction": object, "probability": float, "problem": object, "verdict": object}
        return pd.DataFrame(
            {name: pd.Series([getattr(each, name) for each in self], dtype=kind) for name, kind in kinds.items()}
        )


def compare(predictions: Sequence[Prediction], targets: Sequence[Value]) -> Iterator[str]:
    """A block of lines an example: input, predicted and true continuation."""
    for answer, target in zip(predictions, targets, strict=True):
        said = answer.problem if answer.prediction is None else to_text(answer.prediction)
        mark = "✓" if answer.prediction == target else "✗"
        yield f"input        {to_text(answer.source)}\npredicted  {mark} {said}\ntrue         {to_text(target)}\n"
