"""seq2seq convert."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note
from seq2seq_transformer.cli.options import Whole, layers
from seq2seq_transformer.cli.words import Pair
from seq2seq_transformer.cli.writing import FormatName, new_file
from seq2seq_transformer.errors import ConfigError, InputError
from seq2seq_transformer.experiment.sections import READING, DataConfig
from seq2seq_transformer.registry import options_of

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
    from seq2seq_transformer.experiment.file_problem import file_options, refuse_faults
    from seq2seq_transformer.values import Float, scalars_of

    above = layers("convert", pairs, SECTIONS)
    known = {option.name for option in options_of(DataConfig)}
    if others := [name for _, name, _ in pairs if name in known - {*READING}]:
        rule = f"of [data], a conversion has {', '.join(READING)} only"
        raise ConfigError([f"--data.{name}: {rule}." for name in others])
    data = build_data(above)
    source = ExampleFile(seekable(file), file_options(data))
    name = format_of_output(output, format)
    writer, types, faults, count = FORMATS.build(name, base=base), source.types, Faults(source.path), 0
    if output is None:  # what is printed cannot be taken back, so every line is checked first
        for _ in source.blocks(types, faults):
            pass
        refuse_faults([faults], data)
        faults.clear()
    if name == "axolver" and Float() in [*scalars_of(types.source), *scalars_of(types.target)]:
        note("floats are written with three significant digits, as Axolver has them")
    with new_file(output) as out:
        try:
            if header := writer.header(types):
                out.write(header + "\n")
            for block in source.blocks(types, faults):
                count += len(block.examples)
                out.writelines(writer.write(example, types) + "\n" for example in block.examples.to_examples())
        except InputError as error:
            raise ConfigError([f"the format {name} cannot hold {types}: {error}"]) from None
        refuse_faults([faults], data)
    left_out = f"; {len(faults):,} faulty lines left out" if len(faults) else ""
    note(f"{count:,} examples, {types}, from {source.format_name} to {name}{left_out}")
