"""The real Zeek files, accounted for line by line.

Counts come from the files, not from the reader: rows by `grep -vc '^#'` or `wc -l`, parts by `cut | sort | uniq -c`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from ingest_helpers import Landing

from pipeline.config import Engine, Source
from pipeline.ingest import staging
from pipeline.ingest.detection import detect
from pipeline.ingest.landing import observed
from pipeline.warehouse.engine import configure

DATA = Path(__file__).parents[3] / "shared/data"
NIGHT = DATA / "zeek_tsv/rita_missing_host/2024-04-19"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")

RELATIVE = "relative time: seconds since the capture began, not since 1970"
FILES = {
    "zeek_tsv/zat/conn.log": {"connections": 360},
    "zeek_tsv/zat/conn_date_issue.log": {"connections": 3},
    "zeek_tsv/zat/dns.log": {"security_events": 54},
    "zeek_tsv/zat/files.log": {"security_events": 113},
    "zeek_tsv/zat/http.log": {"security_events": 150},
    "zeek_tsv/zat/http.log.gz": {"security_events": 150},
    # `zcat` gives 150 rows, then reports an unexpected end
    "zeek_tsv/zat/http.log.corrupt.gz": {"security_events": 150, "archive damaged: it ends too early": 1},
    "zeek_tsv/zat/http_empty.log": {},
    "zeek_tsv/zat/notice.log": {"security_events": 2},
    "zeek_tsv/zat/ssl.log": {"security_events": 37},
    "zeek_tsv/zat/tor_ssl.log": {"security_events": 733},
    "zeek_tsv/zat/weird.log": {"security_events": 12},
    "zeek_tsv/rita_proxy/conn.log": {"connections": 463},
    "zeek_tsv/rita_proxy/dns.log": {"security_events": 942},
    "zeek_tsv/rita_proxy/http.log": {"security_events": 407},
    "zeek_tsv/rita_proxy/ssl.log": {"security_events": 407},
    "zeek_tsv/slips_portscan_horizontal_conn.log": {RELATIVE: 41},
    "zeek_json/zat/conn.log": {"connections": 50},
    "zeek_json/zat/dns.log": {"security_events": 50},
    "zeek_json/zat/files.log": {"security_events": 50},
    "zeek_json/zat/http.log": {"security_events": 28},
    "zeek_json/zat/kerberos.log": {"logins": 14},
    "zeek_json/zat/ssl.log": {"security_events": 50},
    # `"@stream":"conn"` stands in 613 of 2,140 lines, kerberos in 35
    "zeek_json/apt29_day1_combined_zeek.log": {"connections": 613, "logins": 35, "security_events": 1492},
    "zeek_json/netflowlabeler_conn.json.log": {"connections": 1000},
    "zeek_json/wrccdc2018/rdp.json.gz": {"logins": 4122},
    "labelled_flows/iot23_34-1_conn.log.labeled": {"connections": 23145},
}
HOURS = {
    "conn": [1765, 2102, 1168, 1274, 1817, 1029, 1502, 877, 1258, 1542, 1344, 1071,
             1454, 984, 928, 819, 1136, 1436, 1669, 1131, 1052, 947, 1177, 1885],
    "dns": [86, 145, 85, 63, 70, 72, 71, 71, 38, 56, 72, 55, 153, 70, 79, 64, 65, 77, 73, 70, 101, 53, 58, 86],
    "http": [192, 436, 272, 422, 144, 154, 206, 279, 143, 745, 1065, 232,
             233, 168, 111, 199, 379, 162, 234, 1004, 2507, 264, 158, 164],
    "ssh": [389, 822, 72, 187, 742, 223, 470, 25, 331, 457, 157, 219,
            383, 93, 15, 11, 104, 621, 762, 96, 122, 78, 230, 24],
}  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        configure(connection, Engine(threads=1), tmp_path_factory.mktemp("spill"))
        yield connection


def stage(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    source = Source(name="sensor", format="zeek", path="*")
    staging.stage(engine, observed(source, DATA / name, {}), datetime.now(UTC))


def counts(engine: duckdb.DuckDBPyConnection, expression: str) -> Counter[object]:
    rows = engine.execute(f"select {expression}, count(*) from staged group by all").fetchall()
    return Counter({key[0] if len(key) == 1 else tuple(key): count for *key, count in rows})


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_in_its_table_or_rejected_with_the_reason(engine: duckdb.DuckDBPyConnection, name: str) -> None:
    stage(engine, name)
    assert counts(engine, "coalesce(fault, target::varchar)") == FILES[name]
    if FILES[name]:
        found = detect(DATA / name)
        assert (found.format, found.confidence > 0.9) == ("zeek", True)


def day(landing: Callable[..., Landing], kind: str) -> Landing:
    """A sensor's day of one type of log, hour by hour, of which every row is accounted for."""
    site = landing(format="zeek", path=str(NIGHT / f"{kind}.*.log.gz"))
    reports = site.read()
    assert [(report.lines, report.accepted) for report in reports] == [(rows, rows) for rows in HOURS[kind]]
    return site


