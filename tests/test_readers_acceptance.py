"""Every real file at once, as a team would point Shoal at its logs: read in a real process, then whole nights run."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from shared_accounts import (
    BINARY,
    BY_MAPPING,
    DAMAGED,
    DATA,
    HOURLY,
    HOURLY_FILES,
    MAPPED,
    Account,
    counted_rows,
    expected,
    hourly,
    name_of,
)

from pipeline.models.registry import ALGORITHMS
from schemas.scores import CONSENSUS

# the two with most events: a day of an exposed host, and an attack on Windows
BUSIEST = {"2024-04-19": 11_706, "2020-10-22": 25_930}
# guesses of passwords and scans of the host by many; six users, and one whose logins work, fail twice in 54 seconds
ATTACKS = {"2024-04-19": {"brute_force", "vertical_scan"}, "2020-10-22": {"password_spraying"}}
CONFIG = f"""\
home = "home"
[schedule]
first_night = "2010-01-01"
[retention]  # the logs are years apart
raw_days = 0
features_days = 0
scores_days = 0
[[sources]]
name = "everything"
format = "auto"
path = "{DATA}/**/*"
"""
MAPPED_SOURCE = """
[[sources]]
name = "mapped_{number}"
format = "csv"
path = {path}
{settings}
"""
UNBALANCED = """
select path from raw.files f
where lines != accepted + duplicates + rejected
    or events != (select count(*) from raw.security_events e where e.file_id = f.file_id)
    or connections != (select count(*) from raw.connections c where c.file_id = f.file_id)
    or logins != (select count(*) from raw.logins l where l.file_id = f.file_id)
    or duplicates != (select count(*) from raw.duplicate_events d where d.file_id = f.file_id)
    or rejected != (select count(*) from raw.rejected_lines r where r.file_id = f.file_id)
"""
FILES = """
select source, path, sha256 is null, lines, format, events, connections, logins, duplicates, reason from raw.files
"""
REJECTED = """
select f.source, path, r.reason, count(*) from raw.rejected_lines r join raw.files f using (file_id) group by all
"""
SUMS = "select count(*), sum(lines), sum(accepted), sum(duplicates), sum(rejected) from raw.files"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there"),
]


class Site:
    """A configuration in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mapped = (_mapped(number, pattern, settings) for number, (pattern, settings, _) in enumerate(MAPPED))
        (folder / "shoal.toml").write_text("".join([CONFIG, *mapped]), encoding="utf-8")

    def shoal(self, *arguments: str) -> str:
        """What the command prints, without line breaks; it succeeds and complains of nothing."""
        command = [sys.executable, "-m", "pipeline", "--config", str(self.folder / "shoal.toml"), *arguments]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=800)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "Warning" not in answer.stderr
        return answer.stdout.replace("\n", " ")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.folder / "home" / "warehouse.duckdb", read_only=True) as connection:
            return connection.execute(query).fetchall()


def _mapped(number: int, pattern: str, settings: dict[str, Any]) -> str:
    """A source of CSV as the configuration describes it."""
    described = "\n".join(f"{key} = {_toml(value)}" for key, value in settings.items())
    return MAPPED_SOURCE.format(number=number, path=_toml(str(DATA / pattern)), settings=described)


def _toml(value: str | dict[str, str]) -> str:
    # a JSON string is a TOML string
    if isinstance(value, str):
        return json.dumps(value)
    return "{" + ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items()) + "}"


class Books(NamedTuple):
    """What the tables tell of each file, by kind of source and name."""

    accounts: dict[tuple[str, str], Account]
    lines: dict[tuple[str, str], int]
    unread: set[tuple[str, str]]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    site = Site(tmp_path_factory.mktemp("everything"))
    return site, site.shoal("ingest")


@pytest.fixture(scope="module")
def books(ingested: tuple[Site, str]) -> Books:
    """The accounts of all files; that they balance is asserted beside."""
    site, _ = ingested
    faults: dict[tuple[str, str], Counter[str]] = {}
    for source, path, reason, count in site.rows(REJECTED):
        faults.setdefault(_key(source, path), Counter())[reason] = count
    found = Books({}, {}, set())
    for source, path, is_unread, lines, form, events, connections, logins, duplicates, reason in site.rows(FILES):
        key = _key(source, path)
        rejected = dict(faults.get(key, {}))
        found.accounts[key] = Account(form, events, connections, logins, duplicates, rejected, reason)
        found.lines[key] = lines
        if is_unread:
            found.unread.add(key)
    return found


def _key(source: str, path: str) -> tuple[str, str]:
    return source.partition("_")[0], name_of(path)


