"""The verbs, put together with the command-line library."""

import importlib
import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from cyclopts import App
from cyclopts.exceptions import CycloptsError, UnusedCliTokensError

from seq2seq_transformer import __version__
from seq2seq_transformer.cli.untrained import nothing_trained_yet
from seq2seq_transformer.cli.words import take_pairs
from seq2seq_transformer.errors import ConfigError, UnknownNameError

VERBS = {
    "convert": "Write a file of examples in another format.",
    "demo": "Train the original system on one core and show what it predicts.",
    "evaluate": "Let a trained model answer held-out examples, and count.",
    "export": "Write a trained model as ONNX, which answers without PyTorch.",
    "generate": "Write examples of a task, in one of six formats.",
    "list": "Show what can be named: tasks, encodings, optimizers and so on.",
    "predict": "Let a trained model answer one input, or JSON Lines from standard input.",
    "train": "Train a model on a task or a file.",
}
_HELP = """Learn patterns in sequences of numbers with an encoder-decoder Transformer.

First answer: `seq2seq demo`. Then: `seq2seq train patterns --run runs/p` and
`seq2seq predict runs/p "1 0 1 0 1 0 1 0"`. Completion: `seq2seq --completion bash`."""


def build_app(verb: str | None = None, task: str | None = None) -> App:
    """The command line; all verbs are listed, the one named is ready to be called.

    Args:
        verb: whose module to import; None imports every one and says every name, for completion scripts.
        task: the task whose options its help shows.
    """
    app = App(
        "seq2seq",
        help=_HELP,
        version=f"seq2seq-transformer {__version__}",
        help_format="plaintext",
        result_action="return_value",
    )
    app["--help"].group = app["--version"].group = "Everywhere"
    for name, summary in VERBS.items():
        if verb in (None, name):
            from seq2seq_transformer.cli.options import names_completed, show_options

            module = importlib.import_module(f"seq2seq_transformer.cli.{name}")
            function = show_options(module.run, module.SECTIONS, task, complete=verb is None)
            app.command(names_completed(function) if verb is None else function, name=name)
        else:
            app.command(f"seq2seq_transformer.cli.{name}:run", name=name, help=summary)
    return app


def run(words: Sequence[str]) -> int:
    """Call the verb that the words name.

    Raises:
        Seq2SeqError: for whatever the user could do otherwise.
    """
    pairs, rest = take_pairs(words)
    if re.search(r"(?:^|\0)(?:-o|--output)[\0=]-(?:\0|$)", "\0".join(rest)):
        way = "Without -o, `generate` and `convert` write to standard output."
        raise ConfigError([f"-o must name a new file, but is - instead. {way}"])
    verb = next((word for word in rest if not word.startswith("-")), None)
    if verb is not None and verb not in VERBS:
        raise UnknownNameError("verb", verb, list(VERBS))
    positional = [word for word in rest[rest.index(verb) + 1 :] if not word.startswith("-")] if verb else []
    try:
        with nothing_trained_yet() if verb == "train" else nullcontext():  # a task file of the user's is executed
            app = build_app(verb or "", positional[0] if positional else None)
            command, bound, ignored = app.parse_args(rest or ["--help"], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise ConfigError([*_sentence(error), f"See: seq2seq {verb or ''} --help".replace("  ", " ")]) from None
    if "pairs" in ignored:
        bound.arguments["pairs"] = pairs
    elif pairs and "--help" not in rest and "-h" not in rest:
        names = [f"--{'.'.join(filter(None, pair[:2]))}" for pair in pairs]
        raise ConfigError([f"`seq2seq {verb}` has no option {name}." for name in names])
    code = command(*bound.args, **bound.kwargs)
    sys.stdout.flush()
    return code or 0


def _sentence(error: CycloptsError) -> list[str]:
    if isinstance(error, UnusedCliTokensError):
        words = " ".join(error.unused_tokens or [])
        return [f'too many words: {words}. Quote what belongs together, such as "1 0 1 0", or a,b for several names.']
    return [line.strip() for line in str(error).splitlines() if line.strip()]
