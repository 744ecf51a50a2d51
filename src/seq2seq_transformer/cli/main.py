"""seq2seq: from words typed to a verb's function, and from an exception to one clear screen and an exit code.

What must answer at once (--version, --completion) is answered before the command-line library is imported.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from seq2seq_transformer import __version__
from seq2seq_transformer.cli.notes import discard, say
from seq2seq_transformer.errors import (
    EXIT_CODES,
    Seq2SeqError,
    Stopped,
    TrainingError,
    explain_import,
    is_out_of_memory,
)
from seq2seq_transformer.training.environment import follows


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code of the contract."""
    words = sys.argv[1:] if words is None else list(words)
    _prepare_streams()
    try:
        code = _answer(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _complain(130, "interrupted.")
    except BrokenPipeError:
        discard(sys.stdout)
        return 0
    except Seq2SeqError as error:
        if isinstance(error, (Stopped, TrainingError)) and follows(os.environ):
            return error.exit_code  # all ranks agree on it, and the first one says it
        return _complain(error.exit_code, str(error))
    except ImportError as error:
        if (problem := explain_import(error, f"`seq2seq {words[0]}`")) is None:
            raise
        return _complain(2, str(problem))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        try:
            sys.stdout.flush()
        except OSError:
            discard(sys.stdout)
        return _complain(1, f"{place}{error.strerror or error}.")
    except Exception as error:
        if isinstance(error, (MemoryError, RuntimeError)) and is_out_of_memory(error):
            rule = "there is not enough memory for this; make the model, the batch or the lengths smaller."
            return _complain(1, rule)
        from seq2seq_transformer.tasks.user_files import place_in_user_file

        if not (place := place_in_user_file(error)):
            raise
        reason = f"{type(error).__name__}: {error}"
        return _complain(2, f"{place} must not fail, but does: {reason}. With SEQ2SEQ_TRACEBACK=1 all of it is shown.")


def command() -> int:
    """The command of this name. Once it has come to its end, a signal can no longer change what it ends with."""
    code = main()
    for number in EXIT_CODES:
        signal.signal(number, signal.SIG_IGN)
    return code


def _prepare_streams() -> None:
    """A stream that the caller closed reads and writes nothing; a terminal without ✓ shows ? instead."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _answer(words: list[str]) -> int:
    if words[:1] in (["--version"], ["-V"]):
        print(f"seq2seq-transformer {__version__}")
        return 0
    if words[:1] == ["--completion"]:
        from seq2seq_transformer.cli import completion

        print(completion.read(words[1] if len(words) > 1 else ""), end="")
        return 0
    from seq2seq_transformer.cli.app import run

    return run([*words[1:], "--help"] if words[:1] == ["help"] else words)


def _complain(code: int, message: str) -> int:
    if os.environ.get("SEQ2SEQ_TRACEBACK") == "1":
        import traceback

        traceback.print_exc()
    rank = f"rank {os.environ['RANK']}: " if follows(os.environ) else ""
    for line in message.splitlines():
        say(f"seq2seq: {rank}{line}")
    return code
