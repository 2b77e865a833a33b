"""Accesses to S3: the server access log, the CSV of events, and the real file."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, staged

from pipeline.config import Verdicts
from pipeline.ingest.verdicts import verdict

REAL = Path(__file__).parents[3] / "shared/data/cloud_audit/AWS_S3_HoneyBucketLogs.csv"
LINE = (
    "79a59df900b949e55d96 example-logs [05/Jan/2026:04:12:09 +0100] 203.0.113.9 arn:aws:iam::1:user/lena 3E57427F33A5 "
    'REST.GET.OBJECT backup/a%2520b.txt "GET /example-logs/backup/a%20b.txt HTTP/1.1" 200 - 2662 3462992 70 10 '
    '"https://example.com/" "curl/8.5.0 (x; y)" - s9lzHYrFp76ZVxRcpX9= SigV4 ECDHE AuthHeader h TLSv1.2 - -'
)


def read(folder: Path, text: str) -> list[dict[str, Any]]:
    rows = staged(folder, text, format="s3_access")
    return [row | {"details": json.loads(row["details"] or "{}")} for row in rows]


def test_a_line_of_the_server_access_log(tmp_path: Path) -> None:
    (row,) = read(tmp_path, LINE)
    assert row["fault"] is None
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:09+00:00"
    assert (row["target"], row["action"], row["source_ip"], row["bytes"]) == (
        "security_events", "REST.GET.OBJECT", "203.0.113.9", 2662,
    )  # fmt: skip
    assert row["details"] == {
        "bucket": "example-logs", "key": "backup/a%2520b.txt", "user": "arn:aws:iam::1:user/lena",
        "request": "GET /example-logs/backup/a%20b.txt HTTP/1.1", "status": "200",
        "referrer": "https://example.com/", "user_agent": "curl/8.5.0 (x; y)",
    }  # fmt: skip


OUTCOMES = [
    ('" 403 AccessDenied 243', "REST.GET.OBJECT denied", "blocked"),
    ('" 403 - 243', "REST.GET.OBJECT denied", "blocked"),
    ('" 404 NoSuchKey 243', "REST.GET.OBJECT failed", "other"),
    ('" 304 - 243', "REST.GET.OBJECT", "other"),
    ('" - - 243', "REST.GET.OBJECT", "other"),
]


@pytest.mark.parametrize(("answer", "action", "meaning"), OUTCOMES)
def test_the_action_says_whether_it_was_denied(tmp_path: Path, answer: str, action: str, meaning: str) -> None:
    (row,) = read(tmp_path, LINE.replace('" 200 - 2662', answer))
    assert (row["fault"], row["action"], row["bytes"]) == (None, action, 243)
    assert verdict(action, Verdicts()) == meaning


def test_nothing_stands_for_nothing(tmp_path: Path) -> None:
    text = LINE.replace("203.0.113.9", "-").replace("arn:aws:iam::1:user/lena", "-").replace("2662", "-")
    (row,) = read(tmp_path, text.replace('"curl/8.5.0 (x; y)"', '"-"'))
    assert (row["fault"], row["source_ip"], row["bytes"]) == (None, None, None)
    assert not {"user", "user_agent"} & row["details"].keys()


def test_quotes_in_what_a_browser_says_do_no_harm(tmp_path: Path) -> None:
    (row,) = read(tmp_path, LINE.replace("curl/8.5.0", 'cu"rl'))
    assert (row["fault"], row["action"], row["bytes"]) == (None, "REST.GET.OBJECT", 2662)


def test_other_lines_have_a_reason(tmp_path: Path) -> None:
    text = "\n".join([LINE, "", "nonsense", LINE[:120], LINE.replace("05/Jan/2026", "05/Foo/2026"), '" " " " " "'])
    rows = read(tmp_path, text)
    assert [(row["line_number"], row["fault"]) for row in rows] == [
        (1, None), (3, "no line of the S3 server access log"), (4, "no line of the S3 server access log"),
        (5, "timestamp cannot be read"), (6, "no line of the S3 server access log"),
    ]  # fmt: skip


HEADER = "Event Type,Event Name,Request ID,User ID,Request Parameters,Alert,Event ID,Event DateTime,Alarm DateTime,"
HEADER += "Source IP,Request User Agent,Repeated Attempts\n"
ROW = "AwsApiCall,ListObjects,E2,\"{'type': 'AWSAccount', 'principalId': 'AIDA', 'accountId': '1'}\","
ROW += "\"{'bucketName': 'b', 'Host': 'h'}\", 302,2837,2022-02-18T17:34:57Z,2022-02-18T17:39:28.127636+00:00,"
ROW += '203.0.113.9,"Mozilla/5.0 (X, like Gecko)",4\n'


def test_a_row_of_the_csv(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "\ufeff" + HEADER + ROW)
    # of the event, not of the alarm
    assert row["timestamp"].isoformat() == "2022-02-18T17:34:57+00:00"
    assert (row["fault"], row["action"], row["source_ip"]) == (None, "ListObjects", "203.0.113.9")
    assert row["details"] == {
        "bucket": "b", "user": "1", "principal": "AIDA", "user_agent": "Mozilla/5.0 (X, like Gecko)", "attempts": "4",
    }  # fmt: skip


def test_rows_that_cannot_be_read_have_a_reason(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + ROW + "AwsApiCall,x\n" + ROW.replace("2022-02-18T17:34:57Z", "") + ROW[:90])
    assert {row["line_number"]: row["fault"] for row in rows} == {
        2: None, 3: "expected 12 columns, found 2", 4: "timestamp is missing", 5: "a quote is opened and never closed",
    }  # fmt: skip
    assert len(rows) == 4


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_every_row_of_the_real_file_is_accounted_for(landing: Callable[..., Landing]) -> None:
    site = landing(format="s3_access", path=str(REAL))
    (report,) = site.read()
    # 302 lines by wc, one of them the header
    assert (report.lines, report.accepted, report.duplicates, report.rejected) == (301, 301, 0, 0)
    assert dict(site.rows("select action, count(*) from raw.security_events group by all")) == {
        "HeadBucket": 159, "ListObjects": 138, "PutObject": 4,
    }  # fmt: skip
    with REAL.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sources = Counter(row["Source IP"] for row in rows)
    assert dict(site.rows("select source_ip, count(*) from raw.security_events group by all")) == sources
    days = Counter(row["Event DateTime"][:10] for row in rows)
    assert dict(site.rows("select log_date::text, count(*) from raw.security_events group by all")) == days
    anonymous = sum("ANONYMOUS_PRINCIPAL" in row["User ID"] for row in rows)
    assert site.column("select count(*) from raw.security_events where details->>'user' = 'ANONYMOUS_PRINCIPAL'") == [
        anonymous
    ]
