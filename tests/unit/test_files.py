"""Files of examples: every line is accounted for, tokenised once, and mapped into memory."""

import errno
import gzip
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seq2seq_transformer import TASKS, Tokenizer
from seq2seq_transformer.data import lines
from seq2seq_transformer.data.files import ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import FORMATS, Types
from seq2seq_transformer.data.lines import Faults, read_blocks
from seq2seq_transformer.data.shuffle import shuffled
from seq2seq_transformer.data.sources import StoredBatches, WeightedBatches
from seq2seq_transformer.errors import ConfigError, DamagedError, FileError, Seq2SeqError
from seq2seq_transformer.experiment import corpus
from seq2seq_transformer.experiment.cache import cache_folder, content_hash, seekable
from seq2seq_transformer.experiment.corpus import tokenise

TYPES = Types.parse("int[2]:int")
TOKENIZER = Tokenizer(TYPES.source, TYPES.target)
OPTIONS = FileOptions("int2int", str(TYPES))


def gcd_lines(n: int, seed: int = 0) -> list[str]:
    writer = FORMATS.build("int2int")
    examples = TASKS.build("gcd").sample_batch(np.random.default_rng(seed), n).to_examples()
    return [writer.write(example, TYPES) for example in examples]


def read(path: Path) -> corpus.Corpus:
    return tokenise(path, OPTIONS, TYPES, TOKENIZER, lambda _: None)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(lines, "BLOCK_BYTES", 2000)


@pytest.mark.parametrize("packed", [False, True])
def test_blocks_are_whole_lines_from_anywhere(tmp_path, small_blocks, packed):
    text = "\n".join(gcd_lines(500))  # no newline at the end
    path = tmp_path / "data"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    blocks = list(read_blocks(path))
    assert len(blocks) > 3
    assert b"".join(block for block, _ in blocks) == text.encode() + b"\n"
    assert [block for block, _ in read_blocks(path, blocks[1][1])] == [block for block, _ in blocks[2:]]


def test_a_line_longer_than_a_block_is_whole(tmp_path, small_blocks):
    path = tmp_path / "data"
    path.write_text("9" * 9000 + "\tx\nshort\n")
    assert [block for block, _ in read_blocks(path)] == [b"9" * 9000 + b"\tx\nshort\n"]


@pytest.mark.parametrize("content", [b"\x1f\x8bnothing", gzip.compress(b"x" * 9999)[:-20]], ids=["head", "tail"])
def test_a_packed_file_that_is_damaged_is_refused(tmp_path, content):
    path = tmp_path / "data.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match="must be a file of examples, but cannot be read: "):
        list(read_blocks(path))


def test_every_line_is_an_example_or_a_fault_with_its_place(tmp_path, small_blocks):
    good = gcd_lines(300)
    wrong = {7: "nonsense", 100: "V2 + 1 + 2\t+ 1000", 101: "", 250: "V2 + 1\t+ 1", 299: "\xff"}
    path = tmp_path / "data"
    content = [wrong.get(place, line) for place, line in enumerate(good)]
    path.write_bytes("\n".join(content).encode("latin-1"))
    faults = Faults(path)
    found = [e for block in ExampleFile(path, OPTIONS).blocks(TYPES, faults) for e in block.examples.to_examples()]
    reader = FORMATS.build("int2int")
    assert found == [reader.read(line, TYPES) for place, line in enumerate(good) if place not in wrong]
    assert [sentence.partition(": ")[0] for sentence in faults.sentences()] == [
        f"{path}:{place}" for place in ("8:1", "101:12", "251:1", "300:1")
    ]
    assert "300:1: a line must be UTF-8 text, but byte 1 is not." in faults.sentences()[-1]


def test_twenty_faults_are_shown_and_all_are_counted(tmp_path):
    path = tmp_path / "data"
    path.write_text("V2 + 1\t+ 1\n" * 30 + "no\n" * 3)
    faults = Faults(path)
    list(ExampleFile(path, OPTIONS).blocks(TYPES, faults))
    assert len(faults.sentences()) == 21
    assert faults.sentences()[-1] == (
        f"{path}: 33 faulty lines in all: source not of the type (30), wrong number of columns (3)."
    )


