"""Learn patterns in sequences of numbers with an encoder-decoder Transformer.

The public names below are imported on first use, so importing the package costs nothing and needs no PyTorch.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Batch": "data.batch",
    "Callback": "training.callbacks",
    "DECODING_STRATEGIES": "decoding.base",
    "Example": "values",
    "Experiment": "experiment.config",
    "PositionalEncoding": "model.positional_encodings.sinusoidal",
    "Prediction": "inference.prediction",
    "Predictor": "inference.predictor",
    "Progress": "training.callbacks",
    "Regime": "training.regime",
    "Report": "evaluation.evaluate",
    "SequenceCrossEntropy": "training.loss",
    "TASKS": "tasks.base",
    "Task": "tasks.base",
    "Tokenizer": "tokenization.tokenizer",
    "Transformer": "model.transformer",
    "TransformerConfig": "model.config",
    "create_pad_mask": "model.masks",
    "evaluate": "evaluation.evaluate",
    "fit": "training.loops",
    "generate_random_data": "tasks.base",
    "get_tgt_mask": "model.masks",
    "make_batches": "data.batch",
    "predict": "inference.predict",
    "train_loop": "training.loops",
    "validation_loop": "training.loops",
}
__all__ = sorted(_HOME)  # pyrefly: ignore[invalid-dunder-all]

if TYPE_CHECKING:
    from seq2seq_transformer.data.batch import Batch as Batch
    from seq2seq_transformer.data.batch import make_batches as make_batches
    from seq2seq_transformer.decoding.base import DECODING_STRATEGIES as DECODING_STRATEGIES
    from seq2seq_transformer.evaluation.evaluate import Report as Report
    from seq2seq_transformer.evaluation.evaluate import evaluate as evaluate
    from seq2seq_transformer.experiment.config import Experiment as Experiment
    from seq2seq_transformer.inference.predict import predict as predict
    from seq2seq_transformer.inference.prediction import Prediction as Prediction
    from seq2seq_transformer.inference.predictor import Predictor as Predictor
    from seq2seq_transformer.model.config import TransformerConfig as TransformerConfig
    from seq2seq_transformer.model.masks import create_pad_mask as create_pad_mask
    from seq2seq_transformer.model.masks import get_tgt_mask as get_tgt_mask
    from seq2seq_transformer.model.positional_encodings.sinusoidal import PositionalEncoding as PositionalEncoding
    from seq2seq_transformer.model.transformer import Transformer as Transformer
    from seq2seq_transformer.tasks.base import TASKS as TASKS
    from seq2seq_transformer.tasks.base import Task as Task
    from seq2seq_transformer.tasks.base import generate_random_data as generate_random_data
    from seq2seq_transformer.tokenization.tokenizer import Tokenizer as Tokenizer
    from seq2seq_transformer.training.callbacks import Callback as Callback
    from seq2seq_transformer.training.callbacks import Progress as Progress
    from seq2seq_transformer.training.loops import fit as fit
    from seq2seq_transformer.training.loops import train_loop as train_loop
    from seq2seq_transformer.training.loops import validation_loop as validation_loop
    from seq2seq_transformer.training.loss import SequenceCrossEntropy as SequenceCrossEntropy
    from seq2seq_transformer.training.regime import Regime as Regime
    from seq2seq_transformer.values import Example as Example


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    except ImportError as error:
        from seq2seq_transformer.errors import explain_import

        if (problem := explain_import(error, f"`{name}`")) is None:
            raise
        raise problem from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
