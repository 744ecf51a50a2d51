"""seq2seq export."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seq2seq_transformer.cli.notes import note, percent
from seq2seq_transformer.cli.options import layers
from seq2seq_transformer.cli.words import Pair

SECTIONS = ("model",)


def run(
    run: Path,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=("-o", "--output"))] = None,
    quantize: Literal["no", "int8"] = "no",
    pairs: Annotated[list[Pair], Parameter(parse=False)],
) -> None:
    """Write a trained model as ONNX, which answers without PyTorch.

    The folder is a model like a run: `seq2seq predict runs/p-onnx "1 0 1 0 1 0 1 0"`. Before it is written, its
    log-probabilities and answers are compared with those of PyTorch on held-out examples.
    Example: `seq2seq export runs/p -o p.onnx`

    Args:
        run: Folder of the run.
        output: New folder to write; where none is given, beside the run, with -onnx after its name.
        quantize: int8: matrices of weights in 8 bits; smaller, and not quite the same model.
    """
    from seq2seq_transformer.experiment.config import build_knobs
    from seq2seq_transformer.export.run import export_run

    knobs = build_knobs(layers("export", pairs, SECTIONS))
    exported = export_run(run, output, quantize=quantize, knobs=knobs)
    if exported.note:
        note(exported.note)
    files = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in exported.sizes.items())
    agreement = exported.agreement
    print(f"{exported.folder}: {files}")
    print(
        f"compared with PyTorch on {agreement.examples} held-out examples: largest difference of a log-probability "
        f"{agreement.largest_difference:.1e}, equal answers {percent(agreement.equal_answers)}"
    )
