"""How one number is spelled: its symbols, and the automaton that accepts exactly its spellings."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.values import DigitBatch, Range, Symbol

State: TypeAlias = Hashable
Grid: TypeAlias = tuple[NDArray[Any], NDArray[np.bool_]]
"""Indices of symbols in slots, shape (…, slots), and which slots are used."""


class Spelling(ABC):
    """The spellings of one scalar type, as a deterministic automaton over symbols.

    Three members say everything: `start`, `follow` and `accepts`; the rest follows from them.
    """

    symbols: Sequence[str]
    """Every symbol of a spelling, in a fixed order."""
    start: State
    """The state before the first symbol."""
    expected: str
    """What stands there, for messages: "a digit from 0 to 9"."""

    digits: Sequence[str] = ()
    """The symbols that are digits of a number."""
    signs: Sequence[str] = ()
    """The symbols that are signs."""
    least_first: bool = False
    """Whether the least significant digit comes first."""
    fixed_width: int = 0
    """Digits of every number; 0: as many as it has."""

    @abstractmethod
    def follow(self, state: State) -> Mapping[str, State]:
        """The symbols that can stand next, each with the state after it."""

    @abstractmethod
    def accepts(self, state: State) -> bool:
        """Whether the symbols so far spell a number."""

    @abstractmethod
    def spell(self, number: Any) -> list[str]:
        """The symbols of a number of the type.

        Raises:
            InputError: where this spelling cannot hold the number.
        """

    @abstractmethod
    def read(self, symbols: Sequence[str]) -> Any:
        """The number that symbols spell, which the automaton has accepted."""

    def spell_ints(self, values: NDArray[np.int64]) -> Grid | None:
        """Spell an array of integers: shape (…) gives slots (…, slots). None: one by one is the only way."""
        return None

    def spell_digits(self, batch: DigitBatch) -> Grid | None:
        """The same for integers as decimal digits."""
        return None

    @cached_property
    def _costs(self) -> dict[State, int]:
        """Of every state that can be reached, the fewest symbols to an accepting one."""
        edges: dict[State, set[State]] = {}
        waiting = [self.start]
        while waiting:
            state = waiting.pop()
            if state not in edges:
                edges[state] = set(self.follow(state).values())
                waiting += edges[state]
        costs = {state: 0 for state in edges if self.accepts(state)}
        for cost in range(1, len(edges) + 1):
            for state, after in edges.items():
                if state not in costs and any(costs.get(other) == cost - 1 for other in after):
                    costs[state] = cost
        return costs

    def shortest(self, state: State) -> int:
        """Fewest symbols that complete a number from here."""
        return self._costs[state]

    def ends_before(self, following: "Spelling") -> bool:
        """Whether a number of another spelling can follow without a separator, and no symbol is taken for both."""
        first = following.follow(following.start).keys()
        return not any(first & self.follow(state).keys() for state in self._costs if self.accepts(state))


@dataclass(frozen=True)
class OneSymbol(Spelling):
    """A range or a set of names: each value is one symbol, in every encoding."""

    kind: Range | Symbol

    start = 0

    @cached_property
    def symbols(self) -> list[str]:  # type: ignore[override]
        """The values, in order."""
        return list(self.kind.names)

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What a value is."""
        if isinstance(self.kind, Range):
            return f"a whole number from {self.kind.low} to {self.kind.high - 1}"
        return f"one of {', '.join(self.kind.names[:20])}"

    @cached_property
    def _first(self) -> dict[str, State]:
        return dict.fromkeys(self.symbols, 1)

    def follow(self, state: State) -> Mapping[str, State]:
        return self._first if state == 0 else {}

    def accepts(self, state: State) -> bool:
        return state == 1

    def spell(self, number: Any) -> list[str]:
        return [str(number)]

    def read(self, symbols: Sequence[str]) -> Any:
        return int(symbols[0]) if isinstance(self.kind, Range) else symbols[0]

    def spell_ints(self, values: NDArray[np.int64]) -> Grid | None:
        if not isinstance(self.kind, Range):
            return None
        indices = (values - self.kind.low)[..., None]
        return indices, np.ones(indices.shape, dtype=bool)
