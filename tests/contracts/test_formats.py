"""Every file format: what it writes it reads back, its first line gives it away, and what is wrong is named with its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_transformer import Example
from seq2seq_transformer.data.files import ExampleFile, FileOptions
from seq2seq_transformer.data.formats.base import FORMATS, LineFault, Types
from seq2seq_transformer.data.lines import Faults
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.tasks.base import TASKS

EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS.names())


def written(name, task_name, n=30):
    task = TASKS.build(task_name)
    types = Types(task.source, task.target)
    examples = task.sample_batch(np.random.default_rng(0), n).to_examples()
    writer = FORMATS.build(name)
    header = [writer.header(types)] if writer.has_header else []
    return types, examples, [*header, *(writer.write(example, types) for example in examples)]


@EVERY_FORMAT
@pytest.mark.parametrize("task_name", TASKS.names())
def test_what_it_writes_of_any_task_it_reads_back(name, task_name, tmp_path):
    try:
        types, examples, lines = written(name, task_name)
    except InputError:
        assert (name, task_name) in (("int2int", "dot_product"), ("int2int", "eigenvalues")), "only floats cannot be"
        return
    path = tmp_path / "examples"
    path.write_text("\n".join(lines) + "\n")
    faults = Faults(path)
    read = ExampleFile(path, FileOptions(name, str(types))).blocks(types, faults)
    found = [example for block in read for example in block.examples.to_examples()]
    assert faults.sentences() == []
    task = TASKS.build(task_name)
    for mine, yours in zip(found, examples, strict=True):  # axolver keeps three digits of a float
        assert mine == yours or (name == "axolver" and task.is_correct(yours, mine.target))


@EVERY_FORMAT
def test_its_first_line_and_types_give_it_away(name, tmp_path):
    _, examples, lines = written(name, "gcd")
    path = tmp_path / "examples"
    path.write_text("\n".join(lines) + "\n")
    file = ExampleFile(path, FileOptions())
    assert (file.format_name, str(file.types)) == (name, "int[]:int")
    (block,) = file.blocks(file.types, Faults(path))
    assert block.examples.to_examples() == examples


def test_int2int_is_told_by_its_answers_where_sources_are_symbols(tmp_path):
    path = tmp_path / "examples"
    for line, name in (("( x ) = 4\t+ 1 0", "int2int"), ("( x ) = 4\t10", "text"), ("3 4\t+ 5", "text")):
        path.write_text(line + "\n")
        assert ExampleFile(path, FileOptions()).format_name == name


@pytest.mark.parametrize("name", ["int2int", "axolver"])
@given(st.data())
def test_the_fast_way_reads_what_the_plain_one_reads_and_leaves_it_the_rest(name, data):
    kinds = ["int", "int[]", "int[2]", "int[][]", "int[2][2]", "range(0,12)"]
    types = Types.parse(":".join(data.draw(st.sampled_from(kinds)) for _ in range(2)))
    reader = FORMATS.build(name, base=data.draw(st.sampled_from([0, 2, 10, 1000])))
    plus, minus = reader.signs
    words = st.sampled_from(
        [
            plus,
            minus,
            plus,
            "1\x011",
            "V0",
            "9" * 5000,
            "V2000000000",
            "V1",
            "V2",
            "0",
            "1",
            "7",
            "10",
            "999",
            "01",
            "12345678901",
            "x",
            "V",
            "-",
        ]
    )
    column = st.lists(words, max_size=6).map(" ".join)
    good = st.sampled_from(
        [f"{plus} 1", f"V2 {plus} 1 0 {minus} 1", f"V2 V2 {plus} 1 {plus} 0 {minus} 1 1 {plus} 1", "1"]
    )
    line = st.lists(st.one_of(good, good, column), min_size=1, max_size=3).map("\t".join)
    lines = data.draw(st.lists(line, min_size=1, max_size=8))
    quick = reader.read_block(("\n".join(lines) + "\n").encode(), types)
    assert quick is not None
    examples = iter(quick[0].to_examples())
    for text, fast in zip(lines, quick[1].tolist(), strict=True):
        try:
            plain = reader.read(text, types)
        except LineFault:
            assert not fast, f"{text!r} is no example, but was read as {next(examples)}"
        else:
            if fast:
                assert next(examples) == plain


@pytest.mark.parametrize(
    ("name", "types", "line", "column", "message"),
    [
        ("jsonl", "int:int", "{", 2, "a line must be a JSON object, but is not: Expecting property name enclosed in "),
        ("jsonl", "int:int", '{"source": 1}', 1, 'a line must have "source" and "target", but has no "target".'),
        (
            "jsonl",
            "int:int",
            '{"source": 1, "target": 2, "source": 3}',
            1,
            'a line must have each name once, but has "source" twice.',
        ),
        ("jsonl", "int:int", "{}", 1, 'a line must have "source" and "target", but has no "source".'),
        (
            "jsonl",
            "int:int",
            "[1]",
            1,
            'a line must be one object, such as {"source": [1, 2], "target": 3}, but is a list.',
        ),
        (
            "jsonl",
            "int:int",
            '{"source": 1, "target": 1.5}',
            25,
            "the target: a term must be a whole number, but is 1.5 ",
        ),
        ("text", "int:int", "1 2", 1, "a line must have a source, a tab and a target, but has 0 tabs."),
        ("text", "int:int", "1\tx", 3, "the target: a term must be a whole number, but is 'x' instead."),
        ("text", "(int, int[]):int", "1\t2", 1, "the source: an input must have 2 parts with | between, but has 1."),
        (
            "int2int",
            "int:int",
            "1 2\t+ 3",
            1,
            "the source: a number must begin with + or -, but word 1 is '1' instead.",
        ),
        ("int2int", "int:int", "+ 1", 1, "a line must have a source, a tab and a target, but has 0 tabs."),
        (
            "int2int",
            "int:int",
            "+ 1\t+ 1000",
            5,
            "the target: a digit must be a whole number from 0 to 999, but word 2 ",
        ),
        (
            "int2int",
            "int:int",
            "+ 0 1\t+ 1",
            1,
            "the source: a number must be a sign and digits without leading zeros, ",
        ),
        ("int2int", "int:int", "- 0\t+ 1", 1, "the source: a number must be a sign and digits without leading zeros, "),
        ("int2int", "int[2]:int", "V2 + 1\t+ 1", 1, "the source: there must be 2 numbers, but are 1."),
        ("int2int", "int[2]:int", "+ 1\t+ 1", 1, "the source: there must be 1 lengths such as V2 before the numbers, "),
        ("int2int", "int[3]:int", "V2 + 1 + 2\t+ 1", 1, "the source: a sequence must have exactly 3 terms, but has 2 "),
        ("int2int", "int:range(0,3)", "+ 1\t5", 5, "the target: a term must be a whole number from 0 to 2, but is 5 "),
        (
            "axolver",
            "int:float",
            "INT+ 1\tFLOAT+ 1 2",
            8,
            "the target: a float must read like FLOAT+ 3 1 4 E-2, but is ",
        ),
        (
            "axolver",
            "int:int:int",
            "INT+ 1\tINT+ 2",
            1,
            "the source: there must be 2 columns before the answer, but is 1.",
        ),
        (
            "axolver",
            "int:int",
            "INT+ 1\tINT+ 2\tINT+ 3",
            1,
            "the source: int must stand in one column, but there are 2.",
        ),
    ],
)
def test_a_line_that_is_no_example_is_refused_with_its_place(name, types, line, column, message):
    with pytest.raises(LineFault) as caught:
        FORMATS.build(name).read(line, Types.parse(types))
    assert str(caught.value).startswith(message)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("header", "columns", "line", "source"),
    [
        ("source,target", "", "1 2,3", [1, 2]),
        ("id,target,source", "", "9,3,1 2", [1, 2]),
        ("a,b,gcd", "a,b:gcd", "1,2,3", [1, 2]),
        ('a,"b c",gcd', "b c,a:gcd", '2,"1",3', [1, 2]),
    ],
)
def test_named_columns_of_csv(header, columns, line, source):
    reader = FORMATS.build("csv", columns=columns)
    reader.start(header)
    assert reader.read(line, Types.parse("int[]:int")) == Example(source, 3)


def test_faults_of_csv():
    reader = FORMATS.build("csv")
    with pytest.raises(LineFault) as caught:
        reader.start("a,b")
    assert str(caught.value) == (
        "the first line must name the columns source and target once, but has a, b. "
        'Say which are source and target: --data.columns "a,b:c"'
    )
    reader.start("source,target")
    with pytest.raises(LineFault, match="^a line must have 2 columns, but has 3 instead.$"):
        reader.read("1,2,3", Types.parse("int:int"))
    with pytest.raises(LineFault, match="^a line must be comma-separated values, but is not: "):
        reader.read('"1,2', Types.parse("int:int"))


@pytest.mark.parametrize(
    ("lines", "types"),
    [
        (["1 2\t3"], "range(0,10)[]:int"),
        (["1 2\t3", "1 22\t3"], "int[]:int"),
        (["1.5\t3"], "float:int"),
        (["a b\tc d"], "symbol[]:symbol[]"),
        (["1 2; 3 4\t3"], "int[][]:int"),
        (["1 2; 3 4 | 3 4\t3"], "(int[][], range(0,10)[]):int"),
        (["1 2\t3", "1\t3 14"], "range(0,10)[]:int[]"),
    ],
)
def test_types_are_found_out(lines, types):
    assert str(FORMATS.build("text").infer(lines)) == types


def test_types_that_cannot_be_found_out_are_asked_for():
    with pytest.raises(
        InputError, match="^types cannot be found out from lists of such different forms; declare them: "
    ):
        FORMATS.build("jsonl").infer(['{"source": [[1], 2], "target": 1}', '{"source": [[1]], "target": 1}'])
    with pytest.raises(
        InputError, match="^types cannot be found out where no line is of the format. Name what they are: "
    ):
        FORMATS.build("jsonl").infer(["nothing"])


@pytest.mark.parametrize("text", ["int", "int:int:int:int", "(int,int):int:int", "number:int"])
def test_types_that_are_none_are_refused(text):
    with pytest.raises(InputError, match="must read like"):
        Types.parse(text)


def test_a_format_that_cannot_be_told_is_asked_for(tmp_path):
    path = tmp_path / "data.dat"
    path.write_text("what is this\n")
    with pytest.raises(ConfigError, match="cannot be told from its first line; name it: --data.format NAME"):
        ExampleFile(path, FileOptions())
