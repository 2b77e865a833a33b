"""Files whose records the retention has removed: what is delivered again is known and not taken in again."""

from datetime import date, timedelta

import pytest
from ingest_helpers import Landing, event, events

from pipeline.config_retention import Retention
from pipeline.upkeep.removal import remove_old

DAY = 86_400
OLD, NEW = date(2026, 1, 5), date(2026, 3, 6)
LATER = (NEW - OLD).days * DAY
COUNTS = "select lines, accepted, duplicates, rejected from raw.files order by path"


@pytest.fixture
def removed(flat: Landing) -> Landing:
    """One file of an old night, one of a new night, one of both; then the old night is removed."""
    flat.put("a.json", [*events(1, 2, 3), {"timestamp": "never"}])
    flat.put("b.json", events(LATER + 1, LATER + 2))
    flat.put("c.json", events(3, 4, LATER + 2, LATER + 3))
    flat.read()
    flat.settings = flat.settings.model_copy(update={"retention": Retention(raw_days=23)})
    remove(flat)
    return flat


def remove(flat: Landing) -> dict[str, int]:
    with flat.warehouse.connect() as connection:
        connection.execute("insert into report.nights by name select $night as log_date", {"night": NEW})
    return remove_old(flat.warehouse, flat.settings)


def nights(flat: Landing) -> list[tuple[date, int]]:
    return flat.rows("select log_date, count(*) from raw.security_events group by 1 order by 1")


def test_old_records_go_and_the_books_stay(removed: Landing) -> None:
    assert nights(removed) == [(NEW, 3)]
    assert removed.rows(COUNTS) == [(4, 3, 0, 1), (2, 2, 0, 0), (4, 2, 2, 0)]
    before = NEW - timedelta(days=22)
    assert removed.column("select removed_before from raw.files order by path") == [before, None, before]
    assert removed.column("select log_date from raw.nights order by 1") == [OLD, NEW]
    # of a file that holds a kept night, rejected lines stay; what repeated a kept record still vouches for it
    assert removed.column("select count(*) from raw.rejected_lines") == [0]
    assert removed.column("select count(*) from raw.duplicate_events") == [1]


def test_old_files_that_come_again_are_known(removed: Landing) -> None:
    states = [report.state for report in ingest_again(removed)]
    assert states == ["unchanged"] * 3
    path = removed.folder / "a.json"
    removed.put("renamed.json", path.read_bytes())
    path.unlink()
    assert [report.state for report in ingest_again(removed)].count("moved") == 1
    assert nights(removed) == [(NEW, 3)]


def test_an_old_file_that_has_grown_is_taken_and_removed_again(removed: Landing) -> None:
    removed.put("c.json", events(3, 4, 5, LATER + 2, LATER + 3))
    assert "changed" in [report.state for report in ingest_again(removed)]
    assert nights(removed) == [(OLD, 3), (NEW, 3)]
    assert remove(removed)["raw.security_events"] == 3
    assert nights(removed) == [(NEW, 3)]
    assert ingest_again(removed)


def test_new_records_of_a_removed_night_go_with_the_next_removal(removed: Landing) -> None:
    removed.put("late.json", [event(50)])
    ingest_again(removed)
    assert nights(removed) == [(OLD, 1), (NEW, 3)]
    assert remove(removed) == {"raw.security_events": 1}


def ingest_again(flat: Landing) -> list[object]:
    from pipeline.ingest.run import ingest

    return list(ingest(flat.settings, flat.warehouse))
