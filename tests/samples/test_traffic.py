"""What ordinary traffic and radiation look like in the logs: a normal night must look normal."""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

CALM_NIGHT = "2026-01-05"
WORKING_DAYS = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09")
WEEKEND = ("2026-01-10", "2026-01-11")
ACCEPTED, BLOCKER = "chs accepted forward", "chs add blocker 3"
DROPPED = {"chs dropped input", "chs dropped vlan28"}
FLOW = (
    "@timestamp",
    "source.ip",
    "source.port",
    "destination.ip",
    "destination.port",
    "network.transport",
    "network.bytes",
)


def is_private(address: str) -> bool:
    return address.startswith("10.")


def hour(record: dict[str, Any]) -> int:
    return int(record["@timestamp"][11:13])


def accepted(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record["event.action"] == ACCEPTED]


def test_every_dropped_packet_is_logged_by_two_rules_and_accepted_traffic_once(samples: Any) -> None:
    for records in samples.nights.values():
        flows: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for record in records:
            flows[tuple(record.get(field) for field in FLOW)].append(record["event.action"])
        for actions in flows.values():
            assert actions.count(BLOCKER) == sum(action in DROPPED for action in actions)
        assert max(map(len, flows.values())) == 2


def test_both_orders_of_the_two_rules_occur_side_by_side(samples: Any) -> None:
    actions = [record["event.action"] for record in samples.nights[CALM_NIGHT]]
    pairs = Counter((one == BLOCKER, other == BLOCKER) for one, other in pairwise(actions))
    assert pairs[(True, False)] > 100
    assert {record["event.action"] for record in samples.everything()} == {ACCEPTED, BLOCKER, *DROPPED}


def test_only_packets_from_outside_to_public_addresses_are_dropped(samples: Any) -> None:
    for record in samples.everything():
        if record["event.action"] != ACCEPTED:
            assert not is_private(record["source.ip"])
            assert record["destination.ip"].startswith(("203.0.113.", "198.51.100."))
        if record["event.action"] == "chs dropped vlan28":
            assert record["destination.ip"].startswith("198.51.100.")


def test_working_hours_are_busier_than_nights(samples: Any) -> None:
    for night in WORKING_DAYS:
        per_hour = Counter(
            hour(record) for record in accepted(samples.nights[night]) if is_private(record["source.ip"])
        )
        assert min(per_hour[h] for h in range(9, 17)) > 3 * max(per_hour[h] for h in range(5))


def test_weekends_are_quieter_in_business_but_not_in_radiation(samples: Any) -> None:
    def volumes(night: str) -> tuple[int, int]:
        planted = {address for row in samples.truth for address in row["source_ips"].split()}
        records = samples.nights[night]
        noise = [
            record for record in records if record["event.action"] == BLOCKER and record["source.ip"] not in planted
        ]
        return len(accepted(records)), len(noise)

    working, free = [volumes(night) for night in WORKING_DAYS], [volumes(night) for night in WEEKEND]
    assert max(business for business, _ in free) < 0.5 * min(business for business, _ in working)
    assert min(noise for _, noise in free) > 0.7 * max(noise for _, noise in working)


def test_a_calm_night_holds_no_scan(samples: Any) -> None:
    ports, targets, sources = defaultdict(set), defaultdict(set), defaultdict(set)
    for record in samples.nights[CALM_NIGHT]:
        if record["event.action"] in DROPPED:
            key = (record["source.ip"], hour(record))
            ports[key].add(record.get("destination.port"))
            targets[key].add(record["destination.ip"])
            sources[record["destination.ip"], record.get("destination.port"), hour(record)].add(record["source.ip"])
    assert len({source for source, _ in ports}) > 200
    assert all(max(map(len, groups.values())) <= 12 for groups in (ports, targets, sources))


def test_radiation_comes_at_all_hours_from_many_countries_mostly_to_well_known_ports(samples: Any) -> None:
    noise = [record for record in samples.nights[CALM_NIGHT] if record["event.action"] == BLOCKER]
    per_hour = Counter(map(hour, noise))
    assert min(per_hour[h] for h in range(24)) > 0.3 * max(per_hour.values())
    assert len({record.get("source.geo.country_name") for record in noise}) > 12
    ports = Counter(record.get("destination.port") for record in noise)
    assert ports[23] > ports[443] > ports[7547]


def test_a_large_internal_backup_runs_every_night(samples: Any) -> None:
    for records in samples.nights.values():
        backups = [record for record in accepted(records) if record.get("destination.port") == 9103]
        assert len(backups) == 12
        assert all(record["network.bytes"] > 100_000_000 and 1 <= hour(record) < 3 for record in backups)
        assert all(is_private(record["source.ip"]) and is_private(record["destination.ip"]) for record in backups)


def test_clients_stay_the_same_and_all_kinds_of_business_occur(samples: Any) -> None:
    clients = [
        {record["source.ip"] for record in accepted(samples.nights[night]) if record["source.ip"].startswith("10.20.")}
        for night in WORKING_DAYS
    ]
    assert all(len(of_night) == 60 and of_night == clients[0] for of_night in clients)
    ports = {record.get("destination.port") for record in accepted(samples.nights[CALM_NIGHT])}
    assert ports >= {22, 25, 53, 80, 123, 443, 445, 587, 993, 1433, 3306, 5432, 8080, None}
