"""CloudTrail: its files as delivered, what calls say, and a long line within bounded memory."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

from pipeline.config import Source, Verdicts
from pipeline.ingest.cloudtrail import FORMAT
from pipeline.ingest.detection import detect
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.verdicts import verdict

CALL = {
    "eventVersion": "1.08", "eventTime": "2026-01-05T03:12:09Z", "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9", "userAgent": "[aws-cli/2]",
    "userIdentity": {"type": "IAMUser", "userName": "backup", "accountId": "123456789012", "arn": "arn:aws:iam::1"},
    "requestParameters": {"bucketName": "example-logs", "key": "a]}b"}, "responseElements": None, "readOnly": True,
    "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::example-logs/a"}],
}  # fmt: skip


def read(folder: Path, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    rows = staged(folder, json.dumps({"Records": [CALL | call for call in calls]}), format="cloudtrail")
    assert [row["fault"] for row in rows] == [None] * len(calls)
    return [row | {"details": json.loads(row["details"])} for row in rows]


def test_a_call_is_an_event(tmp_path: Path) -> None:
    (row,) = read(tmp_path, {})
    assert (row["target"], row["action"], row["source_ip"]) == ("security_events", "GetObject", "203.0.113.9")
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:09+00:00"
    assert row["details"] == {
        "service": "s3.amazonaws.com", "region": "eu-west-1", "user": "backup", "user_type": "IAMUser",
        "account": "123456789012", "user_agent": "[aws-cli/2]", "bucket": "example-logs", "read_only": True,
    }  # fmt: skip


OUTCOMES = [
    ({"errorCode": "AccessDenied", "errorMessage": "Access Denied"}, "GetObject denied", "blocked"),
    ({"errorCode": "Client.UnauthorizedOperation"}, "GetObject denied", "blocked"),
    ({"errorCode": "NoSuchBucket"}, "GetObject failed", "other"),
    ({"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"}, "ConsoleLogin failed", "other"),
    ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, "ConsoleLogin failed", "other"),
    ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, "ConsoleLogin", "other"),
    ({"eventName": "AssumeRole", "requestParameters": None}, "AssumeRole", "other"),
]


@pytest.mark.parametrize(("call", "action", "meaning"), OUTCOMES)
def test_the_action_says_whether_it_was_denied(tmp_path: Path, call: dict[str, Any], action: str, meaning: str) -> None:
    (row,) = read(tmp_path, call)
    assert row["action"] == action
    assert verdict(action, Verdicts()) == meaning
    assert row["details"].get("error") == call.get("errorCode")


def test_a_service_that_calls_has_a_name_and_no_address(tmp_path: Path) -> None:
    named, six = read(tmp_path, {"sourceIPAddress": "cloudformation.amazonaws.com"}, {"sourceIPAddress": "2001:db8::1"})
    assert (named["source_ip"], named["details"]["caller"]) == (None, "cloudformation.amazonaws.com")
    assert (six["source_ip"], six["details"].get("caller")) == ("2001:db8::1", None)


def test_who_calls_is_named_by_what_there_is(tmp_path: Path) -> None:
    identities = [{"type": "AssumedRole", "arn": "arn:r"}, {"principalId": "AIDA"}, {"invokedBy": "ec2.amazonaws.com"}]
    rows = read(tmp_path, *({"userIdentity": identity} for identity in identities))
    assert [row["details"]["user"] for row in rows] == ["arn:r", "AIDA", "ec2.amazonaws.com"]


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ({"bytesTransferredIn": 7, "bytesTransferredOut": 243.0}, 250),
        ({"bytesTransferredOut": 243}, 243),
        ({"bytesTransferredIn": 7}, 7),
        ({"MFAUsed": "Yes"}, None),
    ],
)
def test_bytes_are_those_of_both_directions(tmp_path: Path, data: dict[str, Any], size: int | None) -> None:
    (row,) = read(tmp_path, {"additionalEventData": data})
    assert row["bytes"] == size


def test_every_layout_gives_the_same_events(tmp_path: Path) -> None:
    calls = [CALL | {"eventID": str(number)} for number in range(3)]
    layouts = [
        json.dumps({"Records": calls}), json.dumps({"Records": calls}, indent=2) + "\n", json.dumps(calls),
        "\n".join(map(json.dumps, calls)), "\n".join(json.dumps({"Records": [call]}) for call in calls),
    ]  # fmt: skip
    ids = {tuple(row["event_id"] for row in staged(tmp_path, text, format="cloudtrail")) for text in layouts}
    assert len(ids) == 1
    for text in layouts:
        path = tmp_path / "delivered.json"
        path.write_text(text)
        assert detect(path).format == "cloudtrail"


def test_what_is_no_call_has_a_reason(tmp_path: Path) -> None:
    digest = {"awsAccountId": "1", "digestStartTime": "2026-01-05T03:12:09Z"}
    text = json.dumps(digest) + '\n{"Records":[{"eventName":"x"},' + json.dumps(CALL | {"eventTime": "soon"}) + ',{"cut'
    rows = staged(tmp_path, text, format="cloudtrail")
    assert [(row["line_number"], row["fault"]) for row in rows] == [
        (1, "no eventName"), (2, "timestamp is missing"), (2, "timestamp cannot be read"), (2, "no valid JSON"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_of_one_line_does_not_fill_the_memory(tmp_path: Path, end: str) -> None:
    path, call = tmp_path / "long.json", json.dumps(CALL)
    count = 50_000_000 // len(call)
    with path.open("w") as file:
        file.write('{"Records":[' + call)
        file.writelines("," + call for _ in range(count))
        file.write("]}" + end)
    source = Source(name="cloud", format="cloudtrail", path="*")
    tracemalloc.start()
    records = sum(batch.num_rows for batch in FORMAT.reader.records(LogStream(path), source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert records == count + 1
    assert peak < 40_000_000
