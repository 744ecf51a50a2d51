"""The walls of the house: public names, what importing costs, how large things may grow."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import seq2seq_transformer
from seq2seq_transformer.cli.app import VERBS

PACKAGE = Path(seq2seq_transformer.__file__).parent
ORIGINAL = {
    "PositionalEncoding", "Transformer", "create_pad_mask", "fit", "generate_random_data", "get_tgt_mask", "predict",
    "train_loop", "validation_loop",
}  # fmt: skip


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_public_names_are_sorted_complete_and_importable():
    names = seq2seq_transformer.__all__
    assert names == sorted(names)
    assert set(names) >= ORIGINAL
    for name in names:
        assert getattr(seq2seq_transformer, name) is not None
        assert name in dir(seq2seq_transformer)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = seq2seq_transformer.nothing


def test_importing_the_package_imports_neither_torch_nor_numpy():
    assert python("import sys, seq2seq_transformer; print({'torch', 'numpy'} & set(sys.modules))") == "set()\n"


@pytest.mark.parametrize(
    "module", ["tasks.base", "tokenization.tokenizer", "decoding.greedy", "inference.predictor", "experiment.launch"]
)
def test_what_handles_numbers_and_tokens_never_imports_torch(module):
    code = f"import sys, seq2seq_transformer.{module}; print('torch' in sys.modules)"
    assert python(code) == "False\n"


@pytest.mark.parametrize("words", [["--help"], ["train", "patterns", "--help"], ["generate", "patterns", "-n", "1"]])
def test_verbs_that_need_no_torch_do_not_import_it(words):
    code = f"import sys; from seq2seq_transformer.cli.main import main; main({words!r}); print('torch' in sys.modules)"
    assert python(code).endswith("False\n")


def test_version_and_completion_come_before_the_command_line_library():
    code = (
        "import sys; from seq2seq_transformer.cli.main import main; main(['--version']); "
        "main(['--completion', 'bash']); print('cyclopts' in sys.modules)"
    )
    assert python(code).endswith("False\n")


def test_without_torch_the_public_names_say_which_extra_is_missing():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import seq2seq_transformer\n"
        "try: seq2seq_transformer.Transformer\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    wanted = "MissingExtraError `Transformer` needs the extra `torch`: pip install 'seq2seq-transformer[torch]'\n"
    assert python(code) == wanted


def test_every_verb_has_its_file():
    for verb in VERBS:
        assert (PACKAGE / "cli" / f"{verb}.py").is_file()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 240
    assert path.name not in ("utils.py", "helpers.py", "common.py", "misc.py")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.body[0].lineno < 60, f"{node.name} is too long"


def test_pickle_is_never_loaded():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "pickle" not in text.replace("Never a pickle", "")
        assert not re.search(r"(?<!safetensors\.)torch\.load", text)
