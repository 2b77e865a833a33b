"""Suricata's EVE JSON: which table each type of record fills with what, and the real file line by line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, staged

from pipeline.ingest.detection import detect

REAL = Path(__file__).parents[3] / "shared/data/suricata/slips_test6-malicious.suricata.json"
ENDS = {"src_ip": "203.0.113.9", "src_port": 50930, "dest_ip": "198.51.100.20", "dest_port": 22, "proto": "TCP"}
START, END = "2026-01-05T04:12:00.000000+0100", "2026-01-05T04:12:01.250000+0100"


def record(kind: str, **parts: Any) -> dict[str, Any]:
    return {"timestamp": "2026-01-05T04:12:09.120000+0100", "flow_id": 1, "event_type": kind} | ENDS | parts


def read(folder: Path, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows, which have no fault, with their details as a dictionary."""
    rows = staged(folder, "\n".join(map(json.dumps, records)), format="suricata_eve")
    assert [row["fault"] for row in rows] == [None] * len(records)
    return [row | {"details": json.loads(row["details"] or "{}")} for row in rows]


ALERT = {
    "action": "blocked", "signature_id": 2001219, "signature": "ET SCAN", "category": "Leak", "severity": 2,
    "metadata": {"tag": ["SCAN"]},
}  # fmt: skip


def test_alerts_say_what_was_done_and_why(tmp_path: Path) -> None:
    traffic = {"bytes_toserver": 60, "bytes_toclient": 40, "start": START}
    blocked, allowed, plain = read(
        tmp_path,
        record("alert", alert=ALERT, flow=traffic),
        record("alert", alert=ALERT | {"action": "allowed"}),
        record("alert", alert={"signature": "x"}),
    )
    assert [row["action"] for row in (blocked, allowed, plain)] == ["blocked", "allowed", "alert"]
    assert (blocked["target"], blocked["bytes"], blocked["source_port"]) == ("security_events", 100, 50930)
    # of the alert, not of the flow that it is about
    assert blocked["timestamp"].isoformat() == "2026-01-05T03:12:09.120000+00:00"
    assert blocked["details"] == {
        "flow_id": 1, "signature": "ET SCAN", "category": "Leak", "severity": 2, "sid": 2001219,
    }  # fmt: skip


def test_drops_and_anomalies_are_events_of_that_name(tmp_path: Path) -> None:
    drop, anomaly = read(
        tmp_path,
        record("drop", drop={"len": 48, "reason": "rules"}, alert=ALERT),
        record("anomaly", anomaly={"type": "applayer", "event": "ONE_DIRECTION", "layer": "proto_detect"}),
    )
    assert (drop["action"], drop["bytes"], drop["details"]["reason"]) == ("drop", 48, "rules")
    assert anomaly["action"] == "anomaly"
    assert anomaly["details"] == {"flow_id": 1, "anomaly": "ONE_DIRECTION", "anomaly_type": "applayer"}


def test_flows_are_connections_from_their_start(tmp_path: Path) -> None:
    traffic = {"bytes_toserver": 60, "bytes_toclient": 40, "pkts_toserver": 2, "pkts_toclient": 1}
    flow = traffic | {"start": START, "end": END, "age": 1, "state": "closed", "reason": "timeout"}
    (row,) = read(tmp_path, record("flow", flow=flow, app_proto="ssh"))
    assert row["target"] == "connections"
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:00+00:00"
    assert (row["duration"], row["service"], row["state"]) == (1.25, "ssh", "closed")
    assert [row[name] for name in ("bytes_out", "bytes_in", "packets_out", "packets_in")] == [60, 40, 2, 1]
    assert row["details"]["reason"] == "timeout"


@pytest.mark.parametrize("app_proto", ["failed", "unknown", None])
def test_a_protocol_that_was_not_detected_is_no_service(tmp_path: Path, app_proto: str | None) -> None:
    (row,) = read(tmp_path, record("flow", flow={"start": START}, app_proto=app_proto))
    assert row["service"] is None


def test_icmp_has_a_type_and_no_ports(tmp_path: Path) -> None:
    message = {"proto": "ICMP", "icmp_type": 8, "icmp_code": 0, "src_port": 8, "dest_port": 0}
    four, six = read(tmp_path, record("flow", **message), record("flow", **message | {"proto": "IPv6-ICMP"}))
    for row in (four, six):
        assert (row["icmp_type"], row["icmp_code"], row["source_port"], row["dest_port"]) == (8, 0, None, None)


