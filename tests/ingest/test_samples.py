"""The sample logs of every sensor go into the tables they are meant for, without a rejected line."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from ingest_helpers import Landing

from pipeline.samples.generate import write_samples
from pipeline.samples.sensors import SENSORS

NIGHTS = 5  # up to the exfiltration, with the brute force in the fourth


@dataclass(frozen=True)
class Site:
    home: Path
    truth: dict[str, dict[str, str]]

    def lines(self, form: str) -> list[str]:
        texts = [path.read_text() for path in sorted((self.home / form).iterdir())]
        return [line for text in texts for line in text.splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    home = tmp_path_factory.mktemp("site")
    folders = {form: home / form for form in SENSORS}
    write_samples(home / "firewall", home / "truth.csv", nights=NIGHTS, events_per_night=1_000, sensors=folders)
    rows = csv.DictReader((home / "truth.csv").read_text().splitlines())
    return Site(home, {row["name"]: row for row in rows})


@pytest.fixture
def read(site: Site, landing: Callable[..., Landing]) -> Callable[..., Landing]:
    """The tables after a sensor's files were read, each with an expected format."""

    def ingested(form: str, name: str = "") -> Landing:
        folder = landing(format=name or form, path=str(site.home / form / "*"))
        reports = folder.read()
        assert {report.format for report in reports} == {form}
        assert sum(report.rejected + report.duplicates for report in reports) == 0
        return folder

    return ingested


@pytest.mark.parametrize("form", SENSORS)
def test_every_line_is_accepted_and_its_format_detected(site: Site, read: Callable[..., Landing], form: str) -> None:
    found = read(form, "auto")
    assert found.column("select sum(accepted) from raw.files") == [len(site.lines(form))]
    nights = found.column("select log_date::varchar from raw.nights order by 1")
    assert nights == [f"2026-01-{5 + night:02}" for night in range(NIGHTS)]


def test_zeek_gives_connections(site: Site, read: Callable[..., Landing]) -> None:
    found = read("zeek")
    lines = [line.split("\t") for line in site.lines("zeek")]
    assert found.column("select count(*) from raw.connections") == [len(lines)]
    stolen = site.truth["exfiltration"]["dest_ips"]
    sent = sum(int(line[9]) for line in lines if line[4] == stolen)
    assert found.column(f"select sum(bytes_out) from raw.connections where dest_ip = '{stolen}'") == [sent]


def test_suricata_gives_connections_and_alerts(site: Site, read: Callable[..., Landing]) -> None:
    found = read("suricata_eve")
    kinds = Counter(json.loads(line)["event_type"] for line in site.lines("suricata_eve"))
    assert found.column("select count(*) from raw.connections") == [kinds["flow"]]
    assert found.column("select count(*) from raw.security_events") == [kinds["alert"]]


def test_auth_log_gives_failed_logins_and_sessions_of_known_length(site: Site, read: Callable[..., Landing]) -> None:
    found = read("auth_log")
    lines = site.lines("auth_log")
    failed, accepted = (sum(word in line for line in lines) for word in ("Failed password", "Accepted "))
    outcomes = dict(found.rows("select success, count(*) from raw.logins group by all"))
    assert outcomes == {False: failed, True: accepted}
    bots = site.truth["ssh_brute_force"]["source_ips"].split()
    guesses = (
        f"select count(*) from raw.logins where list_contains({bots}, source_ip) and host = 'gate-1' and not success"
    )
    assert found.column(guesses) == [int(site.truth["ssh_brute_force"]["events"])]
    known = "select count(*) from raw.logins where success and session_minutes between 0 and 1440"
    assert found.column(known) == [accepted]


def test_windows_gives_logins_that_end(site: Site, read: Callable[..., Landing]) -> None:
    found = read("windows_events")
    events = Counter(json.loads(line)["EventID"] for line in site.lines("windows_events"))
    outcomes = dict(found.rows("select success, count(*) from raw.logins group by all"))
    assert outcomes == {False: events[4625], True: events[4624]}
    assert found.column("select count(session_minutes) from raw.logins") == [events[4634]]
    assert found.column("select count(*) from raw.security_events where action = 'logoff'") == [events[4634]]
    thief = site.truth["exfiltration"]["source_ips"]
    visits = f"select count(*) from raw.logins where source_ip = '{thief}' and hour(timestamp) in (2, 3)"
    assert found.column(visits)[0] >= int(site.truth["exfiltration"]["events"])
