"""Writes an export to a file, a folder or the standard output."""

import sys
from datetime import date
from pathlib import Path

from pipeline.config import Settings
from pipeline.config_errors import UsageError, with_remedy
from pipeline.feeds.export import CONTENTS, FORMATS, export
from pipeline.report.terminal import visible_text
from pipeline.whole_files import replace_file


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
        UsageError: this one has not, the format cannot be asked for like that, or the file cannot be written.
    """
    _check(name, what, output)
    content = export(settings.published_folder, night, name, what)
    if output is None:
        sys.stdout.write(_printable(content.decode()))
        return None
    file = output / f"shoal_{night}_{what}.{FORMATS[name].suffix}" if output.is_dir() else output
    return _replaced(file, content)


def _check(name: str, what: str, output: Path | None) -> None:
    """Raise where no night could be exported like that."""
    if name not in FORMATS:
        message = f"{name!r} is no format; choose one of {', '.join(FORMATS)}"
    elif what not in CONTENTS:
        message = f"--what {what!r} cannot be exported; choose one of {', '.join(CONTENTS)}"
    elif output is None and not FORMATS[name].is_text:
        message = f"{name} cannot be printed; name a file or a folder with -o"
    elif output is not None and not output.parent.is_dir():
        message = f"{output} cannot be written: there is no folder {output.parent}; make it, or name another with -o"
    else:
        return
    raise UsageError(message)


def _replaced(file: Path, content: bytes) -> Path:
    try:
        return replace_file(file, content)
    except OSError as fault:
        # the system names the file beside it, which nobody has asked for
        message = with_remedy(f"{file} cannot be written ({fault.strerror}); name another with -o")
        raise UsageError(message) from fault


def _printable(text: str) -> str:
    """On a terminal, control characters as Python writes them; in a pipe the text as it is."""
    if not sys.stdout.isatty():
        return text
    return "\n".join(visible_text(line, limit=len(line)) for line in text.split("\n"))
