"""The format `mikrotik`: logs of MikroTik's RouterOS, as it sends them by syslog or keeps them.

Packets of the firewall are events whose action is the prefix of the rule; logins and logoffs are told by the router in
the same log. All other topics are events too.
"""

import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.patterns import ADDRESS, extracted, extracted_where, with_first_match
from pipeline.ingest.syslog import START, judged, line_records, share, with_header

_TOPICS = r"(?P<topics>[a-z0-9!-]+(?:,[a-z0-9!-]+)+):? (?P<text>.*)$"
PATTERNS = (rf"{START}:? +(?:(?P<lead>[^ ,]+) +)?{_TOPICS}",)
_PACKET = (
    r"^(?:(?P<prefix>.*?) )??(?P<chain>[^ :]+): in:(?P<in>.+?) out:(?:\(unknown [0-9]+\)|(?P<out>.+?)), .*?"
    r"proto (?P<protocol>[^ ,(]+)(?: \((?P<kind>[^)]*)\))?, "
    rf"\[?(?P<source_ip>{ADDRESS})\]?(?::(?P<source_port>[0-9]+))?->"
    rf"\[?(?P<dest_ip>{ADDRESS})\]?(?::(?P<dest_port>[0-9]+))?(?:, .*?len (?P<bytes>[0-9]+))?"
)
_ICMP = r"^type (?P<type>[0-9]+), code (?P<code>[0-9]+)$"
# a name may hold all this too, so that the last address counts
_ACCOUNT = (
    r"^(?P<failed>login failure for )?user (?P<user>.*?)(?: (?P<done>logged in|logged out))?"
    r"(?: from (?P<source_ip>[0-9a-fA-F.:]+))? via (?P<service>[^ ]+)$"
)
COLUMNS = ("source_port", "dest_ip", "dest_port", "protocol", "bytes")
EXAMPLE = """\
2026-01-05T03:12:09.594792+01:00 router firewall,info drop-tcp input: in:ether1-WAN out:(unknown 0), \
connection-state:new src-mac 00:17:10:88:bc:02, proto TCP (SYN), 203.0.113.9:50930->198.51.100.20:22, len 44"""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """By the text that follows the topics."""
    found = with_first_match(lines, "record", PATTERNS, "time")
    headed = with_header(judged(found, found.found["time"] != "", "no RouterOS topics"), source)
    text = headed.found["text"]
    is_account = text.startswith("user ") | text.startswith("login failure for user ")
    told = headed.mutate(
        packet=extracted(text, _PACKET),
        account=extracted_where(is_account, text, _ACCOUNT),
    )
    kinds = told.mutate(
        icmp=extracted(told.packet["kind"], _ICMP),
        is_packet=told.packet["source_ip"] != "",
        is_login=_says(told.account["done"] == "logged in") | _says(told.account["failed"] != ""),
        is_end=_says(told.account["done"] == "logged out"),
    )
    return _with_columns(kinds)


def _says(condition: ir.BooleanValue) -> ir.BooleanValue:
    return condition.fill_null(False)


def _with_columns(told: ibis.Table) -> ibis.Table:
    packet, account = told.packet, told.account
    nothing = ibis.null(str)
    # the router numbers no sessions
    session = account["user"] + " from " + account["source_ip"] + " via " + account["service"]
    is_other = ~(told.is_packet | told.is_login | told.is_end)
    return told.mutate(
        target=told.is_login.ifelse("logins", "security_events"),
        source_ip=told.is_packet.ifelse(packet["source_ip"], account["source_ip"]),
        **{name: packet[name] for name in COLUMNS},
        icmp_type=told.icmp["type"],
        icmp_code=told.icmp["code"],
        action=ibis.cases(
            (told.is_packet, packet["prefix"]), (told.is_end, "logoff"), (is_other, told.found["topics"])
        ),
        user=account["user"],
        service=account["service"],
        success=told.is_login.ifelse((account["failed"] == "").ifelse("true", "false"), nothing),
        session_id=session,
        details=ibis.cases(
            (told.is_packet, details_of({name: packet[name] for name in ("chain", "in", "out")})),
            (is_other, details_of({"message": told.found["text"]})),
        ),
    )


def recognise(head: Head) -> Recognition | None:
    """By the topics, and by how the firewall writes packets."""
    part = share(head, rf"{START}:? +(?:[^ ,]+ +)?[a-z0-9!-]+(?:,[a-z0-9!-]+)+:? ")
    if part <= 0.5:
        return None
    packets = share(head, r" in:[^,:]* out:[^,:]*, ")
    return Recognition(0.5 + 0.2 * part + 0.25 * packets, "syslog lines with RouterOS topics such as firewall,info")


FORMAT = Format(
    name="mikrotik",
    description="logs of MikroTik RouterOS: packets of its firewall, logins, and other topics",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.logins"),
    reader=Reader(RECORDS, line_records, fields),
    judges=True,
    recognise=recognise,
)
