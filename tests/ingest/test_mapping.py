"""Generic formats fill whichever table a source names, from columns that it maps."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_helpers import Landing, staged

from pipeline.config import Source
from pipeline.ingest.mapping import missing, wanted
from schemas.fields import FIELDS

COLUMNS = {"timestamp": "at", "source_ip": "client.ip", "label": "class"}
CONTENT = {
    "flat_json": '{"at": "2026-01-05", "client": {"ip": "198.51.100.1"}, "class": "scan", "user": "ann", "state":"S0"}',
    "csv": "at,client.ip,class,user,state\n2026-01-05,198.51.100.1,scan,ann,S0\n",
}


@pytest.mark.parametrize("format_name", list(CONTENT))
@pytest.mark.parametrize("table", list(FIELDS))
def test_a_record_becomes_a_row_of_the_named_table(tmp_path: Path, format_name: str, table: str) -> None:
    (row,) = staged(tmp_path, CONTENT[format_name], format=format_name, table=table, columns=COLUMNS)
    assert (row["fault"], row["target"], row["label"], row["source_ip"]) == (None, table, "scan", "198.51.100.1")
    assert row.get("user") == ("ann" if table == "logins" else None)
    assert row.get("state") == ("S0" if table == "connections" else None)


def test_rows_of_each_table_are_stored(landing: Callable[..., Landing]) -> None:
    for table in FIELDS:
        site = landing(table, format="flat_json", table=table, columns=COLUMNS)
        site.put("a.json", CONTENT["flat_json"])
        (report,) = site.read()
        assert (report.accepted, report.rejected) == (1, 0)
        assert site.column(f"select source_ip from raw.{table} where label = 'scan'") == ["198.51.100.1"]


def test_columns_that_nobody_maps_keep_our_names() -> None:
    source = Source(name="edge", format="csv", path="*", table="logins", columns={"user": "account"})
    assert wanted(source) == {name: "account" if name == "user" else name for name in FIELDS["logins"]}
    assert missing(source, ["timestamp", "account"]) is None
    assert missing(source, ["timestamp", "user"]) == "the header has no column account"
    assert missing(source, []) == "the header has no column timestamp and no column account"
