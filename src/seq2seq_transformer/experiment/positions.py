"""The sections [model.positions] and [model.positions.encoder], [….cross], [….decoder]: how a model knows positions."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from seq2seq_transformer.errors import ConfigError, unknown_name
from seq2seq_transformer.experiment.layers import POSITIONS
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.model.config import ATTENTIONS, PositionsConfig, TransformerConfig
from seq2seq_transformer.registry import Option, options_of

AUTO = "auto"
COMMON_OPTIONS = [option for option in options_of(PositionsConfig) if option.name not in ("name", "options")]


def read_positions(sections: Sections, default: str) -> dict[str, PositionsConfig] | str | None:
    """How each attention knows positions; AUTO where that is to be found out, None where the sections are faulty.

    An option in [model.positions] goes to each attention whose encoding has it; one in [model.positions.cross] to that
    attention alone.
    """
    given = sections.given(POSITIONS, "name") or default
    names = {attention: str(sections.given(_of(attention), "name") or given) for attention in ATTENTIONS}
    if AUTO in names.values():
        for section in (POSITIONS, *map(_of, ATTENTIONS)):
            for name in sections.names_given(section):
                if section != POSITIONS or name != "name":
                    sections.note(section, name, "where positions are chosen (auto), they have no options.")
        return AUTO
    options = {attention: _options(sections, attention, name) for attention, name in names.items()}
    if any(known is None for known in options.values()):
        return None
    every = {option.name: option for known in options.values() for option in known or ()}
    common = sections.bind(POSITIONS, list(every.values()), leave="name")
    found = {}
    for attention, known in options.items():
        values = common | sections.bind(_of(attention), known or (), leave="name")
        chosen = {option.name: values.get(option.name, option.default) for option in known or ()}
        found[attention] = sections.build(_config_of, {"name": names[attention], "values": chosen})
    if None in found.values():
        return None
    if _adds(names["cross"]) and found["cross"].channels != found["encoder"].channels:
        rule = f"the encoding {names['cross']} adds to embeddings, so cross-attention has no channels of its own."
        sections.note(_of("cross"), "channels", rule)
    return found


def check_model(sections: Sections, config: TransformerConfig) -> None:
    """Note what cannot be built of a model's positions, and channels that its tokens do not have."""
    from seq2seq_transformer.model.located import Positions
    from seq2seq_transformer.model.positions import CHANNELS

    with sections.collecting():
        problems = [
            unknown_name(CHANNELS.kind, name, CHANNELS.names())
            for name in dict.fromkeys(n for a in ATTENTIONS for n in config.positions_of(a).channels)
            if name not in CHANNELS.names()
        ]
        target = [name for a in ("cross", "decoder") for name in config.positions_of(a).channels]
        roles = config.token_roles
        places = [name for name in ("digit", "digit_first", "digit_last") if name in target]
        if places and not (roles.target_least_first or roles.target_width):
            problems.append(
                f"the channel `{places[0]}` needs answers whose least significant digit comes first, or of fixed "
                "width. Add: --encoding.target.order least"
            )
        if problems:
            raise ConfigError(problems)
        Positions(config)


def positions_to_toml(config: TransformerConfig) -> dict[str, Any]:
    """The sections, as `read_positions` reads them."""
    found = {}
    for attention in ATTENTIONS:
        one = config.positions_of(attention)
        values = {each.name: getattr(one, each.name) for each in fields(one) if each.name != "options"}
        found[attention] = {**values, **one.options}
    return found


def _adds(name: str) -> bool:
    from seq2seq_transformer.model.positional_encodings.base import POSITIONAL_ENCODINGS

    return bool(getattr(POSITIONAL_ENCODINGS.get(name), "adds", False))


def _of(attention: str) -> str:
    return f"{POSITIONS}.{attention}"


def _options(sections: Sections, attention: str, name: str) -> Sequence[Option] | None:
    """What can be set for an attention; None where its encoding does not exist."""
    from seq2seq_transformer.model.positional_encodings.base import BASE_OPTIONS, POSITIONAL_ENCODINGS

    if name not in POSITIONAL_ENCODINGS.names():
        section = _of(attention) if "name" in sections.names_given(_of(attention)) else POSITIONS
        known = [*POSITIONAL_ENCODINGS.names(), AUTO]
        sections.note_once(section, "name", unknown_name(POSITIONAL_ENCODINGS.kind, name, known))
        return None
    own = [option for option in POSITIONAL_ENCODINGS.options(name) if option.name not in BASE_OPTIONS]
    return [*COMMON_OPTIONS, *own]


def _config_of(name: str, values: dict[str, Any]) -> PositionsConfig:
    common = {option.name for option in COMMON_OPTIONS}
    own = {key: value for key, value in values.items() if key not in common}
    return PositionsConfig(name=name, options=own, **{key: values[key] for key in common & values.keys()})