def test_netflow_goes_one_way(tmp_path: Path) -> None:
    (row,) = read(tmp_path, record("netflow", netflow={"pkts": 3, "bytes": 180, "start": START, "end": END, "age": 1}))
    assert (row["target"], row["duration"]) == ("connections", 1.25)
    assert (row["bytes_out"], row["packets_out"], row["bytes_in"], row["packets_in"]) == (180, 3, None, None)


@pytest.mark.parametrize("end", ["", "soon", None, "2026-01-05T04:11:59.000000+0100", "infinity"])
def test_a_duration_that_cannot_be_worked_out_is_the_age(tmp_path: Path, end: str | None) -> None:
    (row,) = read(tmp_path, record("flow", flow={"start": START, "end": end, "age": 7}))
    assert row["duration"] == 7


APPLICATIONS = [
    (
        "dns",
        {"dns": {"type": "answer", "rrname": "example.com", "rrtype": "A", "rcode": "NXDOMAIN"}},
        {"dns_type": "answer", "query": "example.com", "query_type": "A", "answer_code": "NXDOMAIN"},
    ),
    (
        "dns",
        {"dns": {"version": 3, "type": "request", "queries": [{"rrname": "example.com", "rrtype": "AAAA"}]}},
        {"dns_type": "request", "query": "example.com", "query_type": "AAAA"},
    ),
    (
        "http",
        {"http": {"http_method": "GET", "hostname": "h", "url": "/a?b", "status": 404, "http_user_agent": "curl"}},
        {"method": "GET", "host": "h", "uri": "/a?b", "status": 404, "user_agent": "curl"},
    ),
    (
        "tls",
        {"tls": {"sni": "example.com", "version": "TLS 1.1", "subject": "CN=x", "ja3": {"hash": "b7"}}},
        {"server_name": "example.com", "tls_version": "TLS 1.1", "subject": "CN=x", "ja3": "b7"},
    ),
    (
        "ssh",
        {"ssh": {"client": {"software_version": "libssh"}, "server": {"software_version": "OpenSSH"}}},
        {"client_software": "libssh", "server_software": "OpenSSH"},
    ),
    (
        "fileinfo",
        {"fileinfo": {"filename": "/a", "state": "CLOSED", "size": 47, "sha256": "ff"}},
        {"file_name": "/a", "file_state": "CLOSED", "file_sha256": "ff"},
    ),
    ("mqtt", {"mqtt": {"connect": {}}}, {}),
]


@pytest.mark.parametrize(("kind", "parts", "facts"), APPLICATIONS)
def test_what_applications_did_is_an_event_with_its_key_facts(
    tmp_path: Path, kind: str, parts: dict[str, Any], facts: dict[str, Any]
) -> None:
    (row,) = read(tmp_path, record(kind, **parts))
    assert (row["target"], row["action"]) == ("security_events", kind)
    assert row["details"] == {"flow_id": 1} | facts


def test_statistics_have_no_addresses(tmp_path: Path) -> None:
    counters = {"uptime": 9, "capture": {"kernel_packets": 100, "kernel_drops": 3}}
    (row,) = read(tmp_path, {"timestamp": START, "event_type": "stats", "stats": counters})
    assert (row["target"], row["action"], row["source_ip"]) == ("security_events", "stats", None)
    assert row["details"] == {"packets_captured": 100, "packets_dropped": 3}


KERBEROS = [
    ({"msg_type": "KRB_AS_REP", "cname": "lena", "error_code": None}, "true"),
    ({"msg_type": "KRB_ERROR", "cname": "lena", "error_code": "KDC_ERR_PREAUTH_FAILED"}, "false"),
    (
        {"msg_type": "KRB_ERROR", "cname": "lena", "failed_request": "KRB_AS_REQ", "error_code": "KDC_ERR_KEY_EXPIRED"},
        "false",
    ),
    ({"msg_type": "KRB_ERROR", "cname": "lena", "error_code": "KDC_ERR_PREAUTH_REQUIRED"}, None),
    ({"msg_type": "KRB_ERROR", "cname": "lena", "failed_request": "KRB_TGS_REQ", "error_code": "x"}, None),
    ({"msg_type": "KRB_ERROR", "cname": "<empty>", "error_code": "KDC_ERR_PREAUTH_FAILED"}, None),
    ({"msg_type": "KRB_TGS_REP", "cname": "lena"}, None),
    ({"msg_type": "KRB_AS_REP"}, None),
]