@pytest.mark.parametrize("kind", ["dns", "http"])
def test_a_day_of_events(landing: Callable[..., Landing], kind: str) -> None:
    site = day(landing, kind)
    assert site.rows("select action, count(*) from raw.security_events group by 1") == [(kind, sum(HOURS[kind]))]


def test_a_day_of_connections_keeps_protocols_sizes_and_codes(landing: Callable[..., Landing]) -> None:
    site = day(landing, "conn")
    protocols = site.rows(
        "select protocol, count(*), count(source_port), count(icmp_type) from raw.connections group by 1"
    )
    assert set(protocols) == {("tcp", 28745, 28745, 0), ("udp", 1756, 1756, 0), ("icmp", 866, 0, 866)}
    assert site.rows("select sum(bytes_out), sum(bytes_in) from raw.connections") == [(12887823, 2040357466)]
    assert site.column("select count(*) from raw.connections where icmp_type = 3 and icmp_code = 3") == [518]
    assert site.column("select count(*) from raw.connections where state = 'REJ'") == [17637]


def test_a_day_of_brute_force_has_failed_or_unknown_logins(landing: Callable[..., Landing]) -> None:
    site = day(landing, "ssh")
    # auth_success is F in 1,224 rows and `-` in the other 5,409
    assert set(site.rows("select success, count(*) from raw.logins group by 1")) == {(False, 1224), (None, 5409)}
    assert site.column("select count(*) from raw.logins where host is null or source_ip is null") == [0]


def test_names_that_were_not_found_and_hosts_that_were_not_named_are_facts(engine: duckdb.DuckDBPyConnection) -> None:
    stage(engine, "zeek_tsv/zat/dns.log")
    assert counts(engine, "details->>'answer_code'") == {"NOERROR": 51, None: 3}
    # dns.log names a query in every row; the first answer is an alias
    answers = engine.execute(
        "select details->'answers' from staged where details->>'query' = 'www.guyspy.com'"
    ).fetchone()
    assert answers
    assert json.loads(answers[0]) == ["guyspy.com", "54.245.228.191"]


def test_labels_with_three_blanks_between_them(engine: duckdb.DuckDBPyConnection) -> None:
    stage(engine, "labelled_flows/iot23_34-1_conn.log.labeled")
    assert counts(engine, "label") == {"Benign": 1923, "DDoS": 14394, "C&C": 6706, "PartOfAHorizontalPortScan": 122}


def test_streams_of_a_combined_file(engine: duckdb.DuckDBPyConnection) -> None:
    stage(engine, "zeek_json/apt29_day1_combined_zeek.log")
    streams = {"files": 448, "ssl": 378, "x509": 378, "dce_rpc": 123, "http": 62, "dns": 53, "dpd": 12, "smb_files": 12}
    few = {"weird": 12, "smb_mapping": 11, "notice": 2, "pe": 1, "conn": 613, "kerberos": 35}
    assert counts(engine, "action") == streams | few
    # 18 of 35 succeeded; the 7 refusals only ask for pre-authentication
    logins = engine.execute("select success, count(*) from staged where target = 'logins' group by 1").fetchall()
    assert set(logins) == {(True, 18), (None, 17)}


def test_users_of_logins(engine: duckdb.DuckDBPyConnection) -> None:
    stage(engine, "zeek_json/wrccdc2018/rdp.json.gz")
    users = counts(engine, "user")
    assert users.pop(None) == 4122 - 23
    assert (users["nessus"], users["jerry"], sum(users.values())) == (11, 2, 23)
