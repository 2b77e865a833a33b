"""The format `pf`: packets logged by BSD's packet filter.

Either by pfSense and OPNsense, whose filterlog writes comma-separated values, or as tcpdump prints the log of pf
itself, one line per packet. All other lines are rejected.
"""

import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import TEXTS
from pipeline.ingest.patterns import extracted, extracted_where, value_at, with_first_match
from pipeline.ingest.syslog import START, judged, line_records, share, with_header

PATTERNS = (
    rf"{START}:? +(?:(?P<lead>[^ ]+) )??filterlog(?:\[[0-9]+\])?(?:: | [^ ]+ [^ ]+ (?:-|\[[^\]]*\]) )"
    r"(?P<text>[0-9]*,.*)$",
    rf"{START}:? +(?:(?P<lead>[^ ]+) (?:pf|pflog|pflogd|tcpdump)(?:\[[0-9]+\])?: )?(?P<text>rule .*)$",
)
_ADDRESS = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*"
_PRINTED = (
    r"^rule (?P<rule>[^ (]+)\((?P<reason>[^)]*)\):? (?:\[[^\]]*\] )?(?P<action>[a-z]+) (?P<direction>in|out) "
    r"on (?P<interface>[^: ]+): (?:IP6? )?(?:\((?P<header>.*?)\) )?(?:IP6? )?"
    rf"(?P<source_ip>{_ADDRESS})(?:\.(?P<source_port>[0-9]+))? > "
    rf"(?P<dest_ip>{_ADDRESS})(?:\.(?P<dest_port>[0-9]+))?: (?P<rest>.*)$"
)
_PROTOCOLS = (
    (r"(?i)icmp6", "ipv6-icmp"),
    (r"(?i)^icmp", "icmp"),
    (r"(?i)^udp", "udp"),
    (r"^(Flags \[|[SFPRWEU.]+ )", "tcp"),
)
_HEADER = r"proto:? (?P<protocol>[A-Za-z0-9-]+).*? length:? (?P<bytes>[0-9]+)"
_ECHOES = (("(?i)echo request", "8"), ("(?i)echo reply", "0"))
# type and code by the names that filterlog uses
_ICMP = {
    "request": ("8", "0"),
    "reply": ("0", "0"),
    "unreach": ("3", None),
    "unreachproto": ("3", "2"),
    "unreachport": ("3", "3"),
    "needfrag": ("3", "4"),
    "redirect": ("5", None),
    "timexceed": ("11", None),
    "paramprob": ("12", None),
    "tstamp": ("13", "0"),
    "tstampreply": ("14", "0"),
    "maskreply": ("18", "0"),
}
# places of the values, counted from 1; those after the version of IP depend on it
_PLACES = {"rule": 4, "interface": 5, "reason": 6, "action": 7, "direction": 8}
_IPV4 = {"protocol": 17, "bytes": 18, "source_ip": 19, "dest_ip": 20, "first": 21, "second": 22}
_IPV6 = {"protocol": 13, "bytes": 15, "source_ip": 16, "dest_ip": 17, "first": 18, "second": 19}
_FACTS = ("rule", "interface", "direction", "reason")
EXAMPLE = """\
Jan  5 03:12:09 pfSense filterlog[72237]: 53,,,1000102631,em0,match,block,in,4,0x0,,64,892,0,none,6,tcp,44,203.0.113.9,\
198.51.100.20,50930,22,0,S,17536001,,65535,,mss"""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """By the places of values, or by what tcpdump prints."""
    found = with_first_match(lines, "record", PATTERNS, "time")
    is_printed = found.found["text"].startswith("rule ")
    parsed = found.mutate(
        is_printed=is_printed,
        printed=extracted_where(is_printed, found.found["text"], _PRINTED),
        written=is_printed.ifelse(ibis.null(TEXTS), found.found["text"].split(",")),
    )
    printed, written = _printed(parsed.printed), _written(parsed.written)
    told = parsed.mutate(**{name: parsed.is_printed.ifelse(printed[name], written[name]) for name in written})
    whole = judged(told, told.dest_ip != "", "no packet logged by pf")
    return with_header(whole, source).mutate(details=details_of({name: whole[name] for name in _FACTS}))


def _written(values: ir.ArrayValue) -> dict[str, ir.StringValue]:
    is_ipv4 = value_at(values, 9) == "4"

    def value(name: str) -> ir.StringValue:
        return is_ipv4.ifelse(value_at(values, _IPV4[name]), value_at(values, _IPV6[name]))

    protocol, first, nothing = value("protocol").lower(), value("first"), ibis.null(str)
    has_ports, is_icmp = protocol.isin(["tcp", "udp"]), protocol == "icmp"
    kinds = [(name, kind) for name, (kind, _) in _ICMP.items()]
    codes = [(name, code) for name, (_, code) in _ICMP.items() if code]
    return {
        **{name: value_at(values, place) for name, place in _PLACES.items()},
        **{name: value(name) for name in ("bytes", "source_ip", "dest_ip")},
        "protocol": protocol,
        "source_port": has_ports.ifelse(first, nothing),
        "dest_port": has_ports.ifelse(value("second"), nothing),
        "icmp_type": is_icmp.ifelse(first.cases(*kinds), nothing),
        "icmp_code": is_icmp.ifelse(first.cases(*codes), nothing),
    }


def _printed(packet: ir.StructValue) -> dict[str, ir.StringValue]:
    rest, header = packet["rest"], extracted(packet["header"], _HEADER)
    guessed = ibis.cases(*((rest.re_search(pattern), name) for pattern, name in _PROTOCOLS))
    kind = ibis.cases(*((rest.re_search(pattern), number) for pattern, number in _ECHOES))
    is_icmp = guessed == "icmp"
    nothing = ibis.null(str)
    return {
        **{name: packet[name] for name in (*_PLACES, "source_ip", "dest_ip", "source_port", "dest_port")},
        "protocol": ibis.coalesce(header["protocol"].nullif(""), guessed),
        "bytes": header["bytes"],
        "icmp_type": is_icmp.ifelse(kind, nothing),
        "icmp_code": (is_icmp & kind.notnull()).ifelse("0", nothing),
    }


def recognise(head: Head) -> Recognition | None:
    """By the name of filterlog, or by how tcpdump prints rules."""
    printed = r"rule [^ (]+\([a-z-]+\):? (\[[^][]*\] )?[a-z]+ (in|out) on [^ :]+: "
    part = share(head, rf" filterlog(\[[0-9]+\])?[: ]|{printed}")
    return Recognition(0.6 + 0.39 * part, "packets logged by pf or filterlog") if part > 0.5 else None


FORMAT = Format(
    name="pf",
    description="packets logged by BSD's pf: filterlog of pfSense and OPNsense, or tcpdump of pflog",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events",),
    reader=Reader(RECORDS, line_records, fields),
    judges=True,
    recognise=recognise,
)
