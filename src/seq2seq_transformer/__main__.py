"""python -m seq2seq_transformer: the command line."""

import sys

from seq2seq_transformer.cli.main import command

sys.exit(command())
