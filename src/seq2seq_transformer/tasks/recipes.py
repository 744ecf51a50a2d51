"""Recipes: what a training does by default on tasks that are known to carry far beyond the trained length.

What they share: attention that sees positions through short learned windows over channels (`model/positions.py`), a
small model, and batches of examples of about one length.
"""

import math
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
    window: int = 2,
    model: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    positions: Mapping[str, Mapping[str, Any]] | None = None,
    others: Recipe | None = None,
) -> Recipe:
    """A recipe with learned windows over channels, which block what is farther.

    Args:
        encoder: channels of the encoder's attention, one for each group of heads.
        cross: of the cross-attention.
        decoder: of the decoder's attention.
        window: distances below this are seen.
        model: options of the model that differ from those here.
        training: options of the training that differ.
        positions: further options of the positions of each attention.
        others: further sections.
    """
    channels = {"encoder": list(encoder), "cross": list(cross), "decoder": list(decoder)}
    further = positions or {}
    return {
        "model": {
            "num_heads": 4,
            "num_encoder_layers": 1,
            "num_decoder_layers": 1,
            "activation": "gelu",
            "attention_bias": False,
            **(model or {}),
        },
        "model.positions": {"name": "relative_bias", "window": [window], "far": [-math.inf]},
        **{f"model.positions.{each}": {"channels": names, **further.get(each, {})} for each, names in channels.items()},
        "training": {
            "epochs": 3,
            "examples_per_epoch": 10_000,
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

COPYING = windows(["start", "end"], ["start", "end", "continuation", "lap"], ["start"])
"""The source from either end, once more, and on: for what moves tokens."""
SECONDS = windows(["start", "end"], ["twice", "twice_lap"], ["start"])
"""Every second token, in two passes."""
COUNTING = windows(["occurrence", "first"], ["occurrence", "first"], ["start"])
"""The next of equal tokens, and the first of each kind: for what sorts."""
FIRSTS = windows(["start"], ["distinct"], ["start"])
"""The first token of each kind, one after another."""
HALVES = windows(["half", "start"], ["first"], ["start"])
"""The same place in either half."""
RUNNING = windows(["start"], ["start"], ["start"], window=3, training={"examples_per_epoch": 20_000})
"""Answers that go along with the source, token by token."""
CONTINUING = windows(
    ["start"],
    ["steps", "none"],
    ["start"],
    model={"dim_model": 128, "num_heads": 8, "num_decoder_layers": 2},
    training={"epochs": 7, "examples_per_epoch": 15_000},
    positions={"encoder": {"window": [5]}, "cross": {"window": [12, 1]}, "decoder": {"window": [4]}},
)
"""The place where the last few tokens have stood before, and what came after it: for what repeats itself."""
DIGITS = windows(
    ["digit"],
    ["digit"],
    ["digit"],
    model={"num_heads": 8},
    training={"examples_per_epoch": 40_000},
    others=LEAST_FIRST,
)
"""Digits of one significance side by side."""
TWO_NUMBERS = windows(
    ["digit", "digit"],
    ["digit_first", "digit_last"],
    ["digit"],
    model={"num_heads": 8, "num_encoder_layers": 2, "log_length": 8},
    training={"epochs": 5, "examples_per_epoch": 80_000},
    positions={"encoder": {"window": [2, 4]}, "cross": {"window": [4]}},
    others=LEAST_FIRST,
)
"""Digits of one significance, each number by itself, and whether numbers differ in the next few digits above."""
DIFFERENCES = windows(
    ["digit", "digit", "digit", "number"],
    ["none"],
    ["none"],
    model={"num_heads": 8, "num_encoder_layers": 2, "log_length": 8},
    training={"examples_per_epoch": 80_000},
    positions={"encoder": {"ahead": [-math.inf, 0.0, 0.0, -math.inf]}},
)
"""Two layers: where do digits of one significance differ, and is there such a place above?"""
ONE_DIGIT = windows(
    ["digit"],
    ["digit_first", "number_end"],
    ["digit"],
    model={"num_heads": 8},
    training={"epochs": 2, "examples_per_epoch": 80_000},
    positions={"cross": {"window": [2, 1]}},
    others=LEAST_FIRST,
)
"""A number, digit by digit, beside one of a single digit."""
EXPRESSIONS = windows(
    ["start", "inside"],
    ["start", "end"],
    ["start"],
    model={
        "num_encoder_layers": 1,
        "encoder_loops": 16,
        "loops_at": 40,
        "more_loops": 0.4,
        "encoder_gate": True,
        "norm": "post",
        "normalization": "rms",
    },
    training={
        "epochs": 5,
        "examples_per_epoch": 26_624,
        "batch_size": 64,
        "optimizer": "muon",
        "learning_rate": 3e-3,
        "schedule": "wsd",
        "curriculum": "steps",
        "curriculum_start": 8,
        "curriculum_share": 0.9,
    },
    positions={"encoder": {"window": [2, 1]}, "cross": {"window": [1]}},
)
"""An encoder that works its way out of the brackets, short expressions first; a token waits until its operands are
known."""

CANDIDATES: Mapping[str, Recipe] = {
    "digits": DIGITS,
    "one digit": ONE_DIGIT,
    "two numbers": TWO_NUMBERS,
    "differences": DIFFERENCES,
    "copying": COPYING,
    "seconds": SECONDS,
    "counting": COUNTING,
    "firsts": FIRSTS,
    "halves": HALVES,
    "continuing": CONTINUING,
}
"""Recipes whose positions are tried on problems that have none of their own."""