def test_every_line_of_every_file_is_accounted_for(ingested: tuple[Site, str]) -> None:
    site, shown = ingested
    delivered = {str(path) for path in DATA.rglob("*") if path.is_file()}
    assert {path for (path,) in site.rows("select path from raw.files")} == delivered
    assert site.rows(UNBALANCED) == []
    ((files, lines, accepted, duplicates, rejected),) = site.rows(SUMS)
    assert f"{files:,} files: {lines:,} lines = {accepted:,} accepted (" in shown
    assert f"+ {duplicates:,} duplicates + {rejected:,} rejected;" in " ".join(shown.split())
    # what is no log is named with the reason, and nothing else is without lines
    without = site.rows("select path from raw.files where lines = 0 and reason is null")
    assert without == [(str(DATA / "zeek_tsv/zat/http_empty.log"),)]


def test_a_file_is_read_as_what_it_is(books: Books) -> None:
    found = {name: account for (source, name), account in books.accounts.items() if source == "everything"}
    assert found == expected()
    assert books.unread == {("everything", name) for name, account in found.items() if account.reason == BINARY}


def test_a_file_that_needs_a_mapping_is_read_by_it(books: Books) -> None:
    assert {name: account for (source, name), account in books.accounts.items() if source == "mapped"} == BY_MAPPING


def test_lines_are_as_many_as_the_readme_counts(books: Books) -> None:
    # lines that no format recognises are rows only where there is no header
    read = {
        (source, name): account
        for (source, name), account in books.accounts.items()
        if account.format != "auto" or "kdd" in name.lower()
    }
    # what is left when an archive is damaged is a line, too
    lines = {key[1]: books.lines[key] - (account.reason == DAMAGED) for key, account in read.items()}
    for kind in HOURLY:
        lines[HOURLY_FILES.format(kind)] = sum(lines.pop(name) for name in hourly(kind))
    assert lines == counted_rows()


def of_the_day(site: Site, kind: str, query: str) -> list[tuple[Any, ...]]:
    """What a query tells of the rows of a sensor's day of one type of log, `day`."""
    like = f"source_file like '{kind}.%' and source = 'everything' and log_date between '2024-04-18' and '2024-04-20'"
    table = {"events": "security_events"}.get(HOURLY[kind], HOURLY[kind])
    return site.rows(f"with day as (from raw.{table} where {like}) {query}")


@pytest.mark.parametrize("kind", ["dns", "http"])
def test_a_day_of_events(ingested: tuple[Site, str], books: Books, kind: str) -> None:
    rows = sum(books.accounts["everything", name].events for name in hourly(kind))
    assert of_the_day(ingested[0], kind, "select action, count(*) from day group by 1") == [(kind, rows)]


def test_a_day_of_connections_keeps_protocols_sizes_and_codes(ingested: tuple[Site, str]) -> None:
    site, _ = ingested
    protocols = "select protocol, count(*), count(source_port), count(icmp_type) from day group by 1"
    assert set(of_the_day(site, "conn", protocols)) == {
        ("tcp", 28745, 28745, 0),
        ("udp", 1756, 1756, 0),
        ("icmp", 866, 0, 866),
    }
    assert of_the_day(site, "conn", "select sum(bytes_out), sum(bytes_in) from day") == [(12887823, 2040357466)]
    unreachable = "count(*) filter (icmp_type = 3 and icmp_code = 3)"
    assert of_the_day(site, "conn", f"select {unreachable}, count(*) filter (state = 'REJ') from day") == [(518, 17637)]


def test_a_day_of_brute_force_has_failed_or_unknown_logins(ingested: tuple[Site, str]) -> None:
    site, _ = ingested
    # auth_success is F in 1,224 rows and `-` in the other 5,409
    by_success = of_the_day(site, "ssh", "select success, count(*) from day group by 1")
    assert set(by_success) == {(False, 1224), (None, 5409)}
    assert of_the_day(site, "ssh", "select count(*) from day where host is null or source_ip is null") == [(0,)]


@pytest.mark.parametrize("night", BUSIEST)
def test_the_busiest_nights_are_run_to_their_end(ingested: tuple[Site, str], night: str) -> None:
    site, _ = ingested
    before = site.rows(SUMS)
    assert "done" in site.shoal("run", "--date", night)
    events = BUSIEST[night]
    assert site.rows(f"select count(*) from raw.security_events where log_date = '{night}'") == [(events,)]
    scored = site.rows(
        f"select algorithm, count(distinct entity_id) from scores.events where log_date = '{night}' group by 1"
    )
    assert dict(scored) == dict.fromkeys((*ALGORITHMS, CONSENSUS), events)
    assert (site.folder / "home" / "reports" / night / "index.html").is_file()
    named = f"select attack_pattern from report.suspicious_clusters where log_date = '{night}' and rank <= 5"
    assert {pattern for (pattern,) in site.rows(named)} - {"unnamed"} == ATTACKS[night]
    # nothing was read again
    assert site.rows(SUMS) == before
