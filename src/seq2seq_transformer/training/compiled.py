"""A model compiled for its training step."""

import logging

import torch
from torch import nn

from seq2seq_transformer.errors import ConfigError, is_out_of_memory


def compiled(model: nn.Module) -> nn.Module:
    """The same model, whose weights it shares, as torch.compile has it; what is saved is the model itself.

    Batches differ in their sizes, so sizes are left open from the first one on: the code does not depend on which
    batch came first, and a training that is gone on from runs the code of one that was never stopped.
    """
    logging.getLogger("torch._dynamo").setLevel(logging.ERROR)  # it tells at length what it leaves uncompiled
    return torch.compile(model, dynamic=True)  # type: ignore[return-value]


def cannot_compile(error: RuntimeError) -> ConfigError:
    """What to say where a compiled step fails that works without: all that torch raises there is a RuntimeError.

    Raises:
        RuntimeError: the error itself, where memory ran out.
    """
    if is_out_of_memory(error):
        raise error
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return ConfigError(
        [
            "`training.compile` must be false where torch.compile does not work, but is true instead, and here it "
            f"fails: {reason.rstrip('.')}. Install a C++ compiler, or train without it."
        ]
    )
