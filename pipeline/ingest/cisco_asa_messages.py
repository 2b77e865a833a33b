"""What the messages of a Cisco ASA say, by their six-digit numbers: what was done, and between whom.

Here: patterns for the text after the number. Not here: the line around it, and which table a message belongs to
(`cisco_asa`).
"""

import ibis
import ibis.expr.types as ir

from pipeline.ingest.patterns import address, extracted, extracted_where

RULE, PAIR, BUILT, ENDED, ECHO, LOGIN = "rule", "pair", "built", "ended", "echo", "login"
# messages with texts of their own; most networks log hardly anything else
KINDS = {
    "106100": RULE,
    "302013": BUILT,
    "302014": ENDED,
    "302015": BUILT,
    "302016": ENDED,
    "106023": PAIR,
    "106010": PAIR,
    "106014": PAIR,
    **dict.fromkeys(("302020", "302021"), ECHO),
    **dict.fromkeys(("113004", "113005", "113012", "113015"), LOGIN),
}
_PROTOCOLS = {
    **dict.fromkeys(("302013", "302014"), "tcp"),
    **dict.fromkeys(("302015", "302016"), "udp"),
    **dict.fromkeys(("302020", "302021"), "icmp"),
}
# what was decided, and why; an access list says it itself
_DENIED = {
    "106023": "access group",
    "106015": "no connection",
    **dict.fromkeys(("106001", "106006", "106007", "106010", "106014"), "inbound"),
    "106016": "spoofed",
    "106017": "land attack",
    "106021": "reverse path",
    **dict.fromkeys(("313001", "313004", "313005"), "ICMP"),
    **dict.fromkeys(("605004", "611102"), "login"),
    "710003": "access",
    **dict.fromkeys(("710005", "710006"), "discarded"),
}
_PERMITTED = {
    **dict.fromkeys(("302013", "302015", "302020"), "built"),
    **dict.fromkeys(("605005", "611101"), "login"),
    "710002": "access",
}
_ACTIONS = {
    **{number: f"permitted ({what})" for number, what in _PERMITTED.items()},
    **{number: f"denied ({why})" for number, why in _DENIED.items()},
    "611103": "logoff",
}
# first digits of messages about traffic; in others, what people typed may look like addresses
_TRAFFIC = r"^(106|110|30[235]|313|338|419|434|507|605|710|725|805)"

_RULE = r"^access-list (?P<list>[^ ]+) (?P<action>[^ ]+) (?P<protocol>[^ ]+)(?: [^>]*> [^ ]+ hit-cnt (?P<hits>[0-9]+))?"
# inside/192.0.2.1(1024) -> outside/192.0.2.2(80)
_BY_RULE = (
    r"^access-list [^ ]+ [^ ]+ [^ ]+ [^/ ]+/(?P<source>[^( ]+)\((?P<source_port>[0-9]+)\)"
    r"[^>]*> [^/ ]+/(?P<dest>[^( ]+)\((?P<dest_port>[0-9]+)\)"
)
# inside:192.0.2.1/1024 dst outside:192.0.2.2/80, with users and translated addresses in parentheses
_BY_INTERFACE = (
    r"^[^:]+:(?P<source>[^/( ]+)(?:/(?P<source_port>[0-9]+))?(?:\([^)]*\))? (?:\([^)]*\)(?:\([^)]*\))? )?"
    r"(?:dst|to) [^ :/]+:(?P<dest>[^/( ]+)(?:/(?P<dest_port>[0-9]+))?"
)
# the number after an address identifies the echo, it is no port
_BY_ROLE = r"^.*? faddr (?P<source>[^/( ]+)/(?P<source_port>)[0-9]+.*? laddr (?P<dest>[^/( ]+)/(?P<dest_port>)[0-9]+"
# from 192.0.2.1/1024 to inside:192.0.2.2/ssh, and whatever else names a source first
_ANY = (
    r"^.*?(?:from|src|for|client) (?:laddr )?\(?(?:[^ :/]+:)??(?P<source>[0-9a-fA-F.:]*[0-9a-fA-F])"
    r"(?:/(?P<source_port>[0-9]+)|[ )(:/]|$)"
    r"(?:.*?\b(?:to|dst) (?:[^ :/]+:)??(?P<dest>[0-9a-fA-F.:]*[0-9a-fA-F])(?:/(?P<dest_port>[0-9]+)|[ ,(:/]|$))?"
)
_PROTOCOL = r"(?i)^(?:[a-z]+ ){0,4}?(?P<protocol>tcp|udp|icmp6?|sctp|gre|esp|[0-9]+) "
_ICMP = r"type[ =](?P<type>[0-9]+),? code[ =](?P<code>[0-9]+)"


def with_meaning(lines: ibis.Table) -> ibis.Table:
    """Adds `kind`, the fields of traffic and `action` by `number` and `body`; `rule` says what an access list does."""
    kinds = lines.mutate(kind=lines.number.cases(*KINDS.items(), else_=""))
    body, kind = kinds.body, kinds.kind
    said = kinds.mutate(
        rule=extracted_where(kind == RULE, body, _RULE),
        ends=ibis.cases(
            (kind == RULE, extracted(body, _BY_RULE)),
            ((kind == PAIR) | (kind == BUILT) | (kind == ENDED), extracted(body, _BY_INTERFACE)),
            (kind == ECHO, extracted(body, _BY_ROLE)),
            else_=extracted("", _ANY),
        ),
        named=extracted_where((kind == PAIR) | (kind == ""), body, _PROTOCOL),
    )
    is_open = (said.ends["source"] == "") & said.number.re_search(_TRAFFIC)
    return _with_addresses(
        said.mutate(
            ends=is_open.ifelse(extracted(said.body, _ANY), said.ends),
            protocol=ibis.coalesce(
                said.rule["protocol"].nullif(""),
                said.number.cases(*_PROTOCOLS.items()),
                said.named["protocol"].lower(),
            ),
            action=ibis.coalesce(
                said.rule["action"].nullif(""), said.number.cases(*_ACTIONS.items()), ibis.literal("ASA ") + said.number
            ),
        )
    )


def _with_addresses(found: ibis.Table) -> ibis.Table:
    told = found.mutate(is_icmp=found.protocol.startswith("icmp").fill_null(False), turned=_turned(found))
    ends, turned = told.ends, told.turned
    first, second = (address(ends[name]) for name in ("source", "dest"))
    icmp = extracted_where(told.is_icmp, told.body, _ICMP)
    # an access list writes type and code where ports stand
    is_rule = told.is_icmp & (told.kind == RULE)
    nothing = ibis.null(str)
    return told.mutate(
        source_ip=turned.ifelse(second, first),
        dest_ip=turned.ifelse(first, second),
        source_port=told.is_icmp.ifelse(nothing, turned.ifelse(ends["dest_port"], ends["source_port"])),
        dest_port=told.is_icmp.ifelse(nothing, turned.ifelse(ends["source_port"], ends["dest_port"])),
        icmp_type=is_rule.ifelse(ends["source_port"], icmp["type"]),
        icmp_code=is_rule.ifelse(ends["dest_port"], icmp["code"]),
    )


def _turned(found: ibis.Table) -> ir.BooleanValue:
    """Whether the second one named is the source.

    A connection outwards names its target first. The end of one does not say who called: it was whoever has the
    higher port.
    """
    source_port, dest_port = (found.ends[name].try_cast("int32") for name in ("source_port", "dest_port"))
    called = (source_port < dest_port).fill_null(False)
    return (found.kind == ENDED).ifelse(called, found.body.startswith("Built outbound "))