@pytest.mark.parametrize(("krb5", "success"), KERBEROS)
def test_kerberos_tells_of_logins(tmp_path: Path, krb5: dict[str, Any], success: str | None) -> None:
    (row,) = read(tmp_path, record("krb5", krb5=krb5))
    if success is None:
        assert (row["target"], row["action"], row["user"]) == ("security_events", "krb5", None)
    else:
        assert (row["target"], row["service"], row["user"]) == ("logins", "kerberos", "lena")
        assert row["success"] is (success == "true")
        assert row["host"] == ENDS["dest_ip"]


def test_a_request_of_rdp_names_who_wants_in(tmp_path: Path) -> None:
    request, unnamed, answer = read(
        tmp_path,
        record("rdp", rdp={"tx_id": 0, "event_type": "initial_request", "cookie": "lena"}),
        record("rdp", rdp={"tx_id": 0, "event_type": "initial_request"}),
        record("rdp", rdp={"tx_id": 1, "event_type": "initial_response"}),
    )
    assert (request["target"], request["service"], request["user"], request["success"]) == (
        "logins",
        "rdp",
        "lena",
        None,
    )
    assert [row["target"] for row in (unnamed, answer)] == ["security_events"] * 2


def test_lines_and_an_array_give_the_same_rows(tmp_path: Path) -> None:
    records = [record("alert", alert=ALERT), record("flow", flow={"start": START}), record("dns")]
    lines = staged(tmp_path, "\n".join(map(json.dumps, records)), format="suricata_eve")
    for array in (json.dumps(records), json.dumps(records, indent=2)):
        rows = staged(tmp_path, array, format="suricata_eve")
        assert [row["event_id"] for row in rows] == [row["event_id"] for row in lines]
        assert [row["details"] for row in rows] == [row["details"] for row in lines]


def test_what_cannot_be_read_has_a_reason(tmp_path: Path) -> None:
    huge = {"bytes_toserver": 10**30, "bytes_toclient": 1, "start": "290000-01-01", "end": "290000-01-01 (BC)"}
    faulty = [{"timestamp": START}, record("dns", src_ip="nobody"), record("dns", dest_port=70_000)]
    text = "\n".join(map(json.dumps, [*faulty, record("flow", flow=huge)])) + '\n{"timestamp": "2026'
    faults = [row["fault"] for row in staged(tmp_path, text, format="suricata_eve")]
    assert faults == [
        "no event_type", "source_ip is no address", "dest_port is no port",
        "timestamp is in the future; bytes_out is no size", "no valid JSON",
    ]  # fmt: skip


def test_parts_that_are_not_what_they_should_be_are_left_out(tmp_path: Path) -> None:
    odd = [record("alert", alert="text"), record("dns", dns=[1]), record("flow", flow=None), record("http", http=7)]
    rows = read(tmp_path, *odd)
    assert [row["action"] for row in rows] == ["alert", "dns", "flow", "http"]


def test_its_files_are_recognised(tmp_path: Path) -> None:
    stats = {"timestamp": START, "event_type": "stats", "stats": {}}
    for text in (json.dumps([record("dns"), stats]), json.dumps(record("flow")) + "\n", json.dumps(stats)):
        path = tmp_path / "eve.json"
        path.write_text(text)
        assert detect(path).format == "suricata_eve"


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_every_line_of_the_real_file_is_accounted_for(landing: Callable[..., Landing]) -> None:
    site = landing(format="suricata_eve", path=str(REAL))
    (report,) = site.read()
    assert (report.lines, report.accepted, report.duplicates, report.rejected) == (5_000, 5_000, 0, 0)
    # grep -o '"event_type":"[a-z]*"' | sort | uniq -c; the action of all alerts is allowed
    assert dict(site.rows("select action, count(*) from raw.security_events group by all")) == {
        "allowed": 745, "dns": 680, "http": 56, "fileinfo": 3, "anomaly": 3, "tls": 1,
    }  # fmt: skip
    assert site.column("select count(*) from raw.connections") == [3_512]
    assert site.column("select count(*) from raw.logins") == [0]
    # by json.loads: flow.state, the UTC day of flow.start, and sums
    assert dict(site.rows("select state, count(*) from raw.connections group by all")) == {
        "closed": 1_980, "new": 995, "established": 537,
    }  # fmt: skip
    assert site.column("select count(*) from raw.connections where service is null") == [3_355]
    assert site.rows("select sum(bytes_out), sum(packets_in), round(sum(duration)) from raw.connections") == [
        (4_381_935, 8_980, 87_581)
    ]
    assert dict(site.rows("select details->>'severity', count(*) from raw.security_events group by all"))["1"] == 2
