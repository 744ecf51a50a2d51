"""The sections [encoding], [encoding.source] and [encoding.target]: which encodings spell a problem's numbers."""

from typing import Any

from seq2seq_transformer.data.stored import SIDES
from seq2seq_transformer.errors import unknown_name
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.tokenization.base import NUMBER_ENCODINGS
from seq2seq_transformer.tokenization.tokenizer import Tokenizer, choose_encodings
from seq2seq_transformer.values import ValueType

_AUTO = "auto"
"""Instead of a name: what suits the types."""


def check_names(sections: Sections) -> None:
    """Note each encoding that is named but does not exist."""
    for section in ("encoding", *(f"encoding.{side}" for side in SIDES)):
        name = sections.given(section, "name")
        if name not in (None, _AUTO, *NUMBER_ENCODINGS.names()):
            known = [_AUTO, *NUMBER_ENCODINGS.names()]
            sections.note(section, "name", unknown_name(NUMBER_ENCODINGS.kind, str(name), known))


def _named(sections: Sections, side: str, chosen: str) -> str:
    """The name for a side: its own, or that for both, or the chosen one where that is auto."""
    name = sections.given(f"encoding.{side}", "name") or sections.given("encoding", "name") or _AUTO
    return chosen if name == _AUTO else str(name)


def build_tokenizer(sections: Sections, source: ValueType, target: ValueType) -> Tokenizer | None:
    """The tokenizer that the sections ask for; None where they cannot be, with the problems noted.

    An option in [encoding] goes to each side whose encoding has it; one in [encoding.source] to that side alone.
    """
    names = [
        _named(sections, side, chosen) for side, chosen in zip(SIDES, choose_encodings(source, target), strict=True)
    ]
    if not all(name in NUMBER_ENCODINGS.names() for name in names):
        return None  # the names have been checked before
    options = [NUMBER_ENCODINGS.options(str(name)) for name in names]
    either = list({option.name: option for side in options for option in side}.values())
    common = sections.bind("encoding", either, leave="name")
    chosen: list[dict[str, Any]] = []
    for side, own in zip(SIDES, options, strict=True):
        given = common | sections.bind(f"encoding.{side}", own, leave="name")
        chosen.append({option.name: given.get(option.name, option.default) for option in own})
    with sections.collecting():
        return Tokenizer(source, target, str(names[0]), chosen[0], str(names[1]), chosen[1])
    return None