def test_symbols_are_collected_from_the_whole_file(tmp_path, small_blocks):
    path = tmp_path / "data"
    path.write_text("".join(f"n{number} a\tb\tn{number}\n" for number in range(900)))
    types = ExampleFile(path, FileOptions("axolver", "symbol[]:symbol[]:symbol[]")).types
    names = sorted(["a", "b", *(f"n{number}" for number in range(900))])
    assert str(types.target) == f"symbol({'|'.join(names)})[]"


def test_an_empty_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(FileError, match="empty must hold examples, but is empty.$"):
        ExampleFile(tmp_path / "empty", FileOptions())
    with pytest.raises(FileError, match="must be a file of examples, but cannot be read: Is a directory.$"):
        ExampleFile(tmp_path, FileOptions())


def test_types_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "data"
    path.write_text("1\t2\n")
    with pytest.raises(ConfigError, match="types must read like `int\\[2\\]:int`, source before target, but are 'int'"):
        ExampleFile(path, FileOptions("text", "int"))


def test_a_tokenised_file_holds_the_examples_and_is_made_once(tmp_path, small_blocks, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(400)) + "\n")
    first = read(path)
    plain = [
        e for block in ExampleFile(path, OPTIONS).blocks(TYPES, Faults(path)) for e in block.examples.to_examples()
    ]
    rows = np.arange(400)
    assert first.stored.examples(rows, TOKENIZER).to_examples() == plain
    assert first.facts["examples"] == len(first.stored) == 400
    assert first.facts["source"]["digits"] == 6
    monkeypatch.setattr(ExampleFile, "blocks", lambda *_: pytest.fail("it was read again"))
    again = read(path)
    pad = TOKENIZER.vocabulary.pad
    np.testing.assert_array_equal(again.stored.tokens(rows, "target", pad), first.stored.tokens(rows, "target", pad))


def test_a_changed_file_is_read_anew(tmp_path):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(10)))
    assert len(read(path).stored) == 10
    path.write_text("\n".join(gcd_lines(11)))
    assert len(read(path).stored) == 11


def test_an_interrupted_tokenisation_goes_on_where_it_stopped(tmp_path, small_blocks, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join([*gcd_lines(200), "wrong", *gcd_lines(200, seed=1)]))
    written = []
    real = corpus.write_folder

    def interrupt(folder, files):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(folder)
        real(folder, files)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(corpus, "write_folder", interrupt)
        read(path)
    starts = []
    real_blocks = ExampleFile.blocks
    monkeypatch.setattr(ExampleFile, "blocks", lambda *words: starts.append(words[3:]) or real_blocks(*words))
    found = read(path)
    assert starts[0][0] > 0, "it began again at the beginning"
    assert len(found.stored) == 400
    assert [sentence.partition(": ")[0] for sentence in found.faults.sentences()] == [f"{path}:201:1"]


def test_two_that_tokenise_together_share_their_work(tmp_path, small_blocks, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(300)))
    real = corpus.write_folder

    def write_twice(folder, files):
        real(folder, files)  # the other process was first
        real(folder, files)

    monkeypatch.setattr(corpus, "write_folder", write_twice)
    assert len(read(path).stored) == 300


