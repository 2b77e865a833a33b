"""The other sensors' logs: the same nights, the same planted things, seen from where each sensor stands."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.samples.generate import write_samples
from pipeline.samples.sensors import SENSORS

EVENTS = 5_000
NIGHTS = [f"2026-01-{day:02}" for day in range(5, 12)]
# what each sensor sees of what is planted
SEEN = {
    "zeek": {
        "vertical_port_scan", "horizontal_port_scan", "ssh_brute_force", "exfiltration", "distributed_flood",
        "low_and_slow_beacon", "new_application",
    },
    "suricata_eve": {
        "vertical_port_scan", "horizontal_port_scan", "ssh_brute_force", "exfiltration", "distributed_flood",
        "low_and_slow_beacon",
    },
    "auth_log": {"ssh_brute_force"},
    "windows_events": {"exfiltration"},
}  # fmt: skip
SYSLOG = re.compile(r"(Jan [ \d]\d \d\d:\d\d:\d\d) ([a-z0-9-]+) (sshd|CRON)\[\d+\]: (.+)")
FROM = re.compile(r"from ([\d.]+) port (\d+)")


@dataclass(frozen=True)
class Record:
    """What any log tells of: from when to when, who calls whom, and all that the record says."""

    time: datetime
    ended: datetime
    source: str | None
    dest: str | None
    dest_port: str | None
    facts: Any


@dataclass(frozen=True)
class Logs:
    folder: Path
    truth: list[dict[str, str]]
    counts: dict[tuple[str, str, str], int]
    records: dict[str, dict[str, list[Record]]]

    def of(self, name: str, form: str) -> list[Record]:
        """The records of a planted thing, found by addresses, ports and time."""
        (row, *_) = (row for row in self.truth if row["name"] == name)
        return self.matching(row, form)

    def matching(self, row: dict[str, str], form: str) -> list[Record]:
        sources, targets, ports = (row[column].split() for column in ("source_ips", "dest_ips", "dest_ports"))
        # syslog has whole seconds
        first = datetime.fromisoformat(row["first_event"]).replace(microsecond=0)
        return [
            record
            for record in self.records[form][row["night"]]
            if record.source in sources
            and record.dest in (*targets, None)
            and record.dest_port in (*ports, None)
            and first <= record.time <= datetime.fromisoformat(row["last_event"])
        ]


def zeek(text: str) -> Iterator[Record]:
    names = next(line for line in text.splitlines() if line.startswith("#fields")).split("\t")[1:]
    for line in text.splitlines():
        if not line.startswith("#"):
            facts = dict(zip(names, line.split("\t"), strict=True))
            time = datetime.fromtimestamp(float(facts["ts"]), UTC)
            length = 0 if facts["duration"] == "-" else float(facts["duration"])
            yield Record(
                time,
                time + timedelta(seconds=length),
                facts["id.orig_h"],
                facts["id.resp_h"],
                facts["id.resp_p"],
                facts,
            )


def suricata(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        facts = json.loads(line)
        time = datetime.fromisoformat(facts.get("flow", {}).get("start", facts["timestamp"]))
        logged = datetime.fromisoformat(facts["timestamp"])
        yield Record(time, logged, facts["src_ip"], facts["dest_ip"], str(facts.get("dest_port")), facts)


def auth(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        found = SYSLOG.fullmatch(line)
        assert found, line
        time = datetime.strptime(f"2026 {found[1]} +0000", "%Y %b %d %H:%M:%S %z")
        origin = FROM.search(found[4])
        yield Record(time, time, origin and origin[1], None, None, (found[2], found[3], found[4]))


def windows(text: str) -> Iterator[Record]:
    for line in text.splitlines():
        facts = json.loads(line)
        time = datetime.fromisoformat(facts["@timestamp"])
        yield Record(time, time, facts.get("IpAddress"), None, None, facts)


PARSERS: dict[str, Callable[[str], Iterator[Record]]] = {
    "zeek": zeek, "suricata_eve": suricata, "auth_log": auth, "windows_events": windows,
}  # fmt: skip


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    home = tmp_path_factory.mktemp("sensors")
    folders = {form: home / form for form in SENSORS}
    write_samples(home / "firewall", home / "truth.csv", events_per_night=EVENTS, sensors=folders)
    records: dict[str, dict[str, list[Record]]] = {form: {} for form in folders}
    for form, folder in folders.items():
        for path in folder.iterdir():
            for record in PARSERS[form](path.read_text()):
                records[form].setdefault(record.time.date().isoformat(), []).append(record)
    truth = list(csv.DictReader((home / "truth.csv").read_text().splitlines()))
    counts = {
        (row["night"], row["name"], row["format"]): int(row["records"])
        for row in csv.DictReader((home / "truth_sources.csv").read_text().splitlines())
    }
    return Logs(home, truth, counts, records)


def test_the_other_sensors_leave_the_firewall_and_its_truth_as_they_are(logs: Logs, tmp_path: Path) -> None:
    write_samples(tmp_path / "firewall", tmp_path / "truth.csv", events_per_night=EVENTS)
    for path in tmp_path.rglob("*.*"):
        assert path.read_bytes() == (logs.folder / path.relative_to(tmp_path)).read_bytes()
    assert not (tmp_path / "truth_sources.csv").exists()


@pytest.mark.parametrize("form", SENSORS)
def test_each_sensor_logs_every_night_in_modest_size_and_no_other(logs: Logs, form: str) -> None:
    assert sorted(logs.records[form]) == NIGHTS
    assert all(50 < len(records) < 3_000 for records in logs.records[form].values())


@pytest.mark.parametrize("form", SENSORS)
def test_files_are_named_after_their_last_night_and_run_in_order_of_time(logs: Logs, form: str) -> None:
    files = sorted((logs.folder / form).iterdir())
    assert [path.stem[-10:] for path in files] == (NIGHTS if form == "zeek" else NIGHTS[-1:])
    for path in files:
        records = list(PARSERS[form](path.read_text()))
        assert records[-1].time.date().isoformat() == path.stem[-10:]
        if form == "zeek":
            assert {record.time.date() for record in records} == {records[-1].time.date()}
        # connections are logged when they end
        stamps = [record.ended for record in records]
        assert stamps == sorted(stamps)


@pytest.mark.parametrize("form", SENSORS)
def test_what_is_planted_is_seen_by_the_sensors_that_can_see_it(logs: Logs, form: str) -> None:
    assert {name for _, name, found in logs.counts if found == form} == SEEN[form]
    for row in logs.truth:
        assert ((row["night"], row["name"], form) in logs.counts) == (row["name"] in SEEN[form])
        if row["name"] in SEEN[form]:
            # a logoff, which ends every session, names no address
            per_match = 2 if form == "windows_events" else 1
            assert len(logs.matching(row, form)) * per_match == logs.counts[row["night"], row["name"], form] > 0


def test_the_truth_is_not_in_the_logs(logs: Logs) -> None:
    for form in SENSORS:
        text = "".join(path.read_text() for path in (logs.folder / form).iterdir())
        assert not any(row["name"] in text for row in logs.truth)


def test_attackers_are_in_no_other_night(logs: Logs) -> None:
    for row in logs.truth:
        if row["kind"] == "attack" and row["name"] != "low_and_slow_beacon":
            outside = {
                ip
                for ip in f"{row['source_ips']} {row['dest_ips']}".split()
                if not ip.startswith(("10.", "203.", "198."))
            }
            for nights in logs.records.values():
                assert all(
                    not outside & {record.source, record.dest}
                    for night, records in nights.items()
                    if night != row["night"]
                    for record in records
                )


@pytest.mark.parametrize("name", ["vertical_port_scan", "horizontal_port_scan", "distributed_flood"])
def test_zeek_sees_scans_as_connections_that_nobody_answers(logs: Logs, name: str) -> None:
    states = Counter(record.facts["conn_state"] for record in logs.of(name, "zeek"))
    assert states.keys() == {"S0", "REJ"}
    assert states["S0"] > 5 * states["REJ"] > 0


def test_zeek_measures_what_is_carried_off(logs: Logs) -> None:
    stolen = logs.of("exfiltration", "zeek")
    assert len(stolen) >= 20
    for record in stolen:
        sent, received = int(record.facts["orig_bytes"]), int(record.facts["resp_bytes"])
        assert sent > 15_000_000
        assert sent > 20 * received
        assert 60 <= float(record.facts["duration"]) <= 240


def test_zeek_sees_every_call_of_the_beacon_small_and_short(logs: Logs) -> None:
    calls = logs.of("low_and_slow_beacon", "zeek")
    assert len(calls) == 144
    for record in calls:
        assert 310 <= int(record.facts["orig_bytes"]) + int(record.facts["resp_bytes"]) <= 350
        assert float(record.facts["duration"]) < 2


def test_zeek_lines_are_as_its_header_says(logs: Logs) -> None:
    for path in (logs.folder / "zeek").iterdir():
        lines = path.read_text().splitlines()
        assert lines[0] == "#separator \\x09"
        assert lines[-1].startswith("#close\t")
        fields, types = (
            next(line for line in lines if line.startswith(name)).split("\t") for name in ("#fields", "#types")
        )
        assert len(fields) == len(types) == 22
        assert [line for line in lines[1:8] if not line.startswith("#")] == []
    records = [record.facts for records in logs.records["zeek"].values() for record in records]
    assert {facts["proto"] for facts in records} == {"tcp", "udp", "icmp"}
    assert {"ssl", "dns", "http", "smb", "smtp", "ssh", "-"} <= {facts["service"] for facts in records}
    assert len({facts["uid"] for facts in records}) == len(records)
    for facts in records:
        is_silent = facts["conn_state"] == "S0" or (facts["proto"] == "icmp" and facts["history"] == "D")
        assert (facts["duration"] == "-") == (facts["orig_bytes"] == "-") == is_silent
        assert facts["local_orig"] == "T" or facts["local_resp"] == "T"


def test_suricata_reports_flows_at_the_uplink_and_alerts_for_loud_attacks(logs: Logs) -> None:
    for name in SEEN["suricata_eve"]:
        kinds = Counter(record.facts["event_type"] for record in logs.of(name, "suricata_eve"))
        assert kinds["flow"] >= 20
        is_loud = name not in {"exfiltration", "low_and_slow_beacon"}
        assert bool(kinds["alert"]) == is_loud
    for records in logs.records["suricata_eve"].values():
        flows = {record.facts["flow_id"]: record.facts for record in records if record.facts["event_type"] == "flow"}
        alerts = [record.facts for record in records if record.facts["event_type"] == "alert"]
        assert 5 <= len(alerts) < len(flows) / 4
        assert {fact["flow_id"] for fact in alerts} == {key for key, fact in flows.items() if fact["flow"]["alerted"]}
        assert not any(
            fact["src_ip"].startswith("10.") and fact["dest_ip"].startswith("10.") for fact in flows.values()
        )


def test_guessed_passwords_fail_on_the_public_server_and_nowhere_else(logs: Logs) -> None:
    guesses = [record.facts for record in logs.of("ssh_brute_force", "auth_log")]
    assert {server for server, _, _ in guesses} == {"gate-1"}
    assert not any("Accepted" in message for _, _, message in guesses)
    failed = sum(message.startswith("Failed password for ") for _, _, message in guesses)
    assert failed == next(int(row["events"]) for row in logs.truth if row["name"] == "ssh_brute_force")
    assert sum("invalid user" in message for _, _, message in guesses) == len(guesses) - failed
    for night, records in logs.records["auth_log"].items():
        mistyped = [record for record in records if record.facts[2].startswith("Failed password")]
        assert night == "2026-01-08" or len(mistyped) < 10


def test_every_session_on_the_servers_is_opened_and_closed(logs: Logs) -> None:
    for records in logs.records["auth_log"].values():
        messages = Counter(re.sub(r"\d+$", "", " ".join(record.facts[2].split()[:6])) for record in records)
        assert messages["pam_unix(cron:session): session opened for user root(uid=0)"] == 36
        opened, closed, accepted = (
            sum(text in record.facts[2] for record in records)
            for text in ("sshd:session): session opened", "sshd:session): session closed", "Accepted ")
        )
        assert opened == closed == accepted > 0


def test_windows_sessions_end_and_failures_come_before_a_logon(logs: Logs) -> None:
    for records in logs.records["windows_events"].values():
        events = [record.facts for record in records]
        keys: dict[int, list[tuple[str, str]]] = {4624: [], 4625: [], 4634: []}
        for fact in events:
            keys[fact["EventID"]].append((fact["Hostname"], fact.get("TargetLogonId", "")))
        assert len(set(keys[4624])) == len(keys[4624])
        assert sorted(keys[4624]) == sorted(keys[4634])
        failed = Counter(fact["TargetUserName"] for fact in events if fact["EventID"] == 4625)
        assert all(count <= 2 for count in failed.values())
        assert failed.keys() <= {fact["TargetUserName"] for fact in events if fact["EventID"] == 4624}
    assert any(fact.facts["EventID"] == 4625 for records in logs.records["windows_events"].values() for fact in records)


def test_the_thief_keeps_coming_to_the_file_server_at_night_when_hardly_anyone_does(logs: Logs) -> None:
    (row,) = (row for row in logs.truth if row["name"] == "exfiltration")
    at_night = Counter(
        record.source
        for record in logs.records["windows_events"][row["night"]]
        if 2 <= record.time.hour < 4 and record.facts["EventID"] == 4624
    )
    assert at_night.pop(row["source_ips"]) >= 20
    assert sum(at_night.values()) <= 3


def test_people_have_one_account_and_one_key(logs: Logs) -> None:
    keys: dict[str, set[str]] = {}
    for records in logs.records["auth_log"].values():
        for record in records:
            if found := re.match(r"Accepted publickey for (\S+) .*(SHA256:\S{43})$", record.facts[2]):
                keys.setdefault(found[1], set()).add(found[2])
    assert len(keys) >= 5
    assert all(len(of_person) == 1 for of_person in keys.values())
    assert len(set.union(*keys.values())) == len(keys)
