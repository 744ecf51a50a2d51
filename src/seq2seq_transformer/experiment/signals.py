"""Signals that end a training: noted while its state changes, obeyed at once where nothing can be lost."""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType

from seq2seq_transformer.errors import EXIT_CODES
from seq2seq_transformer.experiment.handlers import handled
from seq2seq_transformer.training.ranks import Ranks


class Interrupted(BaseException):
    """A signal came where it is obeyed at once. Not an Exception: nobody takes it for a fault and goes on."""


class StopRequest:
    """While this context is entered, the first signal is noted and a second Ctrl-C ends the process at once.

    Args:
        ranks: the processes that train together; none ends before all have agreed on it.
    """

    def __init__(self, ranks: Ranks | None = None) -> None:
        self._ranks = ranks or Ranks()
        self._at_once = self._raised = False
        self._handlers = ExitStack()

    @property
    def exit_code(self) -> int | None:
        """What the training is to end with; None while it is to go on."""
        return self._ranks.agreed if self._ranks.agreed in EXIT_CODES.values() else None

    def __enter__(self) -> "StopRequest":
        self._handlers.enter_context(handled(self._note))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handlers.close()

    @contextmanager
    def obeyed_at_once(self) -> Generator[None]:
        """A part in which a signal raises Interrupted, one that came before it as well; not where others would wait."""
        self._at_once = self._ranks.world == 1
        try:
            if self._at_once and self.exit_code is not None:
                raise Interrupted
            yield
        except Exception as error:
            if self._raised:  # Python itself makes RuntimeErrors of what comes up where a class is made
                raise Interrupted from error
            raise
        finally:
            self._at_once = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._ranks.wish in EXIT_CODES.values() and number == signal.SIGINT:
            os._exit(130)
        self._ranks.ask(EXIT_CODES[signal.Signals(number)])
        if self._at_once:
            self._at_once, self._raised = False, True
            raise Interrupted
