"""The registry of formats, and what every format owes."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import ibis
import pytest
from ingest_helpers import Landing, event, events, of, staged

from pipeline.config import Format, Source
from pipeline.config_errors import ConfigError
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.targets import TARGETS
from schemas import raw
from schemas.validation import check_columns, judge

# what their examples show is no text
TEXTS = sorted(name for name, entry in FORMATS.items() if "(binary" not in entry.example)
OWN_NAMES = {"ecs_json", "flat_json", "csv"}
FIELDS = ("source_ip", "source_port", "dest_ip", "dest_port", "action", "bytes")


def test_the_registry_has_what_the_configuration_offers() -> None:
    assert set(FORMATS) | {"auto"} == set(get_args(Format))
    for name, entry in FORMATS.items():
        assert name == entry.name
        assert set(entry.options) <= set(Source.model_fields)
        assert set(entry.tables) <= {target.spec.name for target in TARGETS.values()}


@pytest.mark.parametrize("name", TEXTS)
def test_the_example_of_a_format_can_be_read(tmp_path: Path, name: str) -> None:
    rows = staged(tmp_path, FORMATS[name].example, format=name)
    assert [row["fault"] for row in rows] == [None] * len(rows)
    assert {TARGETS[row["target"]].spec.name for row in rows} <= set(FORMATS[name].tables)
    assert rows


@pytest.mark.parametrize("name", sorted(OWN_NAMES))
def test_generic_formats_show_what_they_can_hold(tmp_path: Path, name: str) -> None:
    (row,) = staged(tmp_path, FORMATS[name].example, format=name)
    assert tuple(row[field] for field in FIELDS) == ("203.0.113.9", 50930, "198.51.100.20", 22, "chs dropped input", 44)
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:09.120000+00:00"


@pytest.mark.parametrize("name", TEXTS)
def test_a_damaged_archive_yields_its_records_and_one_remainder(landing: Callable[..., Landing], name: str) -> None:
    site = landing(format=name)
    head, _, last = ("", "", FORMATS[name].example)
    if not last.startswith("{"):
        head, _, last = FORMATS[name].example.rpartition("\n")
    packed = gzip.compress((head + f"\n{last}" * 300).lstrip("\n").encode(), compresslevel=0)
    site.put("a.gz", packed[: len(packed) * 2 // 3])
    (report,) = site.read()
    assert report.reason == "archive damaged: it ends too early"
    assert 195 < report.accepted < 205
    assert report.rejected == 1
    assert site.column("select reason from raw.rejected_lines") == [report.reason]


def test_the_tables_are_as_their_schemas_say(three: Landing) -> None:
    three.put("a.json", [*events(1, 2, 3), event(4, dest_port="x"), of("logins", 1), of("connections", 1)])
    three.put("b.json", [*events(3, 5), event(6, timestamp="soon"), of("logins", 1), of("connections", 2)])
    three.put("c.json", [*events(3, 6), event(5, action="drop", protocol="17")])
    three.put("d.json.gz", gzip.compress(b"x" * 1000)[:-9])
    (three.folder / "e.json").symlink_to("nothing")
    three.read()
    three.put("a.json", events(1))
    three.read()
    with three.warehouse.connect() as connection:
        for spec in raw.TABLES:
            rows = ibis.duckdb.from_connection(connection).table(spec.table, database=spec.database)
            assert rows.count().execute() > 0
            check_columns(spec, rows.schema())
            judge(spec, rows)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ({"timestamp_format": "%q"}, "source edge: timestamp_format = '%q' cannot be used: Failed to parse"),
        ({"path": "landing/**.json"}, r"source edge: path = 'landing/\*\*.json' cannot be used: Invalid pattern"),
    ],
)
def test_settings_that_cannot_work_are_one_sentence(
    landing: Callable[..., Landing], source: dict[str, str], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        landing(**source).read()
