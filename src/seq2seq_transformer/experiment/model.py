"""The section [model]: what a model is built from, and what can be changed once it is trained."""

from functools import partial
from typing import Any

from seq2seq_transformer.experiment.layers import POSITIONS
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.experiment.positions import AUTO, check_model, read_positions
from seq2seq_transformer.experiment.sections import KNOBS, MODEL_OPTIONS
from seq2seq_transformer.model.config import ATTENTIONS, TransformerConfig
from seq2seq_transformer.tokenization.tokenizer import Tokenizer


def read_model(sections: Sections, tokenizer: Tokenizer | None) -> tuple[Any, bool]:
    """The model, None where it cannot be; and whether its positions are still to be chosen."""
    options = sections.bind("model", MODEL_OPTIONS)
    positions = read_positions(sections, AUTO)
    if not sections.build(partial(TransformerConfig, num_tokens=1), options) or tokenizer is None:
        return None, False
    vocabulary = tokenizer.vocabulary
    model = TransformerConfig(
        num_tokens=len(vocabulary),
        pad_token=vocabulary.pad,
        roles=tokenizer.roles(),
        positions=positions if isinstance(positions, dict) else "sinusoidal",
        **options,
    )
    if isinstance(positions, dict):
        check_model(sections, model)
    return model, positions == AUTO


def read_knobs(sections: Sections) -> dict[str, Any]:
    """What the section changes of a trained model; anything else in it is a problem."""
    known = {option.name for option in KNOBS}
    for section in ("model", POSITIONS, *(f"{POSITIONS}.{attention}" for attention in ATTENTIONS)):
        for name in sections.names_given(section):
            if section != "model" or name not in known:
                sections.note(section, name, f"after training, only {', '.join(sorted(known))} can be changed.")
    sections.keep("model", known)
    knobs = sections.bind("model", KNOBS)
    sections.build(partial(TransformerConfig, num_tokens=1), knobs)
    return knobs
