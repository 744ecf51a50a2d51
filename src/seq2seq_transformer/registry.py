"""Registry: a family of interchangeable entries, each a class in a file of the family's folder.

Putting a file into the folder is all it takes: the registry finds it, and the file's name is the entry's name.
"""

import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from seq2seq_transformer.errors import MissingExtraError, UnknownNameError, explain_import

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])


@dataclass(frozen=True)
class Option:
    """A keyword-only parameter of an entry: what a user can set.

    `annotation` is its type, `default` its value where nothing is set (`inspect.Parameter.empty`: it must be given)
    and `doc` one sentence.
    """

    name: str
    annotation: Any
    default: Any
    doc: str


class Registry(Generic[T]):
    """The entries of one kind, by name.

    Args:
        kind: what an entry is called in messages, such as "task".
        package: dotted name of the folder whose files are entries; None where entries are registered by hand.
        suffix: ending of the file names that is not part of the entry's name.
    """

    def __init__(self, kind: str, package: str | None = None, suffix: str = "") -> None:
        self.kind = kind
        self._package = package
        self._suffix = suffix
        self._entries: dict[str, Callable[..., T]] = {}

    def register(self, entry: C) -> C:
        """Decorator: make a class or function known under the name of its file; by hand and from a script, its own."""
        module = entry.__module__.rpartition(".")[2].removesuffix(self._suffix)
        by_script = entry.__module__ == "__main__"  # or a notebook, whose cells are run again
        name = module if self._package and not by_script else entry.__name__
        assert by_script or name not in self._entries, f"the {self.kind} {name!r} is registered twice"
        self._entries[name] = entry
        return entry

    def get(self, name: str) -> Callable[..., T]:
        """The entry of this name.

        Raises:
            UnknownNameError: with the nearest name and all known ones.
        """
        if name not in self._entries:
            self._import_file(name)
        if name not in self._entries:
            self._import_files()
        if name not in self._entries:
            raise UnknownNameError(self.kind, name, self.names())
        return self._entries[name]

    def build(self, name: str, /, **options: Any) -> T:
        """Make the entry of this name with these options."""
        return self.get(name)(**options)

    def names(self) -> list[str]:
        """All names, sorted."""
        self._import_files()
        return sorted(self._entries)

    def options(self, name: str) -> list[Option]:
        """The keyword-only parameters of the entry, in order, with the sentences of its docstring."""
        return options_of(self.get(name))

    def summary(self, name: str) -> str:
        """The first line of the entry's docstring."""
        return (inspect.getdoc(self.get(name)) or "").partition("\n")[0]

    def _import_file(self, name: str) -> None:
        """Import the entry's own file, so that one entry does not cost the import of all."""
        module = f"{self._package}.{name}{self._suffix}"
        if self._package is not None and name.isidentifier() and importlib.util.find_spec(module):
            importlib.import_module(module)

    def _import_files(self) -> None:
        """Import all that can be; an entry whose library is not installed is left out, until it is asked for."""
        if self._package is None:
            return
        folder = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(folder.__path__, prefix=f"{self._package}."):
            if module.name.endswith(self._suffix):
                try:
                    importlib.import_module(module.name)
                except ModuleNotFoundError as error:
                    if not isinstance(explain_import(error, self.kind), MissingExtraError):
                        raise


def _signature(entry: Callable[..., Any]) -> inspect.Signature:
    """The signature with annotations as types, also where a module has them as strings."""
    try:
        return inspect.signature(entry, eval_str=True)
    except NameError:
        return inspect.signature(entry)


def options_of(entry: Callable[..., Any]) -> list[Option]:
    """The keyword-only parameters of a class or function, documented by its docstring or those under its fields."""
    return list(_options_of(entry))


@cache
def _options_of(entry: Callable[..., Any]) -> tuple[Option, ...]:
    """The same, read from the source once: it takes as long as a training step."""
    from docstring_parser import parse_from_object  # imported late: a command that shows no options starts faster

    # The dataclasses it derives from come first, so that its own sentence wins.
    bases = [base for base in inspect.getmro(entry)[:0:-1] if is_dataclass(base)] if inspect.isclass(entry) else []
    docs = {
        param.arg_name: param.description or "" for item in (*bases, entry) for param in parse_from_object(item).params
    }
    return tuple(
        Option(parameter.name, parameter.annotation, parameter.default, " ".join(docs.get(parameter.name, "").split()))
        for parameter in _signature(entry).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    )
