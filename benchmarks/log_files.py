"""Writes logs of any size for the benchmark of ingestion, quickly: the engine makes the lines, NumPy the packets.

Here: records that are distinct, of several kinds, and look like those of real sensors. Not here: attacks to be found in
them, for which there are the sample logs.
"""

from pathlib import Path

import duckdb
import numpy as np

FIRST_SECOND = 1_767_571_200  # 2026-01-05 00:00 UTC
# four draws for each record, the same at every run
DRAWS = """
select i, (hash(i) >> 1)::bigint as a, (hash(i, 1) >> 1)::bigint as b, (hash(i, 2) >> 1)::bigint as c,
    (hash(i, 3) >> 1)::bigint as d, make_timestamp(($start + i // 40) * 1000000)
    as clock, '10.' || a % 4 || '.' || (a >> 8) % 250 || '.' || (a >> 16) % 250 as home,
    (b % 200 + 20) || '.' || (b >> 8) % 256 || '.' || (b >> 16) % 256 || '.' || (b >> 24) % 254 + 1 as away,
    1024 + c % 60000 as port, [22, 53, 80, 443, 443, 443, 3389, 8080][1 + (c >> 20) % 8] as service_port
from range($records) as numbers(i)
"""
ZEEK_COLUMNS = {
    "ts": "time", "uid": "string", "id.orig_h": "addr", "id.orig_p": "port", "id.resp_h": "addr", "id.resp_p": "port",
    "proto": "enum", "service": "string", "duration": "interval", "orig_bytes": "count", "resp_bytes": "count",
    "conn_state": "string", "local_orig": "bool", "local_resp": "bool", "missed_bytes": "count", "history": "string",
    "orig_pkts": "count", "orig_ip_bytes": "count", "resp_pkts": "count", "resp_ip_bytes": "count",
    "tunnel_parents": "set[string]",
}  # fmt: skip
ZEEK_HEADER = "\n".join(
    (
        "#separator \\x09",
        "#set_separator\t,",
        "#empty_field\t(empty)",
        "#unset_field\t-",
        "#path\tconn",
        "#open\t2026-01-05-00-00-00",
        "\t".join(("#fields", *ZEEK_COLUMNS)),
        "\t".join(("#types", *ZEEK_COLUMNS.values())),
        "",
    )
)
ZEEK = """
concat_ws('\t',
    printf('%d.%06d', $start + i // 40, d % 1000000), 'C' || left(sha256(i::varchar), 17), home, port, away,
    service_port, if(service_port = 53, 'udp', 'tcp'),
    case service_port when 53 then 'dns' when 22 then 'ssh' when 443 then 'ssl' when 80 then 'http' else '-' end,
    printf('%d.%06d', d % 100, a % 1000000), c % 90000, d % 900000, ['SF', 'S0', 'REJ', 'RSTO'][1 + b % 4], 'T', 'F', 0,
    'ShADadFf', 1 + c % 90, 40 + c % 95000, 1 + d % 900, 40 + d % 950000, '-')
"""
# one alert in ten records, one record of DNS in five
EVE = """
format('{{"timestamp":"{}.{:06d}+0000","flow_id":{},"in_iface":"eth0","event_type":"{}","src_ip":"{}","src_port":{},'
    || '"dest_ip":"{}","dest_port":{},"proto":"TCP","app_proto":"tls",{}}}',
    strftime(clock, '%Y-%m-%dT%H:%M:%S'), d % 1000000, 100000000000000 + i * 977,
    case when i % 10 = 0 then 'alert' when i % 5 = 1 then 'dns' else 'flow' end, home, port, away, service_port,
    case
        when i % 10 = 0 then '"alert":{"action":"allowed","gid":1,"signature_id":2001219,"rev":8,"signature":'
            || '"ET SCAN Potential SSH Scan","category":"Attempted Information Leak","severity":2}'
        when i % 5 = 1 then '"dns":{"type":"query","id":' || c % 65536 || ',"rrname":"host' || d % 5000
            || '.example.org","rrtype":"A","tx_id":0}'
        else '"flow":{"pkts_toserver":' || 1 + c % 90 || ',"pkts_toclient":' || 1 + d % 90 || ',"bytes_toserver":'
            || 40 + c % 95000 || ',"bytes_toclient":' || 40 + d % 950000 || ',"start":"'
            || strftime(clock, '%Y-%m-%dT%H:%M:%S.000000+0000') || '","end":"'
            || strftime(clock + interval 9 seconds, '%Y-%m-%dT%H:%M:%S.120000+0000')
            || '","age":9,"state":"closed","reason":"timeout","alerted":false}'
    end)
"""
ASA = """
strftime(clock, '%b %d %Y %H:%M:%S') || ' fw1 : ' || case i % 4
    when 0 then format('%ASA-4-106023: Deny tcp src outside:{}/{} dst dmz:{}/{} by access-group "out_in" [0x0, 0x0]',
        away, port, home, service_port)
    when 1 then format('%ASA-6-302013: Built inbound TCP connection {} for outside:{}/{} ({}/{}) to dmz:{}/{} ({}/{})',
        i, away, port, away, port, home, service_port, home, service_port)
    when 2 then format('%ASA-6-302014: Teardown TCP connection {} for outside:{}/{} to dmz:{}/{} duration 0:{:02d}:'
        || '{:02d} bytes {} TCP FINs', i, away, port, home, service_port, c % 60, d % 60, d % 900000)
    else format('%ASA-6-106100: access-list outside_in permitted tcp outside/{}({}) -> dmz/{}({}) hit-cnt 1 first hit '
        || '[0x{:x}, 0x0]', away, port, home, service_port, d % 1000000)
end
"""
AUTH = """
strftime(clock, '%b ') || lpad(strftime(clock, '%-d %H:%M:%S'), 11, ' ') || ' bastion ' || case i % 5
    when 0 then format('sshd[{}]: Failed password for invalid user user{} from {} port {} ssh2', i, d % 500, away,
        port)
    when 1 then format('sshd[{}]: Accepted publickey for deploy{} from {} port {} ssh2: RSA SHA256:4dJ7', i, d % 50,
        home, port)
    when 2 then format('sshd[{}]: pam_unix(sshd:session): session closed for user deploy{}', i - 1, d % 50)
    when 3 then format('sshd[{}]: Received disconnect from {} port {}:11: Bye Bye [preauth]', i, away, port)
    else format('CRON[{}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)', i)
end
"""
# of the name of the file: what stands above the lines, and a line
TEXTS = {
    "zeek": ("conn.log", ZEEK_HEADER, ZEEK),
    "suricata_eve": ("eve.json", "", EVE),
    "cisco_asa": ("asa.log", "", ASA),
    "auth_log": ("auth_2026-02-01.log", "", AUTH),
}
PACKET = np.dtype(
    [
        ("seconds", "<u4"),
        ("microseconds", "<u4"),
        ("captured", "<u4"),
        ("length", "<u4"),
        ("ethernet", "V14"),
        ("version", "u1"),
        ("service", "u1"),
        ("total", ">u2"),
        ("id", ">u2"),
        ("fragment", ">u2"),
        ("ttl", "u1"),
        ("protocol", "u1"),
        ("sum", ">u2"),
        ("source", ">u4"),
        ("dest", ">u4"),
        ("source_port", ">u2"),
        ("dest_port", ">u2"),
        ("sequence", ">u4"),
        ("acknowledged", ">u4"),
        ("header", "u1"),
        ("flags", "u1"),
        ("window", ">u2"),
        ("tail", "V4"),
    ]
)
PCAP_HEADER = np.array([0xA1B2C3D4, 0x00040002, 0, 0, 65_535, 1], "<u4").tobytes()
ETHERNET = bytes.fromhex("0242ac1100020242ac1100030800")
PACKETS_AT_ONCE = 1_000_000
LINES_AT_ONCE = 100_000


