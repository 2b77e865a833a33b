"""Lists the log formats."""

from rich.console import Console
from rich.table import Table

from pipeline.ingest.formats import FORMATS
from pipeline.report.terminal import safe_text


def show_formats(console: Console) -> None:
    """Print every format with what it is, the tables it fills, its options and an example."""
    table = Table("format", "what it is", "fills", "options", show_lines=True)
    for name, entry in sorted(FORMATS.items()):
        table.add_row(name, entry.description, "\n".join(entry.tables), "\n".join(entry.options))
    console.print(table)
    for name, entry in sorted(FORMATS.items()):
        console.print(safe_text(f"{name}:  {entry.example}"), soft_wrap=True)
