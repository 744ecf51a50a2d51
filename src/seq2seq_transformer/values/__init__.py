"""The numbers the project speaks of: types of values, examples, batches of them, and their hash. NumPy only."""

from seq2seq_transformer.values.batches import (
    DigitBatch,
    ExampleBatch,
    IntBatch,
    ListBatch,
    ValueBatch,
    concatenate,
    count_terms,
    pack,
)
from seq2seq_transformer.values.hashing import stable_hash
from seq2seq_transformer.values.scalars import Float, Integer, Range, Symbol
from seq2seq_transformer.values.text import from_python, parse_type, parse_value, to_json, to_text
from seq2seq_transformer.values.types import (
    Example,
    Matrix,
    Scalar,
    Tuple,
    Value,
    ValueType,
    Vector,
    flat,
    has_floats,
    has_negative,
    scalars_of,
)

__all__ = [
    "DigitBatch",
    "Example",
    "ExampleBatch",
    "Float",
    "IntBatch",
    "Integer",
    "ListBatch",
    "Matrix",
    "Range",
    "Scalar",
    "Symbol",
    "Tuple",
    "Value",
    "ValueBatch",
    "ValueType",
    "Vector",
    "concatenate",
    "count_terms",
    "flat",
    "from_python",
    "has_floats",
    "has_negative",
    "pack",
    "parse_type",
    "parse_value",
    "scalars_of",
    "stable_hash",
    "to_json",
    "to_text",
]
