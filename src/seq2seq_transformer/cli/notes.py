"""Small things that verbs say; light, so that a verb imports no more than it uses."""

import os
import sys
from typing import TextIO


def note(message: str) -> None:
    """A remark beside the output proper."""
    say(f"note: {message}")


def say(line: str) -> None:
    """A line on standard error; where nobody reads it any more, the work goes on without."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let what is still to be printed go nowhere, so that it cannot fail a second time when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def follows() -> bool:
    """Whether this is one of several processes that train together, and not the one that shows."""
    return os.environ.get("WORLD_SIZE", "1") != "1" and os.environ.get("RANK", "0") != "0"


def percent(fraction: float) -> str:
    """A fraction for people.

    >>> percent(0.99432)
    '99.4 %'
    """
    return f"{100 * fraction:.1f} %"
