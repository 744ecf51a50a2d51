"""The tokens of one side of a batch, with what channels count by."""

# B batch · S source length · T target length
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seq2seq_transformer.model.config import TokenRoles

NOWHERE = -(2**30)
"""The count of a token that has none in a channel."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of one side of a batch, and what channels count with.

    Args:
        ids: token ids, those of the padding of a source included.
        is_source: a source; otherwise a target, which may go on.
        length: of a source n, the tokens between SOS and EOS; one row where it is the same everywhere.
        roles: what the tokens are.
    """

    ids: Int[Tensor, "B T"]
    is_source: bool
    length: Int[Tensor, "B 1"] | Int[Tensor, "1 1"]
    roles: TokenRoles
    counts: dict[str, Int[Tensor, "B T"]] = field(default_factory=dict)
    """What channels have counted so far, by their names: a source is counted once, not at every step of an answer."""

    @classmethod
    def of_source(cls, ids: Int[Tensor, "B S"], pad_mask: Bool[Tensor, "B S"] | None, roles: TokenRoles) -> "Tokens":
        """A source; the lengths are told by its padding."""
        whole = torch.full((1, 1), ids.shape[1] - 2, device=ids.device)
        if pad_mask is None:
            return cls(ids, True, whole, roles)
        return cls(ids, True, whole - pad_mask.sum(dim=1, keepdim=True), roles)

    @classmethod
    def of_target(cls, ids: Int[Tensor, "B T"], roles: TokenRoles) -> "Tokens":
        """What has been produced of a target."""
        return cls(ids, False, torch.zeros((1, 1), dtype=torch.int64, device=ids.device), roles)

    @cached_property
    def index(self) -> Int[Tensor, "1 T"]:
        """Of a source i, of a target t."""
        return torch.arange(self.ids.shape[1], device=self.ids.device).unsqueeze(0) - int(self.is_source)

    @cached_property
    def is_digit(self) -> Bool[Tensor, "B T"]:
        """Where a digit of a number stands."""
        return self.are("d")

    @property
    def least_first(self) -> bool:
        """Whether numbers begin with their least significant digit."""
        return self.roles.source_least_first if self.is_source else self.roles.target_least_first

    @property
    def width(self) -> int:
        """Digits of every number; 0: as many as it has."""
        return self.roles.source_width if self.is_source else self.roles.target_width

    @cached_property
    def digits_before(self) -> Int[Tensor, "B T"]:
        """Digits that stand before a token in an unbroken row; a row of fixed width begins anew after each number."""
        places = self.index.expand_as(self.ids)
        breaks = torch.where(self.is_digit, places[:, :1] - 1, places)
        before = places - breaks.cummax(dim=1).values - 1
        return before % self.width if self.width else before

    def are(self, letters: str) -> Bool[Tensor, "B T"]:
        """Where a token of one of these roles stands."""
        if not self.roles.tokens:
            return torch.zeros_like(self.ids, dtype=torch.bool)
        return _known(self.roles.tokens, letters, str(self.ids.device))[self.ids]


@lru_cache(maxsize=64)
def _known(roles: str, letters: str, device: str) -> Bool[Tensor, " V"]:
    """For each token, whether its role is one of the letters."""
    return torch.tensor([letter in letters for letter in roles], device=device)
