"""What becomes of every file of the shared data: what it is read as, its rows per table, and its rejected lines.

Lines of each file are compared with the rows that the data's README counts. How they divide was counted by shell
commands, which stand beside the numbers; what needs none is `wc -l`, for Zeek `grep -vc '^#'`, less a CSV's header.
"""

import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.ingest.unrecognised import UNRECOGNISED

DATA = Path(__file__).parents[2] / "shared/data"
BINARY = "binary data"
DAMAGED = "archive damaged: it ends too early"
RELATIVE = "relative time: seconds since the capture began, not since 1970"
NO_TIME = "the header has no column timestamp"
BAD_TIME = "timestamp cannot be read"
HONEYPOT = {"timestamp": "datetime", "source_port": "spt", "dest_port": "dpt", "protocol": "proto"}


@dataclass(frozen=True)
class Account:
    """What a file is read as, its rows per table, and its lines that are no rows."""

    format: str
    events: int = 0
    connections: int = 0
    logins: int = 0
    duplicates: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    reason: str | None = None


def zeek(**counts: Any) -> Account:
    return Account("zeek", **counts)


def text(lines: int) -> Account:
    """What no format recognises is rejected line by line: `grep -c '[^[:space:]]'`, the header among them."""
    return Account("auto", rejected={UNRECOGNISED: lines}, reason=UNRECOGNISED)


def binary() -> Account:
    return Account("auto", reason=BINARY)


