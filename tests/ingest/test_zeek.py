"""Zeek's TSV logs: what fills which table, labels, and headers, sound, damaged and hostile."""

from pathlib import Path
from typing import Any

import pytest
from zeek_helpers import CONN, CONN_ROW, ENDS, IDS, TS, faults, only, read, tsv


def test_conn_is_a_connection(tmp_path: Path) -> None:
    row = only(tmp_path, tsv("conn", CONN, CONN_ROW))
    assert row["target"] == "connections"
    assert row["line_number"] == 9
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:09.120000+00:00"
    assert (row["source_ip"], row["source_port"], row["dest_ip"], row["dest_port"]) == (
        "203.0.113.9", 50930, "198.51.100.20", 22,
    )  # fmt: skip
    assert (row["protocol"], row["service"], row["state"], row["duration"]) == ("tcp", "ssh", "SF", 2.134)
    assert [row[name] for name in ("bytes_out", "bytes_in", "packets_out", "packets_in")] == [1024, 2048, 12, 10]
    assert row["details"] == {"uid": "CHhAvVGS1DHFjwGM9"}


def test_what_is_unset_is_null(tmp_path: Path) -> None:
    row = only(tmp_path, tsv("conn", CONN, [*ENDS, "udp", "-", "-", "-", "-", "S0", "1", "0"]))
    nulls = ("service", "duration", "bytes_out", "bytes_in")
    assert [row[name] for name in nulls] == [None] * 4
    assert (row["packets_out"], row["packets_in"]) == (1, 0)


@pytest.mark.parametrize("log_type", ["conn", "notice"])
def test_icmp_has_type_and_code_instead_of_ports(tmp_path: Path, log_type: str) -> None:
    ping = [TS, "C1aaaaaaaa", "fe80::1", "3", "ff02::2", "13", "icmp"]
    row = only(tmp_path, tsv(log_type, CONN[:7], ping))
    assert (row["icmp_type"], row["icmp_code"]) == (3, 13)
    assert (row["source_port"], row["dest_port"]) == (None, None)


LOGINS = [
    ("ssh", ["auth_success", "auth_attempts"], ["T", "1"], (None, True)),
    ("ssh", ["auth_success", "auth_attempts"], ["F", "3"], (None, False)),
    ("ssh", ["auth_success", "auth_attempts"], ["-", "0"], (None, None)),
    ("ssh", ["status"], ["success"], (None, True)),
    ("ssh", ["status"], ["undetermined"], (None, None)),
    ("kerberos", ["client", "service", "success", "error_msg"], ["ann/HQ", "krbtgt/HQ", "T", "-"], ("ann", True)),
    ("kerberos", ["client", "success", "error_msg"], ["ann/HQ", "F", "KDC_ERR_C_PRINCIPAL_UNKNOWN"], ("ann", False)),
    ("kerberos", ["client", "success", "error_msg"], ["ann/HQ", "F", "KDC_ERR_PREAUTH_REQUIRED"], ("ann", None)),
    ("kerberos", ["client", "success"], ["host/db.hq/HQ", "T"], ("host/db.hq", True)),
    ("ntlm", ["username", "hostname", "success"], ["bob", "PC1", "T"], ("bob", True)),
    ("ntlm", ["username", "status"], ["bob", "LOGON_FAILURE"], ("bob", False)),
    ("ntlm", ["username", "status"], ["bob", "SUCCESS"], ("bob", True)),
    ("rdp", ["cookie", "result"], ["carl", "encrypted"], ("carl", None)),
]


@pytest.mark.parametrize(("log_type", "names", "values", "expected"), LOGINS)
def test_logins_say_who_and_whether_it_succeeded(
    tmp_path: Path, log_type: str, names: list[str], values: list[str], expected: tuple[str | None, bool | None]
) -> None:
    row = only(tmp_path, tsv(log_type, [*IDS, *names], [*ENDS, *values]))
    assert (row["target"], row["service"], row["host"]) == ("logins", log_type, "198.51.100.20")
    assert (row["user"], row["success"]) == expected


