"""make completion."""

from seq2seq_transformer.cli.completion import write

write()
