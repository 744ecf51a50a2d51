"""The completion scripts of the shells, ready made: `seq2seq --completion bash` only has to print one.

`python -m seq2seq_transformer.cli.completion` (make completion) writes them anew; a test fails where they are stale.
"""

from pathlib import Path

from seq2seq_transformer.errors import UnknownNameError

SHELLS = ("bash", "zsh", "fish")
_FOLDER = Path(__file__).parent


def read(shell: str) -> str:
    """The script of a shell.

    Raises:
        UnknownNameError: where there is none for this shell.
    """
    if shell not in SHELLS:
        raise UnknownNameError("completion for the shell", shell, SHELLS)
    return (_FOLDER / f"seq2seq.{shell}").read_text(encoding="utf-8")


def generate(shell: str) -> str:
    """The script of a shell as the command line stands now."""
    from seq2seq_transformer.cli.app import build_app

    return build_app().generate_completion(shell=shell)  # pyrefly: ignore[bad-argument-type]


def write() -> None:
    """Write every script."""
    for shell in SHELLS:
        (_FOLDER / f"seq2seq.{shell}").write_text(generate(shell), encoding="utf-8")
