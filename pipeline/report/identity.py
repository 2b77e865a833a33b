"""Which groups last from night to night: tonight's findings beside those of the window before.

A group is known by whom it is about, or by its feature rows. What is compared is stored with each night, so identities
rest on the nights before as models do, and the same nights give the same identities in whatever order they are run
again. What does not belong here: reading and storing (night).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.report.attack_patterns import BEACONING, UNNAMED
from pipeline.report.findings import Channel, Ends, Finding, Identity
from pipeline.report.merging import Cluster

SAME = 0.5
GROWING, SHRINKING = 1.25, 0.8  # times the size of the night before


@dataclass(frozen=True)
class Trace:
    """A finding as it is remembered.

    Attributes:
        finding_id: the group.
        night: when it was found.
        size: records, or entities where there are none.
        attack_pattern: its name, or `unnamed`.
        feature_table: what its patterns are of.
        first_night: when the group was found first.
        ends: whom it is about.
    """

    finding_id: str
    night: date
    size: int
    attack_pattern: str
    feature_table: str
    first_night: date
    ends: Ends


def identify(
    findings: Sequence[Finding], night: date, earlier: Sequence[Trace], last: date | None
) -> tuple[list[Finding], list[Trace]]:
    """The findings, each with its identity, and what is gone since the last night.

    Args:
        findings: tonight's, the most severe first: they choose in this order.
        night: tonight.
        earlier: what was found in the nights of the window.
        last: the latest of these nights that was run.
    """
    groups: dict[str, list[Trace]] = {}
    for trace in sorted(earlier, key=lambda each: (each.night, each.finding_id)):
        groups.setdefault(trace.finding_id, []).append(trace)
    found = []
    for finding in findings:
        before = _matching(finding, groups)
        identity = _identity(finding, night, groups.pop(before) if before else [], last)
        found.append(replace(finding, identity=identity))
    return found, [traces[-1] for traces in groups.values() if traces[-1].night == last]


def _matching(finding: Finding, groups: dict[str, list[Trace]]) -> str | None:
    """The group that is most like the finding as it was last found, the later one of equals."""
    alike = {name: likeness(finding, traces[-1]) for name, traces in groups.items()}
    close = [name for name, value in alike.items() if value >= SAME]
    return max(close, key=lambda name: (alike[name], groups[name][-1].night, name), default=None)


def likeness(finding: Finding, trace: Trace) -> float:
    """How sure it is that both are the same group, 0 to 1.

    Findings of different attack patterns, or of different ports, are not. Those of the same attack pattern are as far
    as either their sources, their targets or their accounts agree: who scans changes targets, what is flooded changes
    sources. Of others all that is known must agree. Feature rows of the same feature table tell both.
    """
    if finding.attack_pattern != trace.attack_pattern:
        return 0.0
    mine, theirs = finding.ends, trace.ends
    if mine.ports and theirs.ports and not set(mine.ports) & set(theirs.ports):
        return 0.0
    sides = [
        jaccard(getattr(mine, side), getattr(theirs, side))
        for side in ("sources", "targets", "accounts")
        if getattr(mine, side) or getattr(theirs, side)
    ]
    behaviour = 0.0
    if finding.leader.candidate.cluster.feature_table == trace.feature_table:
        behaviour = jaccard(mine.patterns, theirs.patterns)
    about = (min if finding.attack_pattern == UNNAMED else max)(sides, default=0.0)
    return max(about, behaviour)


def channels_of(earlier: Sequence[Trace]) -> set[Channel]:
    """Source and target of the beacons among what was found."""
    beacons = [trace.ends for trace in earlier if trace.attack_pattern == BEACONING]
    return {(ends.sources[0], ends.targets[0]) for ends in beacons if len(ends.sources) == len(ends.targets) == 1}


def jaccard(first: Sequence[object], second: Sequence[object]) -> float:
    """Share of all values that both have; 0 if neither has any."""
    every = set(first) | set(second)
    return len(set(first) & set(second)) / len(every) if every else 0.0


def _identity(finding: Finding, night: date, before: Sequence[Trace], last: date | None) -> Identity:
    if not before:
        return Identity(new_id(night, finding.leader.candidate.cluster), "new", night, 1)
    latest = before[-1]
    first = min(trace.first_night for trace in before)
    return Identity(latest.finding_id, _state(size_of(finding), latest, last), first, len(before) + 1)


def _state(size: int, latest: Trace, last: date | None) -> str:
    if latest.night != last:
        return "back"
    if size >= GROWING * latest.size:
        return "growing"
    return "shrinking" if size <= SHRINKING * latest.size else "steady"


def size_of(finding: Finding) -> int:
    """Records, or entities where there are none."""
    return finding.leader.profile.records or finding.leader.candidate.size


def new_id(night: date, cluster: Cluster) -> str:
    """The same cluster of the same night has the same id."""
    digest = hashlib.sha256("|".join(map(str, (night, *cluster))).encode()).hexdigest()
    return f"{night:%Y%m%d}-{digest[:8]}"
