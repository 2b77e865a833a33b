from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

PLAN = {
    "2026-01-05": [],
    "2026-01-06": ["new_application"],
    "2026-01-07": ["vertical_port_scan", "low_and_slow_beacon", "new_application"],
    "2026-01-08": ["ssh_brute_force", "low_and_slow_beacon", "new_application"],
    "2026-01-09": ["exfiltration", "low_and_slow_beacon", "new_application"],
    "2026-01-10": ["distributed_flood", "low_and_slow_beacon", "new_application"],
    "2026-01-11": ["horizontal_port_scan", "low_and_slow_beacon", "new_application"],
}


def row_of(samples: Any, name: str) -> dict[str, str]:
    return next(row for row in samples.truth if row["name"] == name)


def matching(samples: Any, row: dict[str, str]) -> list[dict[str, Any]]:
    """What anyone finds who joins the logs to the truth by addresses, ports and time."""
    sources, targets, ports = (set(row[column].split()) for column in ("source_ips", "dest_ips", "dest_ports"))
    return [
        record
        for record in samples.nights[row["night"]]
        if record["source.ip"] in sources
        and record["destination.ip"] in targets
        and str(record.get("destination.port", "")) in ports
        and row["first_event"] <= record["@timestamp"] <= row["last_event"]
    ]


def actions_of(records: list[dict[str, Any]]) -> Counter[str]:
    return Counter(record["event.action"] for record in records)


def duration(row: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(row["last_event"]) - datetime.fromisoformat(row["first_event"])


def test_the_plan_is_as_documented(samples: Any) -> None:
    assert list(samples.nights) == list(PLAN)
    for night, names in PLAN.items():
        assert [row["name"] for row in samples.truth if row["night"] == night] == names
    kinds = {row["name"]: row["kind"] for row in samples.truth}
    assert {name for name, kind in kinds.items() if kind == "benign"} == {"new_application"}
    assert set(kinds.values()) == {"attack", "benign"}


def test_truth_agrees_with_the_logs(samples: Any) -> None:
    for row in samples.truth:
        assert len(matching(samples, row)) == int(row["events"]) > 0
        stamps = [record["@timestamp"] for record in matching(samples, row)]
        assert (min(stamps), max(stamps)) == (row["first_event"], row["last_event"])


def test_the_truth_is_not_in_the_logs(samples: Any) -> None:
    names = {row["name"] for row in samples.truth}
    assert not any(name in path.read_text() for path in samples.landing.iterdir() for name in names)


def test_attackers_are_absent_from_all_other_nights(samples: Any) -> None:
    planted = {
        name: {
            address
            for row in samples.truth
            if row["name"] == name
            for address in f"{row['source_ips']} {row['dest_ips']}".split()
            if not address.startswith(("10.", "203.0.113.", "198.51.100."))
        }
        for name in {row["name"] for row in samples.truth if row["kind"] == "attack"}
    }
    assert all(planted.values())
    for name, addresses in planted.items():
        nights = {row["night"] for row in samples.truth if row["name"] == name}
        for night, records in samples.nights.items():
            seen = {record["source.ip"] for record in records} | {record["destination.ip"] for record in records}
            assert bool(seen & addresses) == (night in nights)


def test_vertical_scan_is_one_source_many_ports_of_one_target_dropped(samples: Any) -> None:
    row = row_of(samples, "vertical_port_scan")
    assert len(row["source_ips"].split()) == len(row["dest_ips"].split()) == 1
    assert 700 <= len(row["dest_ports"].split()) <= 900
    assert duration(row) <= timedelta(minutes=25)
    assert "chs accepted forward" not in actions_of(matching(samples, row))


def test_horizontal_scan_is_one_source_one_port_of_many_targets_dropped(samples: Any) -> None:
    row = row_of(samples, "horizontal_port_scan")
    assert len(row["source_ips"].split()) == 1
    assert row["dest_ports"] in {"445", "3389"}
    assert 200 <= len(row["dest_ips"].split()) <= 300
    assert duration(row) <= timedelta(hours=1)
    assert actions_of(matching(samples, row)).keys() == {"chs dropped input", "chs dropped vlan28", "chs add blocker 3"}


def test_brute_force_comes_from_bots_of_many_countries_and_is_let_through(samples: Any) -> None:
    row = row_of(samples, "ssh_brute_force")
    records = matching(samples, row)
    attempts = Counter(record["source.ip"] for record in records)
    assert 30 <= len(attempts) <= 50
    assert all(20 <= count <= 60 for count in attempts.values())
    assert len({record.get("source.geo.country_name") for record in records}) >= 10
    assert (row["dest_ports"], actions_of(records).keys()) == ("22", {"chs accepted forward"})
    assert max(record["network.bytes"] for record in records) < 10_000
    assert duration(row) <= timedelta(hours=2)


def test_exfiltration_is_one_client_sending_much_to_one_host_at_night(samples: Any) -> None:
    row = row_of(samples, "exfiltration")
    records = matching(samples, row)
    assert row["source_ips"].startswith("10.20.")
    assert len(row["dest_ips"].split()) == 1
    assert 20 <= len(records) <= 40
    assert all(20_000_000 <= record["network.bytes"] <= 80_000_000 for record in records)
    assert all("T02:00" <= record["@timestamp"][10:16] <= "T04:00" for record in records)
    assert actions_of(records).keys() == {"chs accepted forward"}


def test_flood_is_hundreds_of_sources_on_one_server_within_minutes(samples: Any) -> None:
    row = row_of(samples, "distributed_flood")
    assert 350 <= len(row["source_ips"].split()) <= 450
    assert len(row["dest_ips"].split()) == len(row["dest_ports"].split()) == 1
    assert int(row["events"]) > 5_000
    assert duration(row) <= timedelta(minutes=10)
    assert "chs accepted forward" not in actions_of(matching(samples, row))


def test_beacon_keeps_client_host_size_and_pace_for_five_nights(samples: Any) -> None:
    rows = [row for row in samples.truth if row["name"] == "low_and_slow_beacon"]
    assert len({(row["source_ips"], row["dest_ips"], row["dest_ports"]) for row in rows}) == 1
    for row in rows:
        records = sorted(matching(samples, row), key=lambda record: str(record["@timestamp"]))
        moments = [datetime.fromisoformat(record["@timestamp"]) for record in records]
        pauses = [(after - before).total_seconds() for before, after in pairwise(moments)]
        assert all(9 * 60 <= pause <= 11 * 60 for pause in pauses)
        assert len(set(pauses)) > len(pauses) // 2
        assert all(310 <= record["network.bytes"] <= 350 for record in records)


def test_new_application_stays_and_keeps_business_hours(samples: Any) -> None:
    rows = [row for row in samples.truth if row["name"] == "new_application"]
    assert [row["night"] for row in rows] == list(PLAN)[1:]
    assert len({(row["dest_ips"], row["dest_ports"]) for row in rows}) == 1
    before = {record["destination.ip"] for record in samples.nights["2026-01-05"]}
    assert rows[0]["dest_ips"] not in before
    for row in rows[:4]:
        hours = [int(record["@timestamp"][11:13]) for record in matching(samples, row)]
        assert sum(8 <= hour < 18 for hour in hours) > 0.75 * len(hours)


@pytest.mark.parametrize("column", ["source_ips", "dest_ips", "dest_ports"])
def test_lists_are_separated_by_single_blanks_and_hold_nothing_twice(samples: Any, column: str) -> None:
    for row in samples.truth:
        entries = row[column].split(" ")
        assert "" not in entries
        assert len(entries) == len(set(entries))
