"""No positions: tokens are told apart by what they are, and in the decoder by what came before."""

from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS, PositionalEncodingBase


@POSITIONAL_ENCODINGS.register
class NoPositions(PositionalEncodingBase):
    """Nothing: attention sees content alone (Kazemnejad et al. 2023, arXiv 2305.19466)."""
