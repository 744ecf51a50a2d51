"""The grammar of whole values: the automaton that accepts exactly their spellings, and knows how to end in time."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from seq2seq_transformer.errors import MalformedTokensError
from seq2seq_transformer.tokenization.form import Form, Place, parts_of
from seq2seq_transformer.tokenization.spelling import Spelling, State
from seq2seq_transformer.values import Matrix, Scalar, Tuple, Value, ValueType, Vector
from seq2seq_transformer.values.scalars import BETWEEN_ITEMS
from seq2seq_transformer.values.text import is_flat

END = "<eos>"
"""The symbol that ends a value."""

GrammarState: TypeAlias = tuple[Place, State]
"""Where in the value the present number stands, and the state of its spelling."""
_Move: TypeAlias = Literal["go on", "separate", "begin"]
"""What a symbol does: belong to the number in progress, come before the next one, or be its first."""


class Grammar:
    """All spellings of a type.

    Args:
        value_type: the type.
        spelling_of: how one number is spelled.
        separators: "auto": between numbers only where they would run together; "always": between all.
    """

    def __init__(
        self, value_type: ValueType, spelling_of: Callable[[Scalar], Spelling], separators: str = "auto"
    ) -> None:
        parts = parts_of(value_type)
        self._is_tuple = isinstance(value_type, Tuple)
        self._spellings = [spelling_of(part.item if isinstance(part, (Vector, Matrix)) else part) for part in parts]
        is_row = isinstance(value_type, Tuple) and is_flat(value_type)
        following = [*self._spellings[1:], self._spellings[-1]] if is_row else self._spellings
        between = [
            "" if separators == "auto" and own.ends_before(other) else BETWEEN_ITEMS
            for own, other in zip(self._spellings, following, strict=True)
        ]
        self.form = Form(value_type, between, [spelling.shortest(spelling.start) for spelling in self._spellings])

    @cached_property
    def start(self) -> GrammarState:
        """The state before the first symbol."""
        return Place(), self._spellings[0].start

    @cached_property
    def symbols(self) -> list[str]:
        """Every symbol that a value can need, in a fixed order: those of numbers first."""
        of_numbers = [symbol for spelling in self._spellings for symbol in spelling.symbols]
        return list(dict.fromkeys([*of_numbers, *self.form.symbols]))

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each among the symbols."""
        return {symbol: place for place, symbol in enumerate(self.symbols)}

    @cached_property
    def roles(self) -> dict[str, str]:
        """What each symbol is, in a letter.

        d: digit of a number, +: sign, ",": separator; of symbols that stand alone n: a number, (: one that opens or is
        put on a stack, ): one that closes or takes from a stack, o: any other.
        """
        stack = any(symbol.startswith("push") for symbol in self.symbols)
        found = {symbol: _role(symbol, stack) for symbol in self.symbols} | dict.fromkeys(self.form.symbols, ",")
        for spelling in self._spellings:
            found |= dict.fromkeys(spelling.signs, "+") | dict.fromkeys(spelling.digits, "d")
        return found

    @property
    def digit_spelling(self) -> Spelling | None:
        """How numbers of several digits are spelled; None where there are none."""
        return next((spelling for spelling in self._spellings if spelling.digits), None)

    @property
    def only_spelling(self) -> Spelling | None:
        """The spelling of every number, where the type is no tuple."""
        return None if self._is_tuple else self._spellings[0]

    def spell(self, value: Value) -> list[str]:
        """The symbols of a value of the type, which has been checked."""
        found: list[str] = []
        for before, part, number in self.form.numbers(value):
            if before:
                found.append(before)
            found += self._spellings[part].spell(number)
        return found

    def read(self, symbols: Sequence[str]) -> Value:
        """The value that symbols spell.

        Raises:
            MalformedTokensError: with the position of the first symbol that cannot stand there, and what could.
        """
        state = self.start
        numbers: list[tuple[str, int, list[str]]] = [("", 0, [])]
        for position, symbol in enumerate(symbols):
            edge = self._edges(state).get(symbol)
            if edge is None:
                raise MalformedTokensError(position, self._expected(state), repr(symbol))
            state, move = edge
            if move == "go on":
                numbers[-1][2].append(symbol)
            elif move == "separate":
                numbers.append((symbol, state[0].part, []))
            else:
                numbers.append(("", state[0].part, [symbol]))
        if not self.accepts(state):
            raise MalformedTokensError(len(symbols), self._expected(state), "the end")
        return self.form.build([(before, self._spellings[part].read(spelled)) for before, part, spelled in numbers])

    def next(self, state: GrammarState, symbol: str) -> GrammarState | None:
        """The state after a symbol; None where it cannot stand there."""
        edge = self._edges(state).get(symbol)
        return edge and edge[0]

    def accepts(self, state: GrammarState) -> bool:
        """Whether the symbols so far spell a value."""
        place, inner = state
        return self._spellings[place.part].accepts(inner) and self.form.may_end(place)

    def shortest(self, state: GrammarState) -> int:
        """Fewest symbols that complete a value from here, END left out."""
        place, inner = state
        return self._spellings[place.part].shortest(inner) + self.form.rest(place)

    def allowed(self, state: GrammarState, remaining: int) -> list[str]:
        """The symbols that can stand next such that a well-formed value still ends in time.

        Args:
            state: where the value stands.
            remaining: most symbols still to come, END among them.
        """
        costs = self._costs(state)
        return self._allowed(state, min(remaining, max((cost for _, cost in costs), default=1)))

    @lru_cache(maxsize=4096)  # noqa: B019 (a grammar lives as long as its tokenizer)
    def _allowed(self, state: GrammarState, remaining: int) -> list[str]:
        found = [symbol for symbol, cost in self._costs(state) if cost <= remaining]
        return [*found, END] if self.accepts(state) and remaining >= 1 else found

    @lru_cache(maxsize=4096)  # noqa: B019
    def _costs(self, state: GrammarState) -> list[tuple[str, int]]:
        """Each symbol that can stand next, with the fewest symbols to the end through it: itself and END included."""
        return [(symbol, self.shortest(after) + 2) for symbol, (after, _) in self._edges(state).items()]

    @lru_cache(maxsize=4096)  # noqa: B019
    def _edges(self, state: GrammarState) -> dict[str, tuple[GrammarState, _Move]]:
        """Each symbol that can stand next, with the state after it and what it does."""
        (_, own), *_ = steps = self.steps(state)
        found: dict[str, tuple[GrammarState, _Move]] = {}
        for place, symbols in steps:
            start = self._spellings[place.part].start
            for symbol, after in symbols.items():
                found[symbol] = (place, after), "go on" if symbol in own else "separate" if after == start else "begin"
        return found

    def steps(self, state: GrammarState) -> list[tuple[Place, Mapping[str, State]]]:
        """The symbols that can stand next, END aside, each with the state of its spelling after it.

        They come in groups, each with the place of the number that they belong to.
        """
        place, inner = state
        spelling = self._spellings[place.part]
        found = [(place, spelling.follow(inner))]
        if not spelling.accepts(inner):
            return found
        for separator, following in self.form.after(place):
            other = self._spellings[following.part]
            found.append((following, {separator: other.start} if separator else other.follow(other.start)))
        return found

    def _expected(self, state: GrammarState) -> str:
        place, inner = state
        spelling = self._spellings[place.part]
        options = [spelling.expected] if spelling.follow(inner) else []
        if spelling.accepts(inner):
            options += [f"{separator!r}" if separator else "another term" for separator, _ in self.form.after(place)]
            options += ["the end"] if self.form.may_end(place) else []
        return " or ".join(dict.fromkeys(options))


def _role(symbol: str, stack: bool) -> str:
    """The role of a symbol that stands alone, told by its name; where there is a stack, a number is on it."""
    if symbol == "(" or symbol.startswith("push") or (stack and symbol.isdigit()):
        return "("
    if symbol == ")" or symbol == "pop":
        return ")"
    return "n" if symbol.lstrip("-").isdigit() else "o"
