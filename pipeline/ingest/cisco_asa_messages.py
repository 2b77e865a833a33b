"""What the messages of a Cisco ASA say, by their six-digit numbers: what was done, and between whom.

Here: patterns for the text after the number. Not here: the line around it, and which table a message belongs to
(`cisco_asa`).
"""

import ibis
import ibis.expr.types as ir

from pipeline.ingest.patterns import address, extracted, extracted_where

LIST = "106100"
GROUP = "106023"
# what was decided by messages other than that of an access list, which says it itself
_DENIED = {
    GROUP: "access group",
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
    **{number: f"denied ({why})" for number, why in _DENIED.items()},
    **{number: f"permitted ({why})" for number, why in _PERMITTED.items()},
    "611103": "logoff",
}
TEARDOWNS = ("302014", "302016")
_ICMP = ("302020", "302021")
_PROTOCOLS = {
    **dict.fromkeys(("302013", "302014"), "tcp"),
    **dict.fromkeys(("302015", "302016"), "udp"),
    **dict.fromkeys(_ICMP, "icmp"),
}
_BETWEEN_INTERFACES = (GROUP, "106010", "106014", "302013", "302014", "302015", "302016")
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
    r"(?:.*? (?:to|dst) (?:[^ :/]+:)??(?P<dest>[0-9a-fA-F.:]*[0-9a-fA-F])(?:/(?P<dest_port>[0-9]+)|[ ,(:/]|$))?"
)
_PROTOCOL = r"(?i)^(?:[a-z]+ )??(?:inbound )?(?:protocol )?(?P<name>tcp|udp|icmp6?|sctp|gre|esp|[0-9]+) "
_KIND = r"type[ =](?P<type>[0-9]+),? code[ =](?P<code>[0-9]+)"


def with_meaning(lines: ibis.Table) -> ibis.Table:
    """Adds the fields of traffic and `action` by `number` and `body`."""
    number, body = lines.number, lines.body
    said = lines.mutate(
        rule=extracted_where(number == LIST, body, _RULE),
        ends=ibis.cases(
            (number == LIST, extracted(body, _BY_RULE)),
            (number.isin(_BETWEEN_INTERFACES), extracted(body, _BY_INTERFACE)),
            (number.isin(_ICMP), extracted(body, _BY_ROLE)),
            else_=extracted("", _ANY),
        ),
    )
    is_open = (said.ends["source"] == "") & said.number.re_search(_TRAFFIC)
    found = said.mutate(
        ends=is_open.ifelse(extracted(said.body, _ANY), said.ends),
        protocol=ibis.coalesce(
            said.rule["protocol"].nullif(""),
            said.number.cases(*_PROTOCOLS.items()),
            extracted(said.body, _PROTOCOL)["name"].nullif("").lower(),
        ),
        action=ibis.coalesce(
            said.rule["action"].nullif(""), said.number.cases(*_ACTIONS.items()), ibis.literal("ASA ") + said.number
        ),
    )
    return _with_addresses(found.mutate(is_icmp=found.protocol.startswith("icmp"), turned=_turned(found)))


def _turned(found: ibis.Table) -> ir.BooleanValue:
    """Whether the second one named is the source.

    A connection outwards names its target first. The end of one does not say where it went: whoever has the higher
    port called.
    """
    source_port, dest_port = (found.ends[name].try_cast("int32") for name in ("source_port", "dest_port"))
    return found.body.startswith("Built outbound ") | (
        found.number.isin(TEARDOWNS) & (source_port < dest_port).fill_null(False)
    )


def _with_addresses(found: ibis.Table) -> ibis.Table:
    ends, turned = found.ends, found.turned
    first, second = (address(ends[name]) for name in ("source", "dest"))
    kind = extracted_where(found.is_icmp, found.body, _KIND)
    # an access list writes type and code where ports stand
    is_listed = found.is_icmp & (found.number == LIST)
    nothing = ibis.null(str)
    return found.mutate(
        source_ip=turned.ifelse(second, first),
        dest_ip=turned.ifelse(first, second),
        source_port=found.is_icmp.ifelse(nothing, turned.ifelse(ends["dest_port"], ends["source_port"])),
        dest_port=found.is_icmp.ifelse(nothing, turned.ifelse(ends["source_port"], ends["dest_port"])),
        icmp_type=is_listed.ifelse(ends["source_port"], kind["type"]),
        icmp_code=is_listed.ifelse(ends["dest_port"], kind["code"]),
    )
