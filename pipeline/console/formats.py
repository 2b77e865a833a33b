"""Lists the log formats, and says which one a file is of."""

from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from pipeline.ingest.detection import Detection, detect
from pipeline.ingest.formats import FORMATS
from pipeline.report.terminal import safe_text


def show_formats(console: Console) -> None:
    """Print every format with what it is, the tables it fills, its options and an example."""
    for name, entry in sorted(FORMATS.items()):
        console.print(f"[bold]{name}[/bold]: {entry.description}", soft_wrap=True)
        console.print(f"  fills    {', '.join(entry.tables)}", soft_wrap=True)
        console.print(f"  options  {', '.join(entry.options) or '-'}", soft_wrap=True)
        for label, line in zip(("example", *[""] * len(entry.example)), entry.example.splitlines(), strict=False):
            console.print(safe_text(f"  {label:7}  {line}"), soft_wrap=True)
    console.print("[bold]auto[/bold]: each file by itself, as `shoal formats detect FILE...` says")


def show_detected(files: list[Path], console: Console) -> bool:
    """Print the format of each file, how sure that is and why.

    Returns:
        Whether all were recognised.
    """
    found = [(file, _detected(file)) for file in files]
    table = Table(Column("file", overflow="fold"), "format", "how sure", Column("why", overflow="fold"))
    for file, answer in found:
        sure = f"{answer.confidence:.0%}" if answer.format else "-"
        table.add_row(safe_text(str(file)), answer.format or "-", sure, safe_text(_why(answer)))
    console.print(table)
    return all(answer.format for _, answer in found)


def _detected(file: Path) -> Detection:
    try:
        return detect(file)
    except OSError as error:
        return Detection(None, 0.0, error.strerror or str(error))


def _why(answer: Detection) -> str:
    others = ", ".join(f"{other.format} ({other.confidence:.0%}: {other.why})" for other in answer.runners_up)
    return f"{answer.why}; less likely {others}" if others else answer.why