# one source of format auto over all folders, in order of paths: what an earlier file has delivered is a duplicate
AUTO = {
    "README.md": text(134),
    # grep -cE 'Failed password|Accepted': 520 and 1
    "auth/OpenSSH_2k.log": Account("auth_log", events=1479, logins=521),
    "auth/OpenSSH_2k.log_structured.csv": text(2001),
    "auth/lanl_redteam.txt": text(750),
    "cloud_audit/AWS_S3_HoneyBucketLogs.csv": Account("s3_access", events=301),
    # grep -v %ASA-: one `last message repeated 2 times`
    "firewall/cisco_asa_firewall.log": Account("cisco_asa", events=6555, rejected={"no Cisco ASA message": 1}),
    "firewall/format_samples/iptables-scan-multi-port.log": Account("iptables", events=49),
    "firewall/format_samples/mikrotik-scan-multi_ports.log": Account("mikrotik", events=19),
    # and a blank line
    "firewall/format_samples/pf-scan-multi-port.log": Account("pf", events=16),
    "firewall/secon_security_logs_head5.csv": Account("csv", events=5),
    "firewall/uci_internet_firewall_rows1-40000.csv": text(40001),
    "geoip/GeoLite2-Country-Test.json.gz": text(11369),
    "geoip/GeoLite2-Country-Test.mmdb": binary(),
    "geoip/geo-whois-asn-country-ipv4.mmdb": binary(),
    "honeypot/aws_marx_geo_2013-03.csv.gz": text(53466),
    "honeypot/aws_marx_geo_first1000_CR.csv": text(1001),
    "honeypot/marx_849_truncated_last_row.csv": text(850),
    "kdd99/kddcup.data_10_percent.gz": text(494021),
    "labelled_flows/iot23_34-1_conn.log.labeled": zeek(connections=23145),
    "labelled_flows/slips_test2-malicious.binetflow": Account("argus", connections=6751),
    "labelled_flows/slips_test4-malicious.binetflow": Account("argus", connections=394),
    "labelled_flows/unsw_nb15_mixed_odd_rows.csv": text(2265),
    "labelled_flows/unsw_nb15_normal_first2500.csv": text(2501),
    "maccdc2012/conndataC_train.csv": text(2531),
    "nsl_kdd/KDDTrain+_20Percent.txt": text(25192),
    # packets of the captures as the README counts them
    "packets/slips_ssh-bruteforce.pcap": Account("pcap", events=1178),
    "packets/slips_test7-malicious.pcap": Account("pcap", events=2000),
    "packets/suricata_verify_zerologon.pcap": Account("pcap", events=1012),
    # the same packets as a table and as a capture are not the same records
    "packets/suspicious-time.csv": Account("packet_csv", events=745),
    "packets/suspicious-time.pcap": Account("pcap", events=745),
    # grep -c '"event_type":"flow"': 3512; no netflow, ssh, rdp or krb5
    "suricata/slips_test6-malicious.suricata.json": Account("suricata_eve", events=1488, connections=3512),
    # zgrep -cE '"EventID":4624': 47; none of 4625, 4648, 4768, 4771, 4776
    "windows_events/covenant_psremoting_grunt_2019-12-05014931.json.gz": Account(
        "windows_events", events=4258, logins=47
    ),
    "windows_events/crowdsec_windows-bf.log": Account("windows_events", logins=6),
    # 4624: 49, 4625: 7, 4776: 7; none of 4648, 4768, 4771
    "windows_events/purplesharp_ad_playbook_I_2020-10-22042947.json.gz": Account(
        "windows_events", events=25930, logins=63
    ),
    # grep -c '"@stream":"conn"': 613, kerberos: 35; no ssh, ntlm or rdp
    "zeek_json/apt29_day1_combined_zeek.log": zeek(events=1492, connections=613, logins=35),
    "zeek_json/netflowlabeler_conn.json.log": zeek(connections=1000),
    "zeek_json/wrccdc2018/rdp.json.gz": zeek(logins=4122),
    "zeek_json/zat/conn.log": zeek(connections=50),
    "zeek_json/zat/dns.log": zeek(events=50),
    "zeek_json/zat/files.log": zeek(events=50),
    "zeek_json/zat/http.log": zeek(events=28),
    "zeek_json/zat/kerberos.log": zeek(logins=14),
    "zeek_json/zat/ssl.log": zeek(events=50),
    "zeek_tsv/rita_proxy/conn.log": zeek(connections=463),
    "zeek_tsv/rita_proxy/dns.log": zeek(events=942),
    "zeek_tsv/rita_proxy/http.log": zeek(events=407),
    "zeek_tsv/rita_proxy/ssl.log": zeek(events=407),
    "zeek_tsv/slips_portscan_horizontal_conn.log": zeek(rejected={RELATIVE: 41}),
    "zeek_tsv/zat/conn.log": zeek(connections=360),
    "zeek_tsv/zat/conn_date_issue.log": zeek(connections=3),
    "zeek_tsv/zat/dns.log": zeek(events=54),
    "zeek_tsv/zat/files.log": zeek(events=113),
    "zeek_tsv/zat/http.log": zeek(events=150),
    # zcat gives all 150 rows of http.log, then `unexpected end of file`: the remainder is a line
    "zeek_tsv/zat/http.log.corrupt.gz": zeek(duplicates=150, rejected={DAMAGED: 1}, reason=DAMAGED),
    "zeek_tsv/zat/http.log.gz": zeek(duplicates=150),
    "zeek_tsv/zat/http_empty.log": zeek(),
    "zeek_tsv/zat/notice.log": zeek(events=2),
    "zeek_tsv/zat/ssl.log": zeek(events=37),
    "zeek_tsv/zat/tor_ssl.log": zeek(events=733),
    "zeek_tsv/zat/weird.log": zeek(events=12),
}
# 24 files each
HOURLY = {"conn": "connections", "dns": "events", "http": "events", "ssh": "logins"}
HOURLY_FILES = "zeek_tsv/rita_missing_host/2024-04-19/{}.*.log.gz"
# what only a mapping lets be read, as CSV; the KDD files have no header that could be mapped
GEO = {"timestamp_format": "%m/%d/%y %H:%M", "columns": HONEYPOT | {"source_ip": "srcstr", "country": "country"}}
MAPPED: list[tuple[str, dict[str, Any], dict[str, Account]]] = [
    (
        "honeypot/aws_marx_geo_*",
        GEO,
        {
            # zcat | wc -l, less the header
            "honeypot/aws_marx_geo_2013-03.csv.gz": Account("csv", events=53465),
            # tr '\r' '\n' | grep -c ., less the header; they are the first rows of March
            "honeypot/aws_marx_geo_first1000_CR.csv": Account("csv", duplicates=1000),
        },
    ),
    (
        "honeypot/marx_849_*",
        {"columns": HONEYPOT},
        {
            "honeypot/marx_849_truncated_last_row.csv": Account(
                "csv", events=848, rejected={"expected 7 columns, found 1": 1}
            )
        },
    ),
    # ports and verdicts, but neither times nor addresses
    (
        "firewall/uci_*",
        {"columns": {"source_port": "Source Port", "dest_port": "Destination Port", "action": "Action"}},
        {"firewall/uci_internet_firewall_rows1-40000.csv": Account("csv", rejected={NO_TIME: 40000}, reason=NO_TIME)},
    ),
    # features of connections, without times
    (
        "labelled_flows/unsw_*",
        {"table": "connections", "columns": {"protocol": "proto", "duration": "dur"}},
        {
            "labelled_flows/unsw_nb15_mixed_odd_rows.csv": Account("csv", rejected={NO_TIME: 2264}, reason=NO_TIME),
            "labelled_flows/unsw_nb15_normal_first2500.csv": Account("csv", rejected={NO_TIME: 2500}, reason=NO_TIME),
        },
    ),
    # logarithms of counters, without times
    (
        "maccdc2012/*",
        {"table": "connections"},
        {"maccdc2012/conndataC_train.csv": Account("csv", rejected={NO_TIME: 2530}, reason=NO_TIME)},
    ),
    # month, day and time are columns of their own; the log itself is read as auth_log
    (
        "auth/*.csv",
        {"columns": {"timestamp": "Time"}},
        {"auth/OpenSSH_2k.log_structured.csv": Account("csv", rejected={BAD_TIME: 2000})},
    ),
    # seconds since a start that nobody tells
    (
        "auth/*.txt",
        {"table": "logins", "columns": {"timestamp": "time", "user": "user@domain", "host": "destination"}},
        {"auth/lanl_redteam.txt": Account("csv", rejected={BAD_TIME: 749})},
    ),
]
BY_MAPPING = {name: account for _, _, accounts in MAPPED for name, account in accounts.items()}


def name_of(path: Path | str) -> str:
    """The path below the shared data."""
    return str(Path(path).relative_to(DATA))


def hourly(kind: str) -> list[str]:
    """The files of a day of one type of log."""
    return sorted(name_of(path) for path in DATA.glob(HOURLY_FILES.format(kind)))


def expected() -> dict[str, Account]:
    """The account of every file as the source over all folders reads it."""
    accounts = dict(AUTO)
    for kind, table in HOURLY.items():
        for name in hourly(kind):
            lines = gzip.decompress((DATA / name).read_bytes()).splitlines()
            accounts[name] = zeek(**{table: sum(not line.startswith(b"#") for line in lines)})
    return accounts


def counted_rows() -> dict[str, int]:
    """The rows of each file or pattern of files as the README of the data counts them."""
    rows, folder = {}, ""
    for line in (DATA / "README.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            folder = line[3:]
        elif found := re.match(r"\| (\S+)(?: \(24 files\))? \| ([0-9,]+) \|", line):
            rows[f"{folder}/{found[1]}"] = int(found[2].replace(",", ""))
    return rows
