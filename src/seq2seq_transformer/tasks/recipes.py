"""Recipes: what a training does by default on tasks that are known to carry far beyond the trained length.

What they share: attention that sees positions through short learned windows over channels (`model/positions.py`), a
small model, and batches of examples of about one length.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Recipe: TypeAlias = Mapping[str, Mapping[str, Any]]

LEAST_FIRST = {"encoding.target": {"order": "least"}}
"""Answers with their least significant digit first, so that a carry is known when it is needed."""


def windows(
    encoder: Sequence[str],
    cross: Sequence[str],
    decoder: Sequence[str],
    *,
    model: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    positions: Mapping[str, Mapping[str, Any]] | None = None,
    others: Recipe | None = None,
) -> Recipe:
    """A recipe with learned windows over channels.

    Args:
        encoder: channels of the encoder's attention, one for each group of heads.
        cross: of the cross-attention.
        decoder: of the decoder's attention.
        model: options of the model that differ from those here.
        training: options of the training that differ.
        positions: further options of the positions of each attention.
        others: further sections.
    """
    channels = {"encoder": list(encoder), "cross": list(cross), "decoder": list(decoder)}
    further = positions or {}
    return {
        "model": {
            "num_heads": 8,
            "num_encoder_layers": 1,
            "num_decoder_layers": 1,
            "activation": "gelu",
            "attention_bias": False,
            **(model or {}),
        },
        "model.positions": {"name": "relative_bias"},
        **{f"model.positions.{each}": {"channels": names, **further.get(each, {})} for each, names in channels.items()},
        "training": {
            "epochs": 3,
            "examples_per_epoch": 40_000,
            "batch_size": 128,
            "learning_rate": 2e-3,
            "beta2": 0.98,
            "weight_decay": 0.0,
            "group_by_length": True,
            **(training or {}),
        },
        **(others or {}),
    }


ORIGINAL: Recipe = {"model.positions": {"name": "sinusoidal"}}
"""The original system's positions."""
