"""Tab-separated values, with a line of names first."""

from seq2seq_transformer.data.formats.base import FORMATS
from seq2seq_transformer.data.formats.csv import Csv


@FORMATS.register
class Tsv(Csv):
    """As csv, with tabs between the columns."""

    suffixes = (".tsv",)
    delimiter = "\t"