def test_a_killed_tokenisation_leaves_nothing_half(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(30_000)))
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    code = (
        "import sys; from pathlib import Path; from seq2seq_transformer.data import lines; lines.BLOCK_BYTES = 20_000;"
        "from seq2seq_transformer.data.files import FileOptions; from seq2seq_transformer import Tokenizer;"
        "from seq2seq_transformer.data.formats.base import Types; from seq2seq_transformer.experiment.corpus import *;"
        "t = Types.parse('int[2]:int'); print('go', flush=True);"
        "tokenise(Path(sys.argv[1]), FileOptions('int2int', str(t)), t, Tokenizer(t.source, t.target), lambda _: None)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"go\n"
    deadline = time.monotonic() + 20
    while not list((tmp_path / "cache").rglob("meta.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    monkeypatch.setattr(lines, "BLOCK_BYTES", 20_000)
    assert len(read(path).stored) == 30_000


@pytest.mark.parametrize(
    "damage", ["cut off", "one bit", "no array", "no meta", "scribbled meta", "no shard", "no first shard"]
)
def test_a_damaged_cache_is_made_again(tmp_path, small_blocks, damage):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(300)))
    whole = read(path).stored.examples(np.arange(300), TOKENIZER).to_examples()
    shards = sorted(cache_folder().rglob("shard-*"))
    assert len(shards) > 3
    if damage == "cut off":
        array = shards[2] / "target_ends.npy"
        array.write_bytes(array.read_bytes()[:-9])
    elif damage == "one bit":
        array = shards[1] / "target_tokens.npy"
        content = bytearray(array.read_bytes())
        content[-1] ^= 1
        array.write_bytes(content)
    elif damage == "no array":
        (shards[1] / "sources.npy").unlink()
    elif damage == "no meta":
        (shards[1] / "meta.json").unlink()
    elif damage == "scribbled meta":
        (shards[0] / "meta.json").write_text("{")
    else:
        shutil.rmtree(shards[0 if "first" in damage else -1])
    assert read(path).stored.examples(np.arange(300), TOKENIZER).to_examples() == whole


def test_what_is_equal_to_the_model_is_one_source(tmp_path):
    path = tmp_path / "data"
    path.write_text("1.001\t2.0\n1.002\t2.0\n1.01\t3.0\n")
    types = Types.parse("float:float")
    tokenizer = Tokenizer(types.source, types.target)
    found = tokenise(path, FileOptions("text", str(types)), types, tokenizer, lambda _: None).stored
    assert found.sources[0] == found.sources[1] != found.sources[2]


def test_one_long_line_widens_nothing_else(tmp_path):
    path = tmp_path / "data"
    long = " ".join(["7"] * 30_000)
    path.write_text("".join(["1 2\t3\n"] * 20_000) + f"{long}\t4\n")
    types = Types.parse("int[]:int")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = tokenise(
        path, FileOptions("text", str(types)), types, Tokenizer(types.source, types.target), lambda _: None
    )
    assert len(found.stored) == 20_001
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000, "a padded block takes 5 GB"


def test_what_the_encoding_cannot_hold_is_a_fault_of_its_line(tmp_path):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(20)))
    narrow = Tokenizer(TYPES.source, TYPES.target, "digits", {"width": 5})
    found = tokenise(path, OPTIONS, TYPES, narrow, lambda _: None)
    assert 0 < len(found.stored) < 20
    assert len(found.stored) + len(found.faults) == 20
    assert found.faults.sentences()[0] == (
        f"{path}:1:1: a number must have at most 5 digits of base 10, but 636962 has 6. Raise: --encoding.width"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\xef\xbb\xbfsource,target\n1 2,3\n"),
        ("b.csv", b"\r\n\r\nsource,target\r\n1 2,3\r\n\r\n"),
        ("c.jsonl", b'\xef\xbb\xbf{"source": [1, 2], "target": 3}'),
        ("d.csv", b'source,target\n"[1, 2]",3\n'),
        ("e.txt", b"1, 2\t3"),
        ("f.txt", b"V2 + 1 + 2\t+ 3\r\n"),
    ],
)
def test_files_as_other_programs_write_them(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    file, faults = ExampleFile(path, FileOptions()), Faults(path)
    found = [example for block in file.blocks(file.types, faults) for example in block.examples.to_examples()]
    assert (found, faults.sentences()) == ([([1, 2], 3)], [])


def test_few_odd_terms_do_not_make_numbers_symbols(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("".join(f"{n} 12\t{n}\n" for n in range(100)) + "3 4\tN/A\n")
    file, faults = ExampleFile(path, FileOptions()), Faults(path)
    assert str(file.types) == "int[]:int"
    list(file.blocks(file.types, faults))
    assert len(faults) == 1


@pytest.mark.parametrize(
    ("name", "line", "odd", "types"),
    [
        ("data.jsonl", '{"source": [7, 12], "target": 1}', '{"source": [[1], [2, 3]], "target": 1}', "int[]:int"),
        ("data.jsonl", '{"source": 12, "target": 1}', '{"source": [12], "target": 1}', "int:int"),
        ("data.jsonl", '{"source": [[1], 2], "target": 1}', '{"source": [[1], 2, 3], "target": 1}', None),
        ("data.txt", "1 12; 2 3\t4", "1 | 2; 3\t4", "int[][]:int"),
        ("data.txt", "+ 1\t+ 1", "V2 + 1 + 2\t+ 1", "int:int"),
        ("data.txt", "V2 + 1 + 2\t+ 1", "V2 + 1 + 2\tV1 + 1\t+ 1", "int[]:int"),
    ],
)
def test_one_line_nested_otherwise_is_the_fault_not_the_others(tmp_path, name, line, odd, types):
    path = tmp_path / name
    path.write_text("\n".join([line] * 40 + [odd]))
    file, faults = ExampleFile(path, FileOptions()), Faults(path)
    assert str(file.types) == (types or "(range(0,10)[], int):int")
    list(file.blocks(file.types, faults))
    assert [sentence.partition(": ")[0].split(":")[1] for sentence in faults.sentences()] == ["41"]


def test_a_word_alone_may_be_a_sequence_in_text_but_not_in_json(tmp_path):
    text, json_lines = tmp_path / "data.txt", tmp_path / "data.jsonl"
    text.write_text("a\t1\n" * 40 + "a b\t1\n")
    json_lines.write_text('{"source": "a", "target": 1}\n' * 40 + '{"source": ["a", "b"], "target": 1}\n')
    told = []
    for path in (text, json_lines):
        file, faults = ExampleFile(path, FileOptions()), Faults(path)
        told.append((str(file.types), sum(len(block.examples) for block in file.blocks(file.types, faults))))
    assert told == [("symbol(a|b)[]:int", 41), ("symbol(a):int", 40)]


SO_MANY = "types cannot be found out where so many lines have none. Mend them, or declare the types: --data.types"
NO_LINE = (
    "types cannot be found out where no line is of the format. "
    "Name what they are: --data.format, --data.base, --data.types"
)


@pytest.mark.parametrize(
    ("name", "line", "place", "reason", "rule"),
    [
        (
            "nan.jsonl",
            '{"source": [1, NaN], "target": Infinity}',
            "3:12",
            "the source: a term must be a finite number or a word, but is nan instead.",
            SO_MANY,
        ),
        (
            "true.jsonl",
            '{"source": 1, "target": true}',
            "3:25",
            "the target: a term must be a finite number or a word, but is True instead.",
            SO_MANY,
        ),
        (
            "large.jsonl",
            '{"source": 1e999, "target": 1}',
            "3:12",
            "the source: a term must be a finite number or a word, but is inf instead.",
            SO_MANY,
        ),
        (
            "both.jsonl",
            '{"source": [1.5, "a"], "target": 1}',
            "3:12",
            "the source: terms must be all numbers or all words, but are 1.5 and 'a' instead.",
            SO_MANY,
        ),
        ("count.txt", "V3 + 1 + 2\t+ 1", "3:1", "the source: there must be 3 numbers, but are 2.", NO_LINE),
        (
            "base.txt",
            "V2 + 1 - 1000000\t+ 1",
            "3:1",
            "the source: a digit must be a whole number from 0 to 999, but word 4 is '1000000' instead.",
            NO_LINE,
        ),
        (
            "long.jsonl",
            f'{{"source": [1, {"9" * 5000}], "target": 1}}',
            "3:16",
            "a whole number must have at most 4000 digits, but one has 5000.",
            NO_LINE,
        ),
    ],
)
def test_types_that_cannot_be_found_out_come_with_the_first_line_that_shows_why(
    tmp_path, name, line, place, reason, rule
):
    path = tmp_path / name
    path.write_text("\n\n" + f"{line}\n" * 40)
    with pytest.raises(ConfigError) as caught:
        ExampleFile(path, FileOptions())
    assert caught.value.problems == [f"{path}:{place}: {reason}", f"{path}: {rule}"]


def test_brackets_and_quotes_may_be_symbols_of_a_text(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text('[ ( ) ] ( [ ] )\tyes\n( [ ] ) ( )\tno\n[ "x" ] y\tno\n[ ] ( [ ] )\tno\n')
    file, faults = ExampleFile(path, FileOptions()), Faults(path)
    examples = [block.examples.to_examples() for block in file.blocks(file.types, faults)]
    assert (len(faults), [example.source for example in examples[0]][2]) == (0, ["[", '"x"', "]", "y"])


@pytest.mark.parametrize("levels", [9, 900, 3000])
def test_one_line_nested_too_deeply_is_a_fault(tmp_path, levels):
    path = tmp_path / "data.jsonl"
    deep = f'{{"source": {"[" * levels}1{"]" * levels}, "target": 1}}\n'
    path.write_text('{"source": [1, 12], "target": 1}\n' * 40 + deep)
    file, faults = ExampleFile(path, FileOptions()), Faults(path)
    assert str(file.types) == "int[]:int"
    list(file.blocks(file.types, faults))
    assert len(faults) == 1
    path.write_text(40 * deep)
    with pytest.raises(ConfigError, match="types cannot be found out"):
        ExampleFile(path, FileOptions())


@pytest.mark.parametrize("lines", ["3\t+ 1\n" + "+ 5\t+ 1\n" * 40, "+ 5\t+ 1\n" * 40 + "3\t+ 1\n"])
def test_most_numbers_of_a_column_say_whether_they_have_signs(tmp_path, lines):
    path = tmp_path / "data"
    path.write_text(lines)
    assert str(ExampleFile(path, FileOptions("int2int")).types) == "int:int"


def test_parts_of_equal_type_are_a_tuple_and_no_matrix(tmp_path):
    for name, text in {"a.txt": "1 2 33 | 44 5 6\t7\n", "b.csv": "source,target\n1 2 33 | 44 5 6,7\n"}.items():
        (tmp_path / name).write_text(text + text.splitlines()[-1] + "\n")
        source = ExampleFile(tmp_path / name, FileOptions())
        assert str(source.types) == "(int[], int[]):int"
        faults = Faults(source.path)
        (block,) = source.blocks(source.types, faults)
        assert (block.examples.to_examples()[0].source, len(faults)) == ([[1, 2, 33], [44, 5, 6]], 0)


def test_lines_that_differ_in_columns_are_shown(tmp_path):
    path = tmp_path / "data"
    path.write_text("+ 1\t+ 1\n+ 1\t+ 1\t+ 1\n" * 20)
    with pytest.raises(ConfigError, match=":2:1: a line must have 2 columns, as those before it, but has 3 instead.\n"):
        ExampleFile(path, FileOptions("int2int"))


def test_numbers_and_sequences_mixed_are_faults_and_no_crash(tmp_path):
    path = tmp_path / "data"
    path.write_text("+ 1\t+ 1\nV2 + 1 + 2\t+ 1\n" * 20)
    file, faults = ExampleFile(path, FileOptions("int2int")), Faults(path)
    list(file.blocks(file.types, faults))
    assert (str(file.types), len(faults)) == ("int[]:int", 20)


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(5)))
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(path / "under a file"))
    with pytest.raises(FileError, match="must be writable, but is not: .* Set SEQ2SEQ_CACHE.$"):
        read(path)


