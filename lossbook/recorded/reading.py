"""Read a curve from a log of any program."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from lossbook.files import user_path
from lossbook.recorded.assembling import assembled
from lossbook.recorded.curve import Curve
from lossbook.recorded.formats import FORMATS
from lossbook.recorded.source import Source, Unreadable
from lossbook.recorded.table import Table


def read_curve(
    path: str | os.PathLike[str], *, column: str | None = None, val: str | None = None, run: str | None = None
) -> Curve:
    """Read the losses of a run from the log that a program wrote.

    The format is known by its contents, as ``FORMATS`` lists them: JSON of the Hugging Face Trainer, of OpenMMLab, DINO
    and W&B; CSV of Lightning, Keras, ultralytics, TensorBoard, W&B and spreadsheets; event files of TensorBoard; bare
    numbers; and text that was printed, with progress bars or without. Nothing that is read is executed or unpickled.

    Args:
        path: of the file; ``~`` is the home folder.
        column: the name of the training loss, or its end; by default it is found by its name, and parts are added up
            if no total is logged.
        val: the name of the held-out loss, likewise.
        run: which run to take of several: its name, or "1" for the first where one follows the other.

    Returns:
        The curve; its ``notes`` say which columns were taken, and what was changed.

    Raises:
        ValueError: the file cannot be read, holds no curve, or has no such column or run; in one sentence, with the
            file's name.
    """
    for name, value in (("column", column), ("val", val), ("run", run)):
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name} must be a name, got {value!r}.")
    name = str(path)
    try:
        file = user_path(path)
        if "\0" in name:
            raise ValueError(f"path must be the name of a file, got {name!r}.")
        if file.is_dir():
            raise ValueError(f"{name!r} must be a file with losses, and is a folder.")
        with file.open("rb") as stream:
            return read_stream(stream, name, column=column, val=val, run=run)
    except OSError as error:
        raise ValueError(f"{name!r} cannot be read: {error.strerror or error}.") from error
    except TypeError as error:
        raise ValueError(f"path must be the name of a file, got {path!r}.") from error


def read_stream(
    stream: BinaryIO, name: str, *, column: str | None = None, val: str | None = None, run: str | None = None
) -> Curve:
    """The same for an open stream of bytes, as standard input; ``name`` stands in messages."""
    try:
        source = Source.open(stream)
        kind = next((key for key, row in FORMATS.items() if (row.binary or source.is_text) and row.sniff(source)), None)
        if kind is None:
            raise Unreadable("it must be text or a TensorBoard event file, and holds other bytes")
        table = Table()
        for row in FORMATS[kind].read(source):
            table.add(row)
        curve = assembled(table, column=column, val=val, run=run)
        _check(curve)
    except Unreadable as error:
        raise ValueError(f"{name!r} cannot be read as a curve: {error}.") from error
    return replace(curve, notes=(f"read as {FORMATS[kind].title}", *curve.notes, *source.notes))


def _check(curve: Curve) -> None:
    if len(curve.loss) < 2:
        held = "one loss" if len(curve.loss) else "none"
        raise Unreadable(f"it must hold at least 2 losses, and holds {held}")
    if not np.isfinite(curve.loss).any():
        raise Unreadable("it must hold a loss that is a finite number, and every one is NaN or infinite")
