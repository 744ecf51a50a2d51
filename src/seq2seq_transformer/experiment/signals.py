"""Signals that end a training: they are noted, and the training stops by itself at the next step, saved."""

import os
import signal
from types import FrameType, TracebackType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 75}


class StopRequest:
    """While this context is entered, the first signal is noted and a second Ctrl-C ends the process at once."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
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

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.exit_code is not None and number == signal.SIGINT:
            os._exit(130)
        self.exit_code = EXIT_CODES[signal.Signals(number)]
