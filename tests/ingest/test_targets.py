"""One file may fill several raw tables; accounts, duplicates, withdrawal and nights hold for all of them."""

from datetime import date
from typing import Any

import pytest
from ingest_helpers import Landing, event, of

from pipeline.config import Source
from pipeline.ingest import contract
from pipeline.ingest.accounts import AccountingError
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.targets import TARGETS, filled_by
from schemas import raw
from schemas.fields import FIELDS

FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)
NIGHTS = "select log_date, events, connections, logins, revision from raw.nights order by 1"
FILES = "select parse_filename(path), events, connections, logins, duplicates, rejected from raw.files order by path"
OWNERS = """
select 'events' as held, source_file from raw.security_events union all
select 'connections', source_file from raw.connections union all
select 'logins', source_file from raw.logins order by all
"""


def one_of_each(*numbers: int) -> list[dict[str, Any]]:
    return [of(target, number) for number in numbers for target in TARGETS]


def test_the_fields_are_those_of_the_contract_and_columns_of_their_tables() -> None:
    named = {name for names in FIELDS.values() for name in names}
    assert named <= set(contract.FIELDS)
    assert set(contract.FIELDS) - named == {"session_id"}
    assert set(FIELDS) == set(TARGETS)
    for target in TARGETS.values():
        assert set(target.fields) <= set(target.spec.columns())
        assert {target.count} <= set(raw.FILES.columns()) & set(raw.NIGHTS.columns())


def test_a_format_fills_the_tables_that_it_names_or_the_one_that_the_source_does() -> None:
    for name in FORMATS:
        source = Source(name="a", format=name, path="*", table="logins")
        filled = filled_by(source)
        assert filled, name
        if "table" in FORMATS[name].options:
            assert filled == (TARGETS["logins"],)
        else:
            assert {target.spec.name for target in filled} == set(FORMATS[name].tables)


def test_records_become_rows_of_the_table_that_they_name(three: Landing) -> None:
    three.put(
        "a.json",
        [
            of("security_events", 1, action="chs drop", icmp_type=8, icmp_code=0, details='{"why":"x"}'),
            of("connections", 2, protocol="6", service="http", state="SF", duration="1.5", bytes_out=10, packets_in=3),
            of("logins", 3, user="ann", host="web1", service="ssh", success="true", session_minutes=2.5),
            of("logins", 4, success="maybe"),
        ],
    )
    (report,) = three.read()
    assert (report.events, report.connections, report.logins, report.rejected) == (1, 1, 1, 1)
    assert three.rows("select verdict, icmp_type, icmp_code, details from raw.security_events") == [
        ("blocked", 8, 0, '{"why":"x"}')
    ]
    query = "select protocol, service, state, duration, bytes_out, bytes_in, packets_in, dest_port from raw.connections"
    assert three.rows(query) == [("tcp", "http", "SF", 1.5, 10, None, 3, 2)]
    assert three.rows('select "user", host, service, success, session_minutes, source_ip from raw.logins') == [
        ("ann", "web1", "ssh", True, 2.5, "198.51.100.3")
    ]
    assert three.rows(NIGHTS) == [(FIRST, 1, 1, 1, 1)]


def test_a_repeated_record_is_a_duplicate_whichever_table_it_is_in(three: Landing) -> None:
    three.put("a.json", one_of_each(1, 2))
    three.put("b.json", one_of_each(2, 3))
    three.read()
    assert three.rows(FILES) == [("a.json", 2, 2, 2, 0, 0), ("b.json", 1, 1, 1, 3, 0)]
    ids = "select event_id from raw.security_events union select connection_id from raw.connections"
    assert len(three.rows(ids + " union select login_id from raw.logins")) == 9


def test_withdrawn_records_go_to_the_files_that_repeat_them(three: Landing) -> None:
    three.put("a.json", [*one_of_each(1), of("logins", 2), of("connections", 3)])
    three.put("b.json", [of("logins", 2), of("connections", 3), of("security_events", 9)])
    three.read()
    three.put("a.json", [*one_of_each(1), of("logins", 7)])
    three.read()
    assert three.rows(FILES) == [("a.json", 1, 1, 2, 0, 0), ("b.json", 1, 1, 1, 0, 0)]
    assert three.rows(OWNERS) == [
        ("connections", "a.json"), ("connections", "b.json"), ("events", "a.json"), ("events", "b.json"),
        ("logins", "a.json"), ("logins", "a.json"), ("logins", "b.json"),
    ]  # fmt: skip


def test_a_night_is_revised_by_any_of_its_tables(three: Landing) -> None:
    three.put("a.json", [of("security_events", 1), of("logins", 86_400)])
    three.read()
    three.put("a.json", [of("security_events", 1), of("logins", 86_400), of("connections", 86_401)])
    (report,) = three.read()
    assert report.nights == (SECOND,)
    assert three.rows(NIGHTS) == [(FIRST, 1, 0, 0, 1), (SECOND, 0, 1, 1, 2)]


def test_known_content_that_replaces_inherits_in_every_table(three: Landing) -> None:
    three.put("a.json", one_of_each(1))
    three.put("b.json", one_of_each(1, 2))
    three.read()
    three.put("a.json", one_of_each(1, 2))
    assert three.state() == ["moved", "unchanged"]
    assert three.rows(FILES) == [("b.json", 2, 2, 2, 0, 0)]


def test_records_of_no_table_do_not_vanish_silently(three: Landing) -> None:
    three.put("a.json", [of("security_events", 1), of("nowhere", 2)])
    with pytest.raises(AccountingError, match=r"a\.json"):
        three.read()
    assert three.rows("select * from raw.security_events") == []


def test_another_table_in_the_settings_moves_the_rows(flat: Landing) -> None:
    flat.put("a.json", [event(1), event(2)])
    flat.read()
    ids = flat.rows("select event_id from raw.security_events order by 1")
    flat.change(table="connections")
    (report,) = flat.read()
    assert (report.state, report.connections, report.nights) == ("reread", 2, (FIRST,))
    assert flat.rows("select connection_id from raw.connections order by 1") == ids
    assert flat.rows(NIGHTS) == [(FIRST, 0, 2, 0, 2)]
