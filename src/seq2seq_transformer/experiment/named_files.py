"""The files that a configuration names."""

from dataclasses import replace
from pathlib import Path

from seq2seq_transformer.data.files import FileOptions
from seq2seq_transformer.errors import UserError
from seq2seq_transformer.experiment.cache import content_hash, seekable
from seq2seq_transformer.experiment.merged import Sections
from seq2seq_transformer.experiment.sections import DataConfig
from seq2seq_transformer.registry import options_of


def find_files(data: DataConfig) -> DataConfig:
    """The files that are named, from anywhere: paths made absolute, streams kept, and their content noted.

    Raises:
        FileError: where one cannot be read.
        UserError: where one is not what it was when its content was noted.
    """
    named = (data.train, data.test, *data.more)
    train, test, *more = (str(seekable(Path(name)).absolute()) if name else "" for name in named)
    validation = data.validation
    if data.validation_share is None:
        validation = str(seekable(Path(validation)).absolute())
    files = [name for name in (train, *more, validation if data.validation_share is None else "") if name]
    back = " The training began with it: put it back there, or a link to it." if data.sha256 else ""
    content = ",".join(content_hash(Path(name), back) for name in files)
    if data.sha256 and data.sha256 != content:
        rule = f"{' and '.join(files)} must be as when the training began, but what is there has changed."
        raise UserError(f"{rule} Restore it, or train anew: seq2seq train --config RUN/config.toml --run NEW")
    if test:
        content_hash(Path(test))  # a file that cannot be read is refused before the training, not after it
    return replace(data, train=train, more=tuple(more), validation=validation, test=test, sha256=content)


def data_of_task(sections: Sections, data: DataConfig) -> DataConfig:
    """The file that a model of a task is to be tested on, if any; what else would do nothing is noted."""
    if data.test:
        with sections.collecting():
            return find_files(data)
    rule = "this is about a file, but none is named. Add: --data.train or --data.test"
    for option in options_of(DataConfig):
        if getattr(data, option.name) != option.default:
            sections.note("data", option.name, rule)
    return data


def file_options(data: DataConfig) -> FileOptions:
    """How files are read."""
    return FileOptions(data.format, data.types, data.base, data.columns)