def write_log(name: str, folder: Path, records: int) -> Path:
    """So many records in a format: one of `TEXTS`, or `pcap`; gives the file."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "pcap":
        return _capture(folder / "packets.pcap", records)
    file_name, header, line = TEXTS[name]
    file = folder / file_name
    given = {"records": records, "start": FIRST_SECOND}
    with duckdb.connect() as engine, file.open("w", encoding="utf-8") as out:
        out.write(header)
        lines = f"select {line} as line from ({DRAWS})"  # noqa: S608 - the text is ours
        found = engine.execute(lines, {key: given[key] for key in given if f"${key}" in lines})
        for batch in found.to_arrow_reader(LINES_AT_ONCE):
            out.write("\n".join(batch["line"].to_pylist()) + "\n")
    return file


def _capture(file: Path, records: int) -> Path:
    draw = np.random.default_rng(7)
    with file.open("wb") as out:
        out.write(PCAP_HEADER)
        for start in range(0, records, PACKETS_AT_ONCE):
            _packets(draw, np.arange(start, min(start + PACKETS_AT_ONCE, records))).tofile(out)
    return file


def _packets(draw: np.random.Generator, numbers: np.ndarray) -> np.ndarray:
    """TCP packets without content between a few thousand addresses."""
    count = len(numbers)
    packets = np.zeros(count, PACKET)
    length = PACKET.itemsize - 16
    packets["seconds"], packets["microseconds"] = FIRST_SECOND + numbers // 2_000, numbers % 2_000 * 500
    packets["captured"] = packets["length"] = length
    packets["ethernet"] = np.void(ETHERNET)
    packets["version"], packets["total"], packets["ttl"], packets["protocol"] = 0x45, length - 14, 64, 6
    packets["source"] = 0x0A000000 + draw.integers(0, 5_000, count)
    packets["dest"] = 0xC6336400 + draw.integers(0, 250, count)
    packets["source_port"] = draw.integers(1_024, 65_536, count)
    packets["dest_port"] = draw.choice([22, 53, 80, 443], count)
    packets["sequence"] = numbers
    packets["header"], packets["window"] = 0x60, 64_240
    packets["flags"] = draw.choice([0x02, 0x12, 0x10, 0x18, 0x11], count)
    return packets