EVENTS = [
    ("dns", {"proto": "udp", "query": "a.b", "qtype_name": "A", "rcode_name": "NXDOMAIN", "answers": "(empty)"},
     {"query": "a.b", "query_type": "A", "answer_code": "NXDOMAIN"}),
    ("dns", {"query": "x", "answers": "c.d,192.0.2.7"}, {"query": "x", "answers": ["c.d", "192.0.2.7"]}),
    ("http", {"method": "GET", "host": "-", "uri": '/"\\x', "status_code": "404"},
     {"method": "GET", "uri": '/"\\x', "status": "404"}),
    ("ssl", {"version": "TLSv12", "server_name": "a.b"}, {"version": "TLSv12", "server_name": "a.b"}),
    ("weird", {"name": "bad_TCP_checksum", "addl": "-"}, {"name": "bad_TCP_checksum"}),
    ("notice", {"note": "Scan::Port_Scan", "msg": "scanned"}, {"note": "Scan::Port_Scan", "message": "scanned"}),
    ("smb_files", {"action": "SMB::FILE_OPEN", "name": "x"}, {"operation": "SMB::FILE_OPEN", "name": "x"}),
    ("my_own_log", {"whatever": "1"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("log_type", "values", "facts"), EVENTS)
def test_all_other_logs_are_events_named_after_their_type(
    tmp_path: Path, log_type: str, values: dict[str, str], facts: dict[str, Any]
) -> None:
    row = only(tmp_path, tsv(log_type, [*IDS, *values], [*ENDS, *values.values()]))
    assert (row["target"], row["action"]) == ("security_events", log_type)
    assert row["details"] == {"uid": "CHhAvVGS1DHFjwGM9"} | facts
    assert (row["source_ip"], row["dest_port"]) == ("203.0.113.9", 22)


def test_a_log_without_ids_names_its_ends_in_another_way(tmp_path: Path) -> None:
    notice = only(tmp_path, tsv("notice", [*IDS, "src", "dst", "p"], [TS, *"-----", "192.0.2.1", "192.0.2.2", "80"]))
    assert (notice["source_ip"], notice["dest_ip"], notice["dest_port"]) == ("192.0.2.1", "192.0.2.2", 80)
    names = ["ts", "fuid", "tx_hosts", "rx_hosts", "seen_bytes"]
    file = only(tmp_path, tsv("files", names, [TS, "F1", "192.0.2.1,192.0.2.9", "2001:db8::2", "184"]))
    assert (file["source_ip"], file["dest_ip"], file["bytes"]) == ("192.0.2.1", "2001:db8::2", 184)
    alone = only(tmp_path, tsv("files", names, [TS, "F1", "(empty)", "-", "-"]))
    assert (alone["source_ip"], alone["dest_ip"], alone["bytes"]) == (None, None, None)


@pytest.mark.parametrize(
    ("names", "values", "label"),
    [
        (["tunnel_parents   label   detailed-label"], ["-   Benign   -"], "Benign"),
        (["tunnel_parents   label   detailed-label"], ["(empty)   Malicious   DDoS"], "DDoS"),
        (["tunnel_parents   label   detailed-label"], ["-   Malicious   -"], "Malicious"),
        (["tunnel_parents   label   detailed-label"], ["-"], None),
        (["tunnel_parents", "label", "detailed-label"], ["-", "Malicious", "C&C"], "C&C"),
        (["label", "detailedlabel"], ["benign", "From_home"], "benign"),
        (["label"], ["Malicious"], "Malicious"),
    ],
)
def test_the_label_is_the_detailed_one_of_what_is_malicious(
    tmp_path: Path, names: list[str], values: list[str], label: str | None
) -> None:
    assert only(tmp_path, tsv("conn", [*CONN, *names], [*CONN_ROW, *values]))["label"] == label


def test_logs_with_headers_of_their_own_may_follow_each_other(tmp_path: Path) -> None:
    extra = tsv("conn", ["_node_name", *CONN], ["worker-1", *CONN_ROW])
    dns = tsv("dns", [*IDS, "query"], [*ENDS, "a.b"])
    rows = read(tmp_path, extra + dns + "\n\n" + extra + extra.replace("#close", "#clos"))
    assert {row["line_number"]: row["fault"] for row in rows} == dict.fromkeys((9, 19, 31, 41)) | {42: DAMAGED}
    assert [row["target"] for row in rows[:4]] == ["connections", "security_events", "connections", "connections"]
    assert [row["source_port"] for row in rows[:4]] == [50930] * 4


def test_headers_may_use_another_separator_and_other_marks(tmp_path: Path) -> None:
    header = "#separator \\x7c\n#empty_field|nil\n#unset_field|NULL\n#path|conn\n"
    row = only(
        tmp_path, f"{header}#fields|{'|'.join(CONN)}\n{'|'.join([*ENDS, 'tcp', 'nil', 'NULL', *'12', 'SF', *'34'])}"
    )
    assert (row["service"], row["duration"], row["bytes_out"], row["packets_in"]) == (None, None, 1, 4)


def test_underscored_names_mean_the_same(tmp_path: Path) -> None:
    underscored = [name.replace("id.", "id_") for name in CONN]
    assert only(tmp_path, tsv("conn", underscored, CONN_ROW))["source_ip"] == "203.0.113.9"


DAMAGED = "header line cannot be read"
NO_HEADER = "no header: there is no #fields line above"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda log: log[log.index(TS) :], [(1, NO_HEADER)]),
        (lambda log: log.replace("#fields", "#fie"), [(7, DAMAGED), (9, NO_HEADER)]),
        (lambda log: log.replace(" \\x09", ""), [(1, DAMAGED), (9, None)]),
        (lambda log: log.replace("#close", "# a note\n#close"), [(9, None), (10, DAMAGED)]),
        (lambda log: log.replace("#types\tts", "#types"), [(9, "the header has 14 names but 13 types")]),
        (lambda log: log.replace("#fields\tts", "#fields\ttime"), [(9, "the header names no column ts")]),
        (lambda log: log.replace("\tSF\t12\t10", ""), [(9, "expected 14 columns, found 11")]),
        (lambda log: log.replace(TS, "-"), [(9, "timestamp is missing")]),
        (lambda log: log.replace(TS, "soon"), [(9, "timestamp cannot be read")]),
        (lambda log: log.replace("\t22\t", "\tssh\t"), [(9, "dest_port is no port")]),
        (
            lambda log: log.replace("\\x09", "\\x0a"),
            [(line, DAMAGED) for line in range(2, 9)] + [(9, NO_HEADER), (10, DAMAGED)],
        ),
        (lambda log: log[: log.index(TS)], []),
        (lambda _: "", []),
    ],
)
def test_what_is_damaged_is_kept_aside_with_the_reason(tmp_path: Path, change: Any, expected: list[Any]) -> None:
    assert faults(read(tmp_path, change(tsv("conn", CONN, CONN_ROW)))) == expected


@pytest.mark.parametrize("time", ["0.000000", "928.943457", "86400", "99999999.9"])
def test_relative_times_are_rejected(tmp_path: Path, time: str) -> None:
    (row,) = read(tmp_path, tsv("conn", CONN, [time, *CONN_ROW[1:]]))
    assert row["fault"].startswith("relative time: seconds since the capture began, not since 1970")


@pytest.mark.parametrize(
    "value", ["'; drop table staged; --", "../../etc/passwd", "{x}", "%s", "\\x00", "a" * 100_000, "é\u202e"]
)
def test_hostile_header_values_are_only_values(tmp_path: Path, value: str) -> None:
    log = tsv(value, [*CONN, value], [*CONN_ROW, value]).replace("#unset_field\t-", f"#unset_field\t{value}")
    row = only(tmp_path, log)
    assert (row["target"], row["action"], row["source_ip"]) == ("security_events", value, "203.0.113.9")
