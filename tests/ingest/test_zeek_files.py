"""What records of the real Zeek files say; that all are accounted for is asserted for all formats together.

Counts come from the files, not from the reader: rows by `grep -vc '^#'` or `wc -l`, parts by `cut | sort | uniq -c`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipeline.config import Engine, Source
from pipeline.ingest import staging
from pipeline.ingest.landing import observed
from pipeline.warehouse.engine import configure

DATA = Path(__file__).parents[3] / "shared/data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")


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
