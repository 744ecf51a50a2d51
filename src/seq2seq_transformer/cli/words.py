"""Options in sections, `--section.name value`, taken out of the words before the rest is parsed."""

from collections.abc import Sequence

from seq2seq_transformer.errors import ConfigError, unknown_name
from seq2seq_transformer.experiment.layers import SECTIONS, TOP_LEVEL

Pair = tuple[str, str, str]
"""Section ("" for what lies outside the sections), name and text of an option."""


def take_pairs(words: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """Split words into (section, name, value) and the rest.

    >>> take_pairs(["train", "patterns", "--training.epochs", "3", "--seed=1"])
    ([('training', 'epochs', '3'), ('', 'seed', '1')], ['train', 'patterns'])

    Raises:
        ConfigError: for every section that does not exist.
    """
    pairs: list[Pair] = []
    rest: list[str] = []
    problems: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.removeprefix("--").partition("=")
        section, dot, name = flag.partition(".")
        if not word.startswith("--") or not (dot or flag in TOP_LEVEL):
            rest.append(word)
            continue
        if not equals:
            value = waiting.pop(0) if waiting and not waiting[0].startswith("--") else "true"
        if not dot:
            section, name = "", flag
        elif section not in SECTIONS:
            problems.append(f"{word}: {unknown_name('section', section, SECTIONS)}")
        pairs.append((section, name, value))
    if problems:
        raise ConfigError(problems)
    return pairs, rest
