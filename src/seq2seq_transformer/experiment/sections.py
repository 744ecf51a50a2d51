"""The smaller sections of a configuration, with a sentence for each option. Light: a verb's help imports no more.

The section `training` has a file of its own.
"""

from dataclasses import dataclass
from typing import Literal

from seq2seq_transformer.errors import Problems
from seq2seq_transformer.model.config import AFTER_TRAINING, FROM_TOKENIZER, TransformerConfig
from seq2seq_transformer.registry import options_of

MODEL_OPTIONS = [
    option for option in options_of(TransformerConfig) if option.name not in (*FROM_TOKENIZER, "positions")
]
KNOBS = [option for option in MODEL_OPTIONS if option.name in AFTER_TRAINING]
"""Options of a model that can be changed after its training."""
READING = ("format", "types", "base", "columns", "on_error")
"""Names in the section [data] that say how any file is read …"""
TESTING = ("test", *READING, "allow_overlap", "tolerance")
"""… and that are about a file to be answered; the others are about files to train on."""


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Files of examples, in place of a task or beside one."""

    train: str = ""
    """File to train on, - for standard input; gzip is unpacked. Empty: a task generates examples."""
    more: tuple[str, ...] = ()
    """Further files to train on, of the types of train, such as b.jsonl,c.jsonl."""
    weights: tuple[float, ...] = ()
    """How often train and each of more are drawn from, in proportion, above 0. Empty: an epoch is one pass over all."""
    validation: str = "0.1"
    """File to validate on, or the fraction of the training file that is split off, by a stable hash of the source."""
    test: str = ""
    """File that `seq2seq evaluate` answers. Empty: what was held out."""
    format: Literal["auto", "jsonl", "csv", "tsv", "text", "int2int", "axolver"] = "auto"
    """Format of the files. auto: told by the first line and the ending of the name."""
    types: str = ""
    """Types of source and target, such as int[2]:int. Empty: found out from the first lines."""
    base: int = 0
    """Base of the digits in the files. 0: that of the format (int2int 1000, axolver 10)."""
    columns: str = ""
    """Columns of csv and tsv that are source and target, such as a,b:c. Empty: source:target."""
    on_error: Literal["stop", "skip"] = "stop"
    """What faulty lines do: stop (all are shown, nothing is trained) or skip (they are counted and left out)."""
    allow_overlap: bool = False
    """Let sources stand both in training and in validation or test files."""
    tolerance: float = 0.05
    """Largest relative error at which floats of an answer count as right."""
    sha256: str = ""
    """SHA-256 of the training file and of the one to validate on, written by the run. Empty: not checked."""

    def __post_init__(self) -> None:
        problems = Problems()
        share = self.validation_share
        rule = "`data.validation` must be a file, or a fraction above 0 and below 1"
        problems.require(bool(self.validation) and (share is None or 0 < share < 1), rule, self.validation)
        problems.require(
            self.base == 0 or 2 <= self.base <= 10**9, "`data.base` must be 0 or from 2 to 10^9", self.base
        )
        problems.require(bool(self.train) or not self.more, "`data.more` must be empty without `data.train`", self.more)
        own = bool(self.train) or self.validation == type(self).validation
        problems.require(
            own, "`data.validation` goes with `data.train`, and must be left alone without", self.validation
        )
        rule = "`data.weights` must be finite numbers above 0, one for `data.train` and each of `data.more`, or none"
        positive = all(0 < each < float("inf") for each in self.weights)
        fits = not self.weights or (positive and self.train and len(self.weights) == 1 + len(self.more))
        problems.require(bool(fits), rule, self.weights)
        problems.require(0 <= self.tolerance < 1, "`data.tolerance` must be at least 0 and below 1", self.tolerance)
        problems.raise_if_any()

    @property
    def validation_share(self) -> float | None:
        """The fraction that is split off; None where a file is named."""
        try:
            return float(self.validation)
        except ValueError:
            return None


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """How a model is judged."""

    examples: int = 0
    """Held-out examples to answer. 0: 1,000, and all of a test file."""
    lengths: tuple[int, ...] = ()
    """Difficulties (lengths, digits) to be judged one by one, such as 10,20,40; each with as many examples."""
    answers: int = 100
    """Most distinct true answers shown with what the model says to them, where an answer is one number. 0 is off."""
    bins: int = 0
    """Bins of the reliability table shown, of equally many answers each. 0: no table; the error is told by ten."""
    confidence: float = 0.9
    """Probability of an answer, in [0, 1], at and above which coverage and exact match are told."""
    exact_match: float = 0.99
    """Exact match, in [0, 1], for which it is told how many of the most probable answers reach it."""

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(self.examples >= 0, "`evaluation.examples` must be 0 or more", self.examples)
        for name in ("answers", "bins"):
            problems.require(getattr(self, name) >= 0, f"`evaluation.{name}` must be 0 or more", getattr(self, name))
        for name in ("confidence", "exact_match"):
            problems.require(
                0 <= getattr(self, name) <= 1, f"`evaluation.{name}` must be from 0 to 1", getattr(self, name)
            )
        problems.require(all(n >= 1 for n in self.lengths), "`evaluation.lengths` must be 1 or more each", self.lengths)
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """How answers are read off a model."""

    max_length: int = 0
    """Most tokens of an answer, the end token included. 0: twice the longest answer of the task."""
    grammar: Literal["auto", "on", "off"] = "auto"
    """Keep answers to what spells a value of their type and ends in time. auto: in predictions; an evaluation counts
    what the model says by itself, and tells both where they differ."""

    def __post_init__(self) -> None:
        problems = Problems()
        rule = "`decoding.max_length` must be from 0 to 1000000000"
        problems.require(0 <= self.max_length <= 10**9, rule, self.max_length)
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class MachineConfig:
    """What lies outside the sections: where and with which random numbers."""

    seed: int = 0
    """Another seed gives other random numbers: weights, batches, generated examples."""
    threads: int = 0
    """Processor threads of one operation. 0: in a training chosen by a short measurement, else the engine's own."""
    device: str = "auto"
    """Where the model runs, such as cpu, cuda or cuda:1. auto: a GPU where there is one."""
    processes: int = 1
    """Processes of this machine that share each batch of a training, each with its part of the threads or its GPU. 0:
    one or as many as threads (eight at most), whichever trains faster; chosen by a short measurement, on a CPU."""

    def __post_init__(self) -> None:
        problems = Problems()
        problems.require(0 <= self.seed < 2**63, f"`seed` must be from 0 to {2**63 - 1}", self.seed)
        problems.require(0 <= self.threads <= 4096, "`threads` must be from 0 to 4096", self.threads)
        problems.require(0 <= self.processes <= 4096, "`processes` must be from 0 to 4096", self.processes)
        problems.raise_if_any()
