"""Windows events: every notation gives the same logins, what else becomes of events, and the real files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, staged

from pipeline.ingest.detection import detect

REAL = Path(__file__).parents[3] / "shared/data/windows_events"
PROVIDER = "Microsoft-Windows-Security-Auditing"
MOMENT = "2026-01-05T03:12:09.1200000Z"
DATA = {
    "TargetUserName": "lena", "TargetDomainName": "EXAMPLE", "Status": "0xc000006d", "SubStatus": "0xc0000064",
    "LogonType": "3", "AuthenticationPackageName": "NTLM", "WorkstationName": "DESK<7> & \"co\" \\",
    "IpAddress": "::ffff:203.0.113.9", "IpPort": "50930", "SubjectUserName": "-",
}  # fmt: skip
SYSTEM = {"EventID": 4625, "Channel": "Security", "Computer": "FILES-1.example.com"}


def xml(quote: str = '"', between: str = "") -> str:
    written = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"})
    data = [f'<Data Name="{name}">{value.translate(written)}</Data>' for name, value in DATA.items()]
    parts = [
        '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">', "<System>",
        f'<Provider Name="{PROVIDER}" Guid="{{5}}"/>', '<EventID Qualifiers="0">4625</EventID>',
        "<Keywords>0x8010000000000000</Keywords>", f'<TimeCreated SystemTime="{MOMENT}"/>',
        "<Channel>Security</Channel>", "<Computer>FILES-1.example.com</Computer>", "</System>", "<EventData>",
        *data, '<Data Name="Empty"/>', "</EventData>", "</Event>",
    ]  # fmt: skip
    return between.join(parts).replace('"', quote)


WINLOG = {"event_id": "4625", "channel": "Security", "computer_name": "FILES-1.example.com", "provider_name": PROVIDER}
ELEMENTS = {"Provider": {"#attributes": {"Name": PROVIDER}}, "TimeCreated": {"#attributes": {"SystemTime": MOMENT}}}
AZURE = {name: value for name, value in DATA.items() if not name.startswith("Target")} | {
    "TimeGenerated": MOMENT, "Account": r"EXAMPLE\lena", "LogonType": 3, "EventSourceName": PROVIDER,
}  # fmt: skip
RECORDS: dict[str, Any] = {
    "flat": SYSTEM | DATA | {"@timestamp": MOMENT, "SourceName": PROVIDER, "EventTime": "2026-01-04 22:12:09"},
    "text for numbers": SYSTEM | DATA | {"EventID": "4625", "Channel": "security", "TimeCreated": MOMENT},
    "date of .NET": SYSTEM | DATA | {"TimeCreated": "/Date(1767582729120)/"},
    "nested": {"@timestamp": MOMENT, "event": {"code": 4625}, "winlog": WINLOG | {"event_data": DATA}},
    "code only": {"@timestamp": MOMENT, "event": {"code": "4625"}, "winlog": {
        "channel": "Security", "computer_name": "FILES-1.example.com", "event_data": DATA}},
    "dotted": {"@timestamp": MOMENT, "event.code": "4625"}
    | {f"winlog.{name}": value for name, value in WINLOG.items()}
    | {f"winlog.event_data.{name}": value for name, value in DATA.items()},
    "converted": {"Event": {"System": SYSTEM | ELEMENTS, "EventData": DATA}},
    "converted with text elements": {
        "Event": {"System": SYSTEM | ELEMENTS | {"EventID": {"#attributes": {}, "#text": 4625}}, "EventData": DATA}
    },
    "Azure": SYSTEM | AZURE,
    "Azure's other table": SYSTEM | {"TimeGenerated": MOMENT, "EventData": DATA},
    "wrapped by Azure": {"records": [{"time": MOMENT, "category": "Event", "properties": SYSTEM | AZURE}]},
    "wrapped by Azure as text": {"time": MOMENT, "properties": json.dumps(SYSTEM | DATA)},
}  # fmt: skip
FILES = {name: json.dumps(record) for name, record in RECORDS.items()} | {
    "XML": xml(),
    "XML with single quotes": xml("'"),
    "XML over lines": '<?xml version="1.0"?>\n<Events>\n' + xml(between="\n  ") + "\n</Events>\n",
}


@pytest.mark.parametrize("notation", FILES)
def test_every_notation_gives_the_same_login(tmp_path: Path, notation: str) -> None:
    (row,) = staged(tmp_path, FILES[notation], format="windows_events")
    assert row["fault"] is None
    assert row["timestamp"].isoformat() == "2026-01-05T03:12:09.120000+00:00"
    found = [row[name] for name in ("target", "user", "source_ip", "host", "service", "success")]
    assert found == ["logins", "lena", "203.0.113.9", "FILES-1.example.com", "network", False]
    details = json.loads(row["details"])
    expected = {
        "event_id": "4625", "domain": "EXAMPLE", "status": DATA["Status"], "sub_status": DATA["SubStatus"],
        "package": "NTLM", "workstation": DATA["WorkstationName"],
    }  # fmt: skip
    assert expected.items() <= details.items()
    assert "subject" not in details


@pytest.mark.parametrize("notation", [name for name in FILES if name != "wrapped by Azure as text"])
def test_every_notation_is_recognised(tmp_path: Path, notation: str) -> None:
    path = tmp_path / "some.log"
    path.write_text(FILES[notation])
    assert detect(path).format == "windows_events"


def read(folder: Path, *events: dict[str, Any]) -> list[dict[str, Any]]:
    flat = [{"Channel": "Security", "@timestamp": MOMENT, "Hostname": "FILES-1"} | event for event in events]
    rows = staged(folder, "\n".join(map(json.dumps, flat)), format="windows_events")
    assert [row["fault"] for row in rows] == [None] * len(events)
    return [row | {"details": json.loads(row["details"] or "{}")} for row in rows]


LOGINS = [
    ({"EventID": 4624, "LogonType": 10}, "remote interactive", True),
    ({"EventID": 4624, "LogonType": 99}, "99", True),
    ({"EventID": 4625, "LogonType": "2"}, "interactive", False),
    ({"EventID": 4648}, "explicit credentials", None),
    ({"EventID": 4768, "Status": "0x0"}, "kerberos", True),
    ({"EventID": 4768, "Status": "0x6"}, "kerberos", False),
    ({"EventID": 4768, "EventType": "AUDIT_FAILURE"}, "kerberos", False),
    ({"EventID": 4768}, "kerberos", None),
    ({"EventID": 4771, "Status": "0x18"}, "kerberos", False),
    ({"EventID": 4776, "Status": "0x00000000"}, "ntlm", True),
    ({"EventID": 4776, "Status": "0xc000006a"}, "ntlm", False),
    ({"EventID": 4776, "Keywords": "0x8020000000000000"}, "ntlm", True),
    ({"EventID": 4776, "event.outcome": "success"}, "ntlm", True),
]


@pytest.mark.parametrize(("event", "service", "success"), LOGINS)
def test_logins_say_how_and_whether(tmp_path: Path, event: dict[str, Any], service: str, success: bool | None) -> None:
    (row,) = read(tmp_path, event | {"TargetUserName": "FILES-2$"})
    assert (row["target"], row["service"], row["success"], row["user"]) == ("logins", service, success, "FILES-2$")


@pytest.mark.parametrize(
    ("address", "found"),
    [("-", None), ("", None), ("::1", "::1"), ("::ffff:203.0.113.9", "203.0.113.9"), ("LOCAL", None), (None, None)],
)
def test_addresses_are_those_of_the_other_side(tmp_path: Path, address: str | None, found: str | None) -> None:
    (row,) = read(tmp_path, {"EventID": 4624, "IpAddress": address})
    assert row["source_ip"] == found


def test_other_logs_use_the_same_numbers(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        {"EventID": 4625, "Channel": "Application", "SourceName": "EventSystem"},
        {"EventID": 5156, "Channel": "Application", "SourceName": "Other"},
    )
    assert [row["target"] for row in rows] == ["security_events"] * 2
    assert [row["action"] for row in rows] == ["EventSystem 4625", "Other 5156"]


def test_logoffs_close_sessions(tmp_path: Path) -> None:
    later = "2026-01-05T03:42:09.120Z"
    logon, off, system, by_user = read(
        tmp_path,
        {"EventID": 4624, "TargetLogonId": "0x21EC28"},
        {"EventID": 4634, "TargetLogonId": "0x21ec28", "@timestamp": later},
        {"EventID": 4624, "TargetLogonId": "0x3e7"},
        {"EventID": 4647, "TargetLogonId": "0x3e7", "@timestamp": later},
    )
    assert [row["action"] for row in (off, by_user)] == ["logoff", "logoff"]
    # the session of the system itself never ends
    assert (logon["session_minutes"], system["session_minutes"]) == (30, None)


ENDS = {"SourceAddress": "203.0.113.9", "SourcePort": "50930", "DestAddress": "198.51.100.20", "DestPort": "22"}


@pytest.mark.parametrize(("number", "action"), [(5156, "permitted"), (5157, "blocked"), (5152, "blocked")])
def test_the_firewall_tells_what_it_did_with_whom(tmp_path: Path, number: int, action: str) -> None:
    tcp, icmp = read(
        tmp_path,
        {"EventID": number, "Protocol": "6", "Application": "lsass.exe"} | ENDS,
        {"EventID": number, "Protocol": "1"} | ENDS | {"SourcePort": "8", "DestPort": "0"},
    )
    assert (tcp["target"], tcp["action"], tcp["protocol"]) == ("security_events", action, "6")
    assert [tcp[name] for name in ("source_ip", "source_port", "dest_ip", "dest_port")] == [
        "203.0.113.9", 50930, "198.51.100.20", 22,
    ]  # fmt: skip
    assert tcp["details"]["process"] == "lsass.exe"
    assert [icmp[name] for name in ("source_port", "dest_port", "icmp_type", "icmp_code")] == [None, None, 8, 0]


def test_other_events_are_named_by_provider_and_number(tmp_path: Path) -> None:
    sysmon = {"Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon"}
    started = {"Image": "cmd.exe", "ParentImage": "explorer.exe", "CommandLine": "x" * 5_000, "User": "lena"}
    connected = {"SourceIp": "203.0.113.9", "DestinationIp": "198.51.100.20", "DestinationPort": 22, "Protocol": "tcp"}
    process, connection, privileges, unnamed = read(
        tmp_path,
        sysmon | {"EventID": 1, "Category": "Process Create", "EventType": "INFO"} | started,
        sysmon | {"EventID": 3} | connected,
        {"EventID": 4672, "SourceName": PROVIDER, "SubjectUserName": "lena"},
        {"EventID": 1102, "Channel": None},
    )
    assert [row["action"] for row in (process, connection, privileges, unnamed)] == [
        "Sysmon 1", "Sysmon 3", "Security-Auditing 4672", "Windows 1102",
    ]  # fmt: skip
    assert process["details"] == {
        "event_id": "1", "task": "Process Create", "host": "FILES-1", "process": "cmd.exe",
        "parent_process": "explorer.exe", "command_line": "x" * 500,
    }  # fmt: skip
    assert (connection["source_ip"], connection["dest_port"], connection["protocol"]) == ("203.0.113.9", 22, "tcp")
    assert privileges["details"]["subject"] == "lena"


def test_damaged_xml_costs_the_event_it_hit(tmp_path: Path) -> None:
    whole = xml()
    text = f"{whole}\nnoise\n{whole[:300]}\n{whole}{whole}\n\n<Event><System></System></Event>\n{whole[:-9]}"
    rows = staged(tmp_path, text, format="windows_events")
    assert [(row["line_number"], row["fault"]) for row in rows] == [
        (1, None), (2, "no Windows event"), (3, "event without its end"), (4, None), (4, None),
        (6, "no EventID"), (7, "event without its end"),
    ]  # fmt: skip
    assert rows[2]["raw_data"] == whole[:300].strip()


def test_xml_that_is_too_long_is_set_aside(tmp_path: Path) -> None:
    whole = xml()
    for filler in ("x" * (5 << 20), "line\n" * (1 << 20)):
        rows = staged(tmp_path, f"{whole}\n<Event>{filler}</Event>\n{whole}\n", format="windows_events")
        last = 3 + filler.count("\n")
        assert [(row["line_number"], row["fault"]) for row in rows] == [
            (1, None), (2, "record longer than 1 MiB"), (last, None),
        ]  # fmt: skip
        assert len(rows[1]["raw_data"]) <= 1 << 16


def test_the_layout_of_xml_does_not_change_what_identifies_an_event(tmp_path: Path) -> None:
    ids = {staged(tmp_path, FILES[name], format="windows_events")[0]["event_id"] for name in ("XML", "XML over lines")}
    assert len(ids) == 1


def test_what_is_no_event_has_a_reason(tmp_path: Path) -> None:
    rows = staged(
        tmp_path, '{"@timestamp": "2026-01-05T03:12:09Z", "a": 1}\n{"EventID": 4624}\n17\n', format="windows_events"
    )
    assert [row["fault"] for row in rows] == ["no EventID", "timestamp is missing", "no JSON object"]


# by zcat | wc -l, and json.loads of the lines from Microsoft-Windows-Security-Auditing
COUNTS = {
    "purplesharp_ad_playbook_I_2020-10-22042947.json.gz": (
        25_993,
        {("4624", True): 49, ("4625", False): 7, ("4776", False): 7},
        31,
        197,
    ),
    "covenant_psremoting_grunt_2019-12-05014931.json.gz": (4_305, {("4624", True): 47}, 41, 339),
    "crowdsec_windows-bf.log": (6, {("4625", False): 6}, 0, 0),
}


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
@pytest.mark.parametrize("name", COUNTS)
def test_every_event_of_the_real_files_is_accounted_for(landing: Callable[..., Landing], name: str) -> None:
    lines, logins, logoffs, permitted = COUNTS[name]
    site = landing(format="windows_events", path=str(REAL / name))
    (report,) = site.read()
    assert (report.lines, report.accepted, report.duplicates, report.rejected) == (lines, lines, 0, 0)
    found = site.rows("select details->>'event_id', success, count(*) from raw.logins group by all")
    assert {(number, success): count for number, success, count in found} == logins
    assert site.column("select count(*) from raw.security_events") == [lines - sum(logins.values())]
    # all logoffs of these files end a logon that is there too
    assert site.column("select count(session_minutes) from raw.logins") == [logoffs]
    actions = dict(site.rows("select action, count(*) from raw.security_events group by all"))
    assert (actions.get("logoff", 0), actions.get("permitted", 0)) == (logoffs, permitted)
    assert site.column('select count(*) from raw.logins where "user" is null or host is null') == [0]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
def test_real_logins_name_who_and_whence(landing: Callable[..., Landing]) -> None:
    site = landing(format="windows_events", path=str(REAL / "*"))
    site.read()
    # by json.loads: names that end in $, and IpAddress other than -; the XML has no machine account and 6 addresses
    machines = "select count(*) from raw.logins where \"user\" like '%$'"
    assert site.column(machines) == [27 + 43]
    assert site.column("select count(source_ip) from raw.logins") == [14 + 43 + 6]
    assert site.column("select distinct \"user\" from raw.logins where source_file like 'crowdsec%'") == ["asdfasdf"]
