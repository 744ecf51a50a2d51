"""Symbols and their ids: ordinary symbols first, then SOS, EOS, PAD."""

from collections.abc import Iterable, Sequence

from seq2seq_transformer.errors import MalformedTokensError

SPECIALS = ("<sos>", "<eos>", "<pad>")


class Vocabulary:
    """One numbering of symbols, shared by source and target.

    Args:
        symbols: ordinary symbols, in order, without repetition.
    """

    def __init__(self, symbols: Iterable[str]) -> None:
        self.symbols = [*symbols, *SPECIALS]
        self._ids = {symbol: number for number, symbol in enumerate(self.symbols)}
        assert len(self._ids) == len(self.symbols), "a vocabulary holds each symbol once"
        self.sos, self.eos, self.pad = (self._ids[special] for special in SPECIALS)

    def __len__(self) -> int:
        return len(self.symbols)

    def ids(self, symbols: Sequence[str]) -> list[int]:
        """Symbols to ids."""
        return [self._ids[symbol] for symbol in symbols]

    def spell(self, ids: Sequence[int]) -> list[str]:
        """Ids to symbols.

        Raises:
            MalformedTokensError: where an id is none of the vocabulary's.
        """
        for position, number in enumerate(ids):
            if not 0 <= number < len(self.symbols):
                raise MalformedTokensError(position, f"an id from 0 to {len(self.symbols) - 1}", str(number))
        return [self.symbols[number] for number in ids]
