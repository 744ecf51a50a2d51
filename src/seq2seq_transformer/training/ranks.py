"""The processes that train one model together, each on its share of every batch: the verbs by which they do it.

`Ranks` is a process that trains alone; `several_ranks.py` has the same verbs for several.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from seq2seq_transformer.data.batch import Batch

SomeRows = TypeVar("SomeRows")


class Ranks:
    """One process that trains alone: it has every row, and what it asks for is agreed on."""

    rank = 0
    world = 1

    def __init__(self) -> None:
        self.wish = self.agreed = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and shows; one of them is."""
        return self.rank == 0

    def ask(self, wish: int) -> None:
        """Ask for something by a number; the highest number that any rank asked for becomes `agreed`."""
        self.wish = self.agreed = max(self.wish, wish)

    def sum(self, number: float) -> float:
        """The sum of what every rank has; it also makes the wishes known."""
        return number

    def share(self, rows: SomeRows) -> SomeRows:
        """The rows of this rank, every so manieth; there may be none."""
        return rows if self.world == 1 else cast("Any", rows)[self.rank :: self.world]

    def from_first(self, make: Callable[[], bytes | None]) -> bytes:
        """What the first rank makes, told to all; an error of it is an error of all."""
        return make() or b""

    @contextmanager
    def first_ahead(self) -> Generator[None]:
        """What the first rank does before the others do, who find its work done."""
        yield

    def gathered(self, numbers: Tensor) -> list[Tensor]:
        """A vector of each rank, all of one length."""
        return [numbers]

    def parallel(self, model: nn.Module, batch: Batch) -> nn.Module:
        """The model with gradients that are averaged over the ranks.

        Args:
            model: as it is in each of them.
            batch: what it is tried on; the model and random numbers stay as they are.
        """
        return model

    def unsynchronised(self, model: nn.Module) -> AbstractContextManager[None]:
        """Forward and backward passes whose gradients wait for the next pass to be averaged."""
        return nullcontext()

    def reseed(self, seed: int, step: int) -> None:
        """Begin this rank's own random numbers, for dropout and the like."""
        torch.manual_seed(int(np.random.SeedSequence((seed, step, self.rank)).generate_state(1, np.uint64)[0] >> 1))

    def device(self, wanted: str) -> str:
        """The device of this rank."""
        return wanted

    def threads(self, total: int) -> int:
        """Of the threads for this machine, those of this rank."""
        return total

    @contextmanager
    def watched(self, way_on: str) -> Generator[None]:
        """A part in which another rank may be lost; `way_on` says what to type then."""
        yield
