"""Small things that verbs say; light, so that a verb imports no more than it uses."""

import os
import sys


def note(message: str) -> None:
    """A remark beside the output proper, on standard error."""
    print(f"note: {message}", file=sys.stderr)


def discard_stdout() -> None:
    """Let what is still to be printed go nowhere, so that it cannot fail a second time when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def percent(fraction: float) -> str:
    """A fraction for people.

    >>> percent(0.99432)
    '99.4 %'
    """
    return f"{100 * fraction:.1f} %"