def test_a_cache_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(5)))
    monkeypatch.setenv("SEQ2SEQ_CACHE", "/proc/nowhere")
    with pytest.raises(
        FileError, match="the cache /proc/nowhere/.* must be writable, but is not: .* Set SEQ2SEQ_CACHE.$"
    ):
        read(path)


def test_a_stream_without_a_place_in_the_cache_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "file" / "under"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1\t2\n")))
    with pytest.raises(FileError, match="must be writable, but is not: .* Set SEQ2SEQ_CACHE.$"):
        seekable(Path("-"))


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_standard_input_that_is_empty_is_called_so(monkeypatch, content):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(
        FileError, match="^standard input must hold examples, but is empty. Redirect a file to it: < FILE$"
    ):
        seekable(Path("-"))
    assert os.listdir(cache_folder() / "streams") == []


def test_a_pipe_that_is_empty_is_refused():
    with pytest.raises(FileError, match="^/dev/null must hold examples, but is empty.$"):
        seekable(Path("/dev/null"))


def test_a_full_disk_is_no_mistake_of_the_user(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(5)))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(corpus, "write_folder", full)
    with pytest.raises(
        Seq2SeqError, match="cannot be written: No space left on device. Make room, or set SEQ2SEQ"
    ) as caught:
        read(path)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("length", [1, 2, 3, 5, 64, 1000])
