"""What is found in a landing folder, and when a file was finished."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from ingest_helpers import Landing, event

from pipeline.config import Engine, Source
from pipeline.ingest.landing import Delivery, observed
from pipeline.ingest.staging import FILE_MOMENT, stage
from pipeline.scoring.facts import unread_files
from pipeline.warehouse.engine import configure

SOURCE = Source(name="edge", format="flat_json", path="*")
MODIFIED = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)


def names(site: Landing) -> list[str]:
    return [Path(report.path).relative_to(site.folder).as_posix() for report in site.read()]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("conn.2026-01-05.log", (2026, 1, 5)),
        ("auth-20260105.log.gz", (2026, 1, 5)),
        ("2026_01_05.log", (2026, 1, 5)),
        ("2026-01-05_2026-01-07.log", (2026, 1, 7)),
        ("messages-202601051", None),
        ("20261305.log", None),
        ("2026-0105.log", None),
        ("messages", None),
    ],
)
def test_a_file_was_finished_at_the_end_of_the_day_in_its_name(name: str, day: tuple[int, int, int] | None) -> None:
    delivery = Delivery(SOURCE, Path("/2023-03-03") / name, 1, int(MODIFIED.timestamp() * 1e9))
    expected = datetime(*day, 23, 59, 59, 999_999, tzinfo=UTC) if day else MODIFIED
    assert delivery.moment == expected


def test_a_path_of_stars_reads_all_that_lies_below(landing: Callable[..., Landing]) -> None:
    for number, path in enumerate(("landing/**/*", "landing/**")):
        site = landing(str(number), path=path)
        (site.folder / "a" / "b").mkdir(parents=True)
        site.put("x", [event(1)])
        site.put("a/b/y", [event(2)])
        assert names(site) == ["a/b/y", "x"]


def test_a_folder_where_a_file_is_expected_is_reported(landing: Callable[..., Landing]) -> None:
    for number, path in enumerate(("landing/*.json", "landing/**/*.json", "landing/?.*")):
        site = landing(str(number), path=path)
        (site.folder / "a.json").mkdir()
        site.put("b.json", [event(1)])
        said = "a folder, not a file"
        assert [(report.state, report.reason) for report in site.read()] == [("unreadable", said), ("new", None)]
        assert site.rows("select parse_filename(path), reason from raw.files where reason is not null") == [
            ("a.json", said)
        ]


@pytest.mark.parametrize("path", ["landing", "landing/", "."])
def test_a_path_that_is_a_folder_itself_is_reported(landing: Callable[..., Landing], path: str) -> None:
    site = landing(path=path)
    site.put("b.json", [event(1)])
    assert [(report.state, report.reason) for report in site.read()] == [("unreadable", "a folder, not a file")]


def test_what_could_not_be_read_is_forgotten_once_it_is_gone(landing: Callable[..., Landing]) -> None:
    site = landing()
    for name in ("a", "b"):
        (site.folder / name).symlink_to("nothing")
    site.put("c", [event(1)])
    assert site.state() == ["unreadable", "unreadable", "new"]
    (site.folder / "a").unlink()
    (site.folder / "c").unlink()
    assert site.state() == ["unreadable"]
    files = "select parse_filename(path), accepted from raw.files order by path"
    # what was read stays
    assert site.rows(files) == [("b", 0), ("c", 1)]
    assert not unread_files(site.warehouse, site.settings, date(2026, 1, 5)).holds
    (site.folder / "b").unlink()
    assert site.state() == []
    assert site.rows(files) == [("c", 1)]
    assert unread_files(site.warehouse, site.settings, date(2026, 1, 5)).holds


def test_the_engine_knows_when_the_file_was_finished(tmp_path: Path) -> None:
    path = tmp_path / "auth.2026-01-05.log"
    path.write_text('{"timestamp": "2026-01-05T00:00:00Z"}')
    with duckdb.connect() as connection:
        configure(connection, Engine(), tmp_path / "spill")
        stage(connection, observed(SOURCE, path, {}), datetime.now(UTC))
        (found,) = connection.execute(f"select getvariable('{FILE_MOMENT}')").fetchall()
    assert found == (datetime(2026, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC),)
