"""Which addresses of a finding are the hostile side of its attack pattern, as others can look for them.

What belongs here: who is hostile. What does not: how a format tells it (stix).
"""

import re
from dataclasses import dataclass

from pipeline.features.address_forms import KINDS
from pipeline.feeds.night import Row, top
from pipeline.ingest.addresses import canonical_spelling

SOURCES, TARGETS = "sources", "targets"
# of the other attack patterns the hostile side is within the site, or an account and no address
SIDES = {
    "brute_force": SOURCES,
    "password_spraying": SOURCES,
    "distributed_flood": SOURCES,
    "vertical_scan": SOURCES,
    "horizontal_scan": SOURCES,
    "exfiltration": TARGETS,
    "beaconing": TARGETS,
}


@dataclass(frozen=True)
class HostileSide:
    """Addresses that an attack pattern points to.

    Attributes:
        side: sources or targets.
        addresses: the public ones that are known, sorted; at least one.
        distinct: sources or targets that the finding has in all.
    """

    side: str
    addresses: tuple[str, ...]
    distinct: int


def hostile_side(finding: Row) -> HostileSide | None:
    """The public addresses on the hostile side; None where the attack pattern names no side, or all are special.

    Those that the attack pattern's sentence names, else the most frequent: whom a site sends much to is seldom whom it
    calls most often.
    """
    side = SIDES.get(finding["attack_pattern"])
    if side is None:
        return None
    addresses = _public(finding["reasons"][0].split()) or _public(top(finding, f"top_{side}"))
    return HostileSide(side, addresses, finding["evidence"][f"distinct_{side}"]) if addresses else None


def _public(texts: list[str]) -> tuple[str, ...]:
    addresses = {address for text in texts if (address := canonical_spelling(text))}
    return tuple(sorted(address for address in addresses if not _is_special(address)))


def _is_special(address: str) -> bool:
    return any(re.search(pattern, address) for _, pattern in KINDS)
