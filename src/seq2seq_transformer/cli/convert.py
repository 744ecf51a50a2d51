"""seq2seq convert."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.cli.options import Whole, layers, options_elsewhere
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.cli.writing import FormatName, write_examples
from seq2seq_transformer.experiment.sections import READING

if TYPE_CHECKING:
    from seq2seq_transformer.values import ExampleBatch

SECTIONS = ("data",)


def run(
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    format: FormatName = "auto",
    base: Whole = 0,
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Write a file of examples in another format; --data.format, --data.types and --data.base say what it is now.

    Example: `seq2seq convert int2int.txt -o data.jsonl --data.types "int[2]:int"`

    Args:
        file: File of examples; - for standard input.
        output: New file to write; standard output where none is given.
        format: How to write them. auto: by the ending of the output's name; JSON Lines where that says nothing.
        base: Base of the digits in int2int and axolver. 0: that of the format.
    """
    from seq2seq_transformer.data.files import ExampleFile, format_of_output
    from seq2seq_transformer.data.formats.base import FORMATS
    from seq2seq_transformer.data.lines import Faults
    from seq2seq_transformer.experiment.cache import seekable
    from seq2seq_transformer.experiment.config import build_data
    from seq2seq_transformer.experiment.file_problem import refuse_faults
    from seq2seq_transformer.experiment.named_files import file_options

    environment, flags = layers("convert", pairs, SECTIONS)
    rule = f"of [data], a conversion has {', '.join(READING)} only"
    others = [name for name in flags.values.get("data", {}) if name in options_elsewhere("data", SECTIONS)]
    problems = [*flags.problems, *(f"--data.{name}: {rule}." for name in others)]
    data = build_data([environment, replace(flags, problems=problems)])
    source = ExampleFile(seekable(file), file_options(data))
    name = format_of_output(output, format)
    writer, types, faults, count = FORMATS.build(name, base=base), source.types, Faults(source.path), 0
    if output is None:  # what is printed cannot be taken back, so every line is checked first
        for _ in source.blocks(types, faults):
            pass
        refuse_faults([faults], data)
        faults.clear()

    def batches() -> "Iterator[ExampleBatch]":
        nonlocal count
        for block in source.blocks(types, faults):
            count += len(block.examples)
            yield block.examples
        refuse_faults([faults], data)  # before the file is there

    write_examples(output, name, writer, types, batches())
    left_out = f"; {len(faults):,} faulty lines left out" if len(faults) else ""
    note(f"{count:,} examples, {types}, from {source.format_name} to {name}{left_out}")
