"""What `shoal ingest` and `shoal status` print about files."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.filesize import decimal

from pipeline.config import Settings
from pipeline.console.ingesting import ingest_all
from pipeline.console.status import show_status

EVENTS = """\
timestamp,source_ip,dest_port
2026-01-05T00:00:01Z,8.8.8.8,22
2026-01-05T00:00:02Z,8.8.8.8,http
"""
LOGINS = '{"timestamp": "2026-01-05T00:00:01Z", "user": "ann", "source_ip": "10.0.0.1"}\n' * 2


@pytest.fixture
def landed(tmp_path: Path) -> Settings:
    for name, content in {
        "events.csv": EVENTS,
        "again.csv": EVENTS[:-1],
        "notes.txt": "no log",
        "l.json": LOGINS,
    }.items():
        (tmp_path / name).write_text(content)
    sources = [
        {"name": "mixed", "format": "auto", "path": "*.[ct][sx][vt]"},
        {"name": "people", "format": "flat_json", "path": "*.json", "table": "logins"},
    ]
    return Settings(home=tmp_path / "home", folder=tmp_path, sources=sources)


def printed(show: Callable[[Settings, Console], None], settings: Settings) -> list[str]:
    text = io.StringIO()
    show(settings, Console(file=text, width=250))
    return text.getvalue().splitlines()


def test_every_file_and_their_sum_are_accounted_for(landed: Settings) -> None:
    lines = printed(ingest_all, landed)
    cells = {
        Path(row[1]).name: row for line in lines if len(row := [cell.strip() for cell in line.split("│")[1:-1]]) > 1
    }
    assert cells["again.csv"][2:] == ["new", "csv", "2", "1 events", "0", "1", ""]
    assert cells["events.csv"][2:] == ["new", "csv", "2", "0", "1", "1", ""]
    assert cells["l.json"][2:] == ["new", "flat_json", "2", "2 logins", "0", "0", ""]
    assert cells["notes.txt"][2:-1] == ["new", "auto", "1", "0", "0", "1"]
    assert lines[-1] == (
        "4 files: 7 lines = 3 accepted (1 events, 0 connections, 2 logins) + 1 duplicates + 3 rejected; "
        "2 with a public source address of unknown country"
    )


def test_the_status_names_files_that_could_not_be_read(landed: Settings) -> None:
    printed(ingest_all, landed)
    lines = printed(show_status, landed)
    assert "1 of them could not be read, or not to their end:" in lines
    assert lines[-1].endswith("notes.txt: no format recognises this file; name one in the source's format")


def test_the_status_says_what_is_on_disk_now(landed: Settings) -> None:
    printed(ingest_all, landed)
    (landed.reports_folder / "2026-01-05").mkdir(parents=True)
    (landed.reports_folder / "2026-01-05" / "index.html").write_bytes(b"x" * 5_000)
    published = sum(path.stat().st_size for path in landed.published_folder.rglob("*") if path.is_file())
    assert published > 1_000
    warehouse = decimal(landed.warehouse_file.stat().st_size)
    said = f"on disk: warehouse {warehouse}, published copy {decimal(published)}, pages 5.0 kB"
    assert said in printed(show_status, landed)
