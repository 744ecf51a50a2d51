"""Positions that training randomizes, so that large counts are no surprise."""

# B batch · S keys · T queries
import torch
from torch import Tensor

from seq2seq_transformer.model.tokens import NOWHERE


def stretched(counts: list[Tensor], others: list[Tensor], how: str, limit: int) -> tuple[list[Tensor], list[Tensor]]:
    """Randomized positions of queries and keys: one increasing map a sequence, the same for both.

    Args:
        counts: of the queries, by channel: (B, T), or (1, T) for all rows alike.
        others: of the keys, (B, S) or (1, S).
        how: "sorted": to a random subset, in order (Ruoss et al. 2023, arXiv 2305.16843); "shifted": by an offset.
        limit: where it fits, counts stay below this.
    """
    batch = max(len(each) for each in (*counts, *others))
    stretched_counts, stretched_others = [], []
    for mine, theirs in zip(counts, others, strict=True):
        both = torch.cat([mine.expand(batch, -1), theirs.expand(batch, -1)], dim=1)
        known = both != NOWHERE
        lowest = torch.where(known, both, 0).amin()
        places = torch.where(known, both - lowest, 0)
        size = int(places.amax()) + 1
        room = max(limit, size)
        if how == "sorted":
            chosen = torch.rand(batch, room, device=both.device).argsort(dim=1)[:, :size].sort(dim=1).values
        else:
            chosen = torch.arange(size, device=both.device) + torch.randint(0, room - size + 1, (batch, 1),
                                                                           device=both.device)  # fmt: skip
        moved = torch.where(known, chosen.gather(1, places), NOWHERE)
        stretched_counts.append(moved[:, : mine.shape[1]])
        stretched_others.append(moved[:, mine.shape[1] :])
    return stretched_counts, stretched_others
