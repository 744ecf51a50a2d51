"""Signals that end a training: noted while its state changes, obeyed at once where nothing can be lost."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 75}


class Interrupted(BaseException):
    """A signal came where it is obeyed at once. Not an Exception: nobody takes it for a fault and goes on."""


class StopRequest:
    """While this context is entered, the first signal is noted and a second Ctrl-C ends the process at once."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._at_once = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        for number in EXIT_CODES:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def obeyed_at_once(self) -> Iterator[None]:
        """A part in which a signal raises Interrupted, one that came before it as well."""
        self._at_once = True
        try:
            if self.exit_code is not None:
                raise Interrupted
            yield
        finally:
            self._at_once = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.exit_code is not None and number == signal.SIGINT:
            os._exit(130)
        self.exit_code = EXIT_CODES[signal.Signals(number)]
        if self._at_once:
            self._at_once = False
            raise Interrupted