def test_a_shuffled_order_is_a_permutation_that_differs_by_seed_and_epoch(length):
    orders = [tuple(shuffled(np.arange(length), length, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)]
    assert all(sorted(order) == list(range(length)) for order in orders)
    assert len(set(orders)) == 4 or length < 5
    assert shuffled(np.array([length - 1]), length, 0, 1)[0] == orders[1][-1]


def test_an_epoch_of_a_file_is_one_pass(tmp_path):
    path = tmp_path / "data"
    path.write_text("\n".join(gcd_lines(100)))
    stored = read(path).stored
    rows = np.arange(10, 93)
    source = StoredBatches(TOKENIZER, 32, len(rows), 0, stored, rows)
    for epoch in (0, 1):
        batches = list(source.epoch(epoch))
        assert [len(batch) for batch in batches] == [32, 32, 19]
        seen = [
            tuple(t for t in row if t != TOKENIZER.vocabulary.pad) for batch in batches for row in batch.src.tolist()
        ]
        expected = stored.examples(rows, TOKENIZER).to_examples()
        assert sorted(seen) == sorted(tuple(TOKENIZER.encode_source(example.source)) for example in expected)
    assert source.batch(1).src.tolist() != source.batch(4).src.tolist()


def test_files_are_drawn_from_by_weight_and_every_step_draws_the_same_again(tmp_path):
    (tmp_path / "data").write_text("\n".join(gcd_lines(100)))
    stored = read(tmp_path / "data").stored
    rows, ends, shares = np.arange(10, 90), np.array([20, 80]), np.array([0.75, 0.25])
    one, two = (WeightedBatches(TOKENIZER, 32, 80, 0, stored, rows, ends, shares) for _ in range(2))
    assert one.batch(7).src.tolist() == two.batch(7).src.tolist() != one.batch(8).src.tolist()
    places = np.concatenate([one.places(step) for step in range(300)])
    assert set(places.tolist()) == set(range(80)), "every row of either file, and no other"
    assert (places < 20).mean() == pytest.approx(0.75, abs=0.02)


def test_a_part_that_does_not_fit_is_refused():
    from seq2seq_transformer.data.stored import StoredExamples

    empty = np.zeros(0, dtype=np.int64)
    shard = dict.fromkeys(("source_tokens", "source_ends", "target_tokens", "target_ends", "targets"), empty)
    with pytest.raises(DamagedError, match="^a tokenised file must be whole, but a part of it is not"):
        StoredExamples([{**shard, "sources": np.zeros(3, dtype=np.uint64)}])


def test_standard_input_is_kept(tmp_path, monkeypatch):
    text = "\n".join(gcd_lines(20)).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    kept = seekable(Path("-"))
    assert kept.read_bytes() == text
    assert kept.name == content_hash(kept)
    assert json.dumps(os.listdir(kept.parent)) == json.dumps([kept.name])
