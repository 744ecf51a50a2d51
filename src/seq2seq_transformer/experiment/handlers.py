"""Handling the signals that end a training. No torch here."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from seq2seq_transformer.errors import EXIT_CODES


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None], *, but: signal.Signals | None = None) -> Generator[None]:
    """While this is entered, those signals go to the handler.

    What the caller wants ignored stays so: a hangup under `nohup`, Ctrl-C in the background of a shell script.

    Args:
        handler: of them.
        but: one that goes where it went before.
    """
    before = {
        number: signal.signal(number, handler)
        for number in EXIT_CODES
        if number != but and signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
