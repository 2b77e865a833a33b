"""Writes an export to a file, a folder or the standard output."""

import os
import sys
from datetime import date
from pathlib import Path

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.feeds.export import FORMATS, export
from pipeline.report.terminal import visible_text


def export_night(settings: Settings, night: date, name: str, what: str, output: Path | None) -> Path | None:
    """Write what is asked for of a night; the path of the file, if it is one.

    Args:
        settings: whose published copy is read.
        night: the night.
        name: of the format.
        what: findings or events.
        output: a file, which is replaced as a whole, or a folder for one with a name of its own; None to print.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: this one has not, or the format cannot be asked for like that.
    """
    if name not in FORMATS:
        message = f"{name!r} is no format; choose one of {', '.join(FORMATS)}"
        raise UsageError(message)
    if output is None and not FORMATS[name].is_text:
        message = f"{name} cannot be printed; name a file or a folder with -o"
        raise UsageError(message)
    content = export(settings.published_folder, night, name, what)
    if output is None:
        sys.stdout.write(_printable(content.decode()))
        return None
    file = output / f"shoal_{night}_{what}.{FORMATS[name].suffix}" if output.is_dir() else output
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_bytes(content)
    return beside.replace(file)


def _printable(text: str) -> str:
    """On a terminal, control characters as Python writes them; in a pipe the text as it is."""
    if not sys.stdout.isatty():
        return text
    return "\n".join(visible_text(line, limit=len(line)) for line in text.split("\n"))
