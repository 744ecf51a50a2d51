"""Every exception the package raises on purpose, as one tree.

A message says what was expected, what was given and, where that helps, what to type next. Each class carries the exit
code that the command line ends with.
"""

import shlex
import signal
from collections.abc import Iterable, Sequence

EXIT_CODES = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 75}
"""What a process ends with that such a signal stopped, saved."""
TORCH_EXTRA = ("torch", "jaxtyping", "safetensors")
"""What the extra `torch` brings."""


class Seq2SeqError(Exception):
    """The root: anything this package raises deliberately."""

    exit_code = 1


def typed(path: object) -> str:
    """A path as a shell takes it: in quotes where it needs them."""
    return shlex.quote(str(path))


class UserError(Seq2SeqError):
    """Something the user gave cannot be used; the message says how to go on."""

    exit_code = 2


class ConfigError(UserError):
    """Options, a configuration file or the environment hold one problem or several.

    Args:
        problems: one sentence each; all are shown.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class UnknownNameError(ConfigError):
    """A name that is not registered.

    Args:
        kind: what was looked for, such as "task".
        name: what was given.
        known: the names there are.
    """

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        super().__init__([unknown_name(kind, name, known)])


class InputError(UserError):
    """A sequence or value that the model or task cannot take."""


class MalformedTokensError(Seq2SeqError):
    """A token sequence that spells no value of the type.

    Args:
        position: index of the first wrong token; the length of the sequence where it ends too early.
        expected: what could have stood there.
        found: what stood there.
    """

    def __init__(self, position: int, expected: str, found: str) -> None:
        self.position = position
        super().__init__(f"token {position} must be {expected}, but is {found} instead.")


class FileError(UserError):
    """A file or folder cannot be read or written as asked."""


class RunError(UserError):
    """A run directory is not what the command needs."""


class DamagedError(UserError):
    """A saved model or checkpoint is incomplete or has changed since it was written."""


class MissingExtraError(UserError):
    """An optional dependency is not installed.

    Args:
        purpose: what needs it.
        extra: the extra of this package that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the extra `{extra}`: pip install 'seq2seq-transformer[{extra}]'")


def explain_import(error: ImportError, purpose: str) -> UserError | None:
    """What to say where something of the extra `torch` cannot be imported; None where it is something else.

    Args:
        error: of the import.
        purpose: what needs it.
    """
    package = (error.name or "").partition(".")[0]
    if package not in TORCH_EXTRA:
        return None
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        return MissingExtraError(purpose, "torch")
    again = f"Install it anew: pip install --force-reinstall {package}"
    return UserError(f"{package} is installed, but cannot be imported: {error}. {again}")


class ExportError(Seq2SeqError):
    """An exported model does not say what the model says."""


class TrainingError(Seq2SeqError):
    """Training cannot go on."""


class LostRankError(Seq2SeqError):
    """Another process of the same training has ended."""


class Stopped(Seq2SeqError):
    """A signal ended the work; everything worth keeping has been saved.

    Args:
        exit_code: 129 hung up, 130 interrupted, 143 terminated, 75 preempted.
        message: what was saved and how to go on.
    """

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Problems:
    """Collects sentences, then raises one ConfigError with all of them, so a user sees every mistake at once.

    >>> problems = Problems()
    >>> problems.require(0 > 1, "`epochs` must be at least 1", 0)
    >>> problems.sentences
    ['`epochs` must be at least 1, but is 0 instead.']
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def require(self, condition: bool, rule: str, given: object) -> None:
        """Note a problem unless the condition holds."""
        if not condition:
            self.sentences.append(f"{rule}, but is {given!r} instead.")

    def raise_if_any(self) -> None:
        """Raise ConfigError where a problem was noted."""
        if self.sentences:
            raise ConfigError(self.sentences)


def nearest(name: str, known: Sequence[str]) -> str:
    """A question about the known name that is nearest, with a blank before it; "" where none is near.

    >>> nearest("adan", ["adam", "sgd"])
    " Did you mean 'adam'?"
    """
    import difflib  # imported late: most commands meet no unknown name

    found = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {found[0]!r}?" if found else ""


def unknown_name(kind: str, name: str, known: Sequence[str]) -> str:
    """The sentence for a name that does not exist: the nearest one, then all.

    >>> unknown_name("task", "paterns", ["gcd", "patterns"])
    "there is no task 'paterns'. Did you mean 'patterns'? Known: gcd, patterns."
    """
    return f"there is no {kind} {name!r}.{nearest(name, known)} Known: {', '.join(known) or 'none'}."


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out; PyTorch says so in words only."""
    return isinstance(error, MemoryError) or "alloc" in str(error) or "out of memory" in str(error)
