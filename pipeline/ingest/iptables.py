"""The format `iptables`: packets that Linux firewalls log through the kernel: iptables, nftables, ufw, and their kin.

The prefix that a rule gives its lines says what it did. Lines of the kernel about anything else are rejected.
"""

import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.patterns import with_first_match
from pipeline.ingest.syslog import START, judged, line_records, share, with_header

# host, facility, the kernel with its uptime; a line without `kernel:` starts with a host, unless that ends in : or ]
_BEFORE = (
    r":? +(?:(?P<lead>[^ ]*[^ :\]]) +)?(?:[a-z0-9]+\.[a-z]+ )?(?:kernel(?:: *| [^ ]+ [^ ]+ - *))?"
    r"(?:\[ *[0-9]+\.[0-9]+\] *)?(?P<prefix>[^=]*?)"
)
# the first addresses are those of the packet itself; an ICMP error quotes another one after its type
_PACKET = (
    r"IN=(?P<in>[^ ]*) OUT=(?P<out>[^ ]*) (?:.*? )??SRC=(?P<source_ip>[^ ]+) DST=(?P<dest_ip>[^ ]+) "
    r"LEN=(?P<bytes>[0-9]+) .*?PROTO=(?P<protocol>[^ ]+)"
    r"(?: SPT=(?P<source_port>[0-9]+) DPT=(?P<dest_port>[0-9]+))?"
    r"(?: TYPE=(?P<icmp_type>[0-9]+) CODE=(?P<icmp_code>[0-9]+))?"
)
PATTERNS = (START + _BEFORE + _PACKET,)
COLUMNS = ("source_ip", "dest_ip", "source_port", "dest_port", "protocol", "icmp_type", "icmp_code", "bytes")
# Ubiquiti's rules end in a letter for what they do
_LETTERS = {"A": "accept", "D": "drop", "R": "reject"}
EXAMPLE = """\
Jan  5 03:12:09 gateway kernel: [1995.516358] [UFW BLOCK] IN=eth0 OUT= MAC=de:1c:88:64:10:19:5e:e1:a4:3b:cf:f0:08:00 \
SRC=203.0.113.9 DST=198.51.100.20 LEN=44 TOS=0x00 PREC=0x00 TTL=43 ID=25313 PROTO=TCP SPT=50930 DPT=22 WINDOW=1024 \
RES=0x00 SYN URGP=0"""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """What the kernel says of a packet, by its own keys."""
    found = with_first_match(lines, "record", PATTERNS, "time")
    headed = with_header(judged(found, found.found["time"] != "", "no packet logged by iptables"), source)
    told = headed.mutate(
        prefix=headed.found["prefix"].strip().re_replace(r"^\[|[\]: -]+$", ""),
        **{name: headed.found[name] for name in COLUMNS},
    )
    interfaces = {name: told.found[name] for name in ("in", "out")}
    return told.mutate(action=_action(told.prefix), details=details_of(interfaces))


def _action(prefix: ir.StringValue) -> ir.StringValue:
    """The prefix, put so that verdicts understand it."""
    letter = prefix.re_extract(r"^.+-.+-([ADR])$", 1)
    ufw = prefix.re_replace(r"^UFW (.+)$", r"\1 (UFW)")
    return (letter == "").ifelse(ufw, letter.cases(*_LETTERS.items()) + " (" + prefix + ")")


def recognise(head: Head) -> Recognition | None:
    """By the keys of a packet, which always come in this order."""
    part = share(head, r"^[^=]*\bIN=[^ ]* OUT=[^ ]* .*SRC=[^ =]+ DST=[^ =]+ LEN=[0-9]+ ")
    return Recognition(0.6 + 0.39 * part, "kernel lines with IN= OUT= SRC= DST=") if part > 0.5 else None


FORMAT = Format(
    name="iptables",
    description="packets logged by the Linux kernel for iptables, nftables, ufw and EdgeOS",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events",),
    reader=Reader(RECORDS, line_records, fields),
    judges=True,
    recognise=recognise,
)
