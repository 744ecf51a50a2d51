"""Each number of a small range, and each name, is one symbol."""

from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS, NumberEncoding
from seq2seq_transformer.tokenization.spelling import Spelling
from seq2seq_transformer.values import Scalar


@NUMBER_ENCODINGS.register
class Symbolic(NumberEncoding):
    """One symbol a term: 1 0 12 is spelled "1" "0" "12"; for ranges and symbols.

    >>> from seq2seq_transformer.values import Range, Vector
    >>> Symbolic().encode([1, 0, 12], Vector(Range(0, 100)))
    ['1', '0', '12']
    """

    def spelling(self, kind: Scalar) -> Spelling | None:
        """None: integers of any size and floats have no symbol each."""
        return None
