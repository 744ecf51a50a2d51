"""Signals that come before the first step of a training."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from seq2seq_transformer.errors import EXIT_CODES, Stopped
from seq2seq_transformer.experiment.handlers import handled


class _Signalled(BaseException):
    """A signal came. Not an Exception: a task file that is being executed is not at fault."""


@contextmanager
def nothing_trained_yet() -> Generator[None]:
    """A signal ends what comes before the training, which notes signals itself; Ctrl-C does so anyway."""
    code = 0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal code
        code = EXIT_CODES[signal.Signals(number)]
        raise _Signalled

    try:
        with handled(stop, but=signal.SIGINT):
            yield
    except (_Signalled, Exception) as error:
        if not code:
            raise
        raise Stopped(code, "stopped before the first step: nothing new has been trained.") from error
