"""Options in sections, `--section.name value`, taken out of the words before the rest is parsed."""

from collections.abc import Sequence

from seq2seq_transformer.experiment.layers import TOP_LEVEL

Pair = tuple[str, str, str | None]
"""Section ("" for what lies outside the sections), name and text of an option; None: it came without one."""


def take_pairs(words: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """Split words into (section, name, value) and the rest.

    >>> take_pairs(["train", "patterns", "--training.epochs", "3", "--seed=1"])
    ([('training', 'epochs', '3'), ('', 'seed', '1')], ['train', 'patterns'])
    """
    pairs: list[Pair] = []
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, joined = word.removeprefix("--").partition("=")
        value: str | None = joined
        section, dot, name = flag.rpartition(".")
        if not word.startswith("--") or not (dot or flag in TOP_LEVEL):
            rest.append(word)
            continue
        if not equals:
            value = waiting.pop(0) if waiting and not waiting[0].startswith("--") else None
        if not dot:
            section, name = "", flag
        pairs.append((section, name, value))
    return pairs, rest
