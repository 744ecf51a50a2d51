"""Answers that can be read: of the next tokens, only those from which a well-formed value still ends in time.

The automaton of a type (tokenization/grammar.py) as arrays, made state by state as answers reach them. A state has a
pattern (which tokens can stand next, in classes that lead to one state each) and, for each class, a cost (the fewest
tokens to the end through it). States share patterns and masks, so their number does not multiply with the vocabulary.
"""

# W sequences still being decoded · V num_tokens · C classes of tokens · N states · M masks
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq_transformer.errors import ConfigError
from seq2seq_transformer.tokenization.grammar import Grammar, GrammarState
from seq2seq_transformer.tokenization.spelling import State
from seq2seq_transformer.tokenization.tokenizer import Tokenizer
from seq2seq_transformer.tokenization.vocabulary import Vocabulary

_NEVER = 2**30
_UNKNOWN = -1


class Constraint:
    """The tokens that can come next, for many answers at once. States are numbered; an answer begins in state 0.

    Args:
        grammar: of the type of the answers.
        vocabulary: symbols and their ids.
    """

    def __init__(self, grammar: Grammar, vocabulary: Vocabulary) -> None:
        self._grammar, self._vocabulary = grammar, vocabulary
        self._numbers: dict[GrammarState, int] = {}
        self._patterns = _Patterns(vocabulary)
        self._masks = _Table(len(vocabulary), False)  # (M, V)
        self._mask_numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._pattern_of = _Table(1, 0)  # (N, 1)
        self._costs = _Table(1, _NEVER)  # (N, C) ascending
        self._mask_of = _Table(2, 0)  # (N, C + 1), by how many of the costs can be paid
        self._after = _Table(2, _UNKNOWN)  # (N, C + 1) by class
        self._after_states: list[list[GrammarState]] = []
        self._dearest = 0  # of all costs so far
        self._growing = Lock()  # a state is numbered once all of its rows are there, also beside other threads
        self._number(grammar.start)

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> "Constraint":
        """The constraint of a tokenizer's answers."""
        return cls(tokenizer.target_grammar, tokenizer.vocabulary)

    @property
    def shortest(self) -> int:
        """Tokens of the shortest answer, EOS included."""
        return self._grammar.shortest(self._grammar.start) + 1

    def require_room(self, limit: int) -> None:
        """Refuse a limit, in tokens, into which not even the shortest answer fits.

        Raises:
            ConfigError: where it is one.
        """
        if limit < self.shortest:
            rule = f"`decoding.max_length` must be at least {self.shortest}, the tokens of the shortest answer"
            raise ConfigError([f"{rule}, but is {limit} instead."])

    def allowed(self, states: NDArray[np.int64], remaining: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which tokens can come next, (W, V).

        Args:
            states: of the answers, (W,).
            remaining: most tokens still to come, EOS among them, (W,).
        """
        affordable = (self._costs.cells[states] <= remaining[:, None]).sum(axis=1)
        return self._masks.cells[self._mask_of.cells[states, affordable]]

    def was_short_of_room(self, tokens: Sequence[int], limit: int) -> bool:
        """Whether a limit forbade something that the grammar allows, at some token of a finished answer or at its end.

        Args:
            tokens: of the answer, without EOS.
            limit: most tokens, EOS included.
        """
        if limit - len(tokens) > self._dearest:
            return False
        state = np.zeros(1, dtype=np.int64)
        for place in range(len(tokens) + 1):
            costs = self._costs.cells[state[0]]
            if ((costs > limit - place) & (costs < _NEVER)).any():
                return True
            if place < len(tokens):
                state = self.next(state, np.array(tokens[place : place + 1]))
        return False

    def next(self, states: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """The states after these tokens, which were allowed and are not EOS."""
        classes = self._patterns.classes.cells[self._pattern_of.cells[states, 0], tokens]
        after = self._after.cells[states, classes]
        if (new := np.flatnonzero(after == _UNKNOWN)).size:
            with self._growing:
                for place in new.tolist():
                    state, kind = int(states[place]), int(classes[place])
                    after[place] = self._number(self._after_states[state][kind])
                    self._after.cells[state, kind] = after[place]
        return after

    def _number(self, state: GrammarState) -> int:
        if state not in self._numbers:
            self._numbers[state] = len(self._numbers)
            self._add(state)
        return self._numbers[state]

    def _add(self, state: GrammarState) -> None:
        """A row of every table for a state."""
        steps, accepts = self._grammar.steps(state), self._grammar.accepts(state)
        pattern, classes = self._patterns.of([symbols for _, symbols in steps], accepts)
        after = [(steps[step][0], inner) for step, inner in classes]
        costs = [self._grammar.shortest(each) + 2 for each in after]
        payable = sorted({*costs, *([1] if accepts else [])})
        masks = [
            self._mask(pattern, tuple(kind for kind, cost in enumerate(costs, start=1) if cost <= most), accepts)
            for most in payable
        ]
        self._after_states.append([state, *after])
        self._dearest = max([self._dearest, *payable])
        self._pattern_of.add([pattern])
        self._costs.add(payable)
        self._mask_of.add([self._mask(pattern, (), False), *masks])
        self._after.add([_UNKNOWN] * (len(after) + 1))

    def _mask(self, pattern: int, classes: tuple[int, ...], accepts: bool) -> int:
        key = pattern, (*classes, *([_UNKNOWN] if accepts else []))
        if key not in self._mask_numbers:
            mask = np.isin(self._patterns.classes.cells[pattern], classes)
            mask[self._vocabulary.eos] = accepts
            self._mask_numbers[key] = self._masks.add(mask)
        return self._mask_numbers[key]


class AnyTokens(Constraint):
    """No grammar: every token but SOS and PAD, which stand in no answer.

    Args:
        vocabulary: symbols and their ids.
    """

    shortest = 1

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._possible = ~np.isin(np.arange(len(vocabulary)), [vocabulary.sos, vocabulary.pad])

    def allowed(self, states: NDArray[np.int64], remaining: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same for all."""
        return np.broadcast_to(self._possible, (len(states), len(self._possible)))

    def was_short_of_room(self, tokens: Sequence[int], limit: int) -> bool:
        """Nothing ends an answer for want of room: it is cut off, and is none."""
        return False

    def next(self, states: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """There is one state."""
        return states


class _Patterns:
    """The classes of tokens that states tell apart: class 0 cannot stand next.

    Args:
        vocabulary: symbols and their ids.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.classes = _Table(len(vocabulary), 0)
        self._meanings: list[list[tuple[int, State]]] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._kept: list[Sequence[Mapping[str, State]]] = []  # alive, so that no other mapping gets the same id

    def of(self, steps: Sequence[Mapping[str, State]], accepts: bool) -> tuple[int, list[tuple[int, State]]]:
        """The pattern of some mappings from symbols to states; of classes 1, 2 … the mapping and the state."""
        key = (accepts, *(id(step) if len(step) > 1 else tuple(step.items()) for step in steps))
        if key not in self._numbers:
            self._numbers[key] = len(self._kept)
            self._kept.append(steps)
            self._add(steps)
        number = self._numbers[key]
        return number, self._meanings[number]

    def _add(self, steps: Sequence[Mapping[str, State]]) -> None:
        classes, meanings = np.zeros(len(self._vocabulary), dtype=np.int64), []
        for number, step in enumerate(steps):
            first = len(meanings) + 1
            numbers = {state: first + place for place, state in enumerate(dict.fromkeys(step.values()))}
            meanings += [(number, state) for state in numbers]
            ids = self._vocabulary.ids(list(step))
            classes[ids] = [numbers[state] for state in step.values()] if len(numbers) > 1 else first
        self.classes.add(classes)
        self._meanings.append(meanings)


class _Table:
    """Rows that are added one by one.

    Args:
        width: columns to begin with.
        filling: what stands in cells of which nothing is known; the cells are of its type.
    """

    def __init__(self, width: int, filling: int | bool) -> None:
        self.cells = np.full((4, width), filling)
        self._filling, self._rows = filling, 0

    def add(self, row: Sequence[int] | NDArray[Any]) -> int:
        """Add a row, filled up on the right; returns its number."""
        height, width = self.cells.shape
        if self._rows == height or len(row) > width:
            wider = np.full((height * (1 + (self._rows == height)), max(width, len(row))), self._filling)
            wider[:height, :width] = self.cells
            self.cells = wider
        self.cells[self._rows, : len(row)] = row
        self._rows += 1
        return self._rows - 1
