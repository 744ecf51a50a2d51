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


def percent(fraction: float) -> str:
    """A fraction for people; all and nothing are only said where they are meant.

    >>> percent(0.99432), percent(0.9996), percent(1)
    ('99.4 %', '> 99.9 %', '100.0 %')
    """
    if 0.9995 <= fraction < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < fraction < 0.0005 else f"{100 * fraction:.1f} %"
