"""Findings: the suspicious groups of a night, over all feature tables and algorithms, ranked by severity.

What belongs here: which candidates become findings, which of them are one, and their order. What does not: reading
tables (night), what rules say (suspicion, attack_patterns), which night they were first seen in (identity).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from pipeline.config import Report
from pipeline.report.attack_patterns import BEACONING, EXFILTRATION, RULES, UNNAMED, Named, attack_pattern
from pipeline.report.candidates import Candidate
from pipeline.report.merging import Cluster, joined
from pipeline.report.profiles import Profile
from pipeline.report.records import RECORD_TABLES
from pipeline.report.suspicion import reasons, severity_parts
from pipeline.report.usual import Usual

LEAST_SEVERITY = 25.0  # below, a cluster is unlike the rest but nothing to look at
EXFILTRATION_OVER_C2 = "T1041"
Channel: TypeAlias = tuple[str, str]
ORDER = {name: place for place, (name, _, _) in enumerate(RULES)}


@dataclass(frozen=True)
class Group:
    """A candidate, and what rules say of it.

    Attributes:
        number: by which its counts are found.
        candidate: the cluster, with those of other algorithms that hold the same entities.
        views: its profile as each device saw it, the one with most records first.
        named: the attack pattern that it shows, if it does.
        reasons: sentences of the other rules that hold.
    """

    number: int
    candidate: Candidate
    views: tuple[Profile, ...]
    named: Named | None
    reasons: tuple[str, ...]

    @property
    def profile(self) -> Profile:
        """The view that has most records."""
        return self.views[0]

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters that hold these entities, the clearest first."""
        return (self.candidate.cluster, *self.candidate.witnesses)


@dataclass(frozen=True)
class Ends:
    """Whom a finding is about, where they are few, and its most frequent patterns: what it is known by again."""

    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    patterns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Which group a finding is, and how it stands beside the nights before.

    Attributes:
        finding_id: the group.
        state: new, growing, steady, shrinking or back.
        first_night: when it was found first, as far as nights follow each other within a window.
        nights: in how many nights of the window it was found, this one included.
    """

    finding_id: str
    state: str
    first_night: date
    nights: int


@dataclass(frozen=True)
class Finding:
    """One group of entities that is worth a look.

    Attributes:
        groups: the candidates that are about the same, the clearest first.
        named: the attack pattern that it shows, if it does.
        reasons: sentences of all rules that hold, that of the attack pattern first.
        parts: what each part adds to the severity.
        ends: whom it is about.
        identity: which group it is; None as long as nobody has looked.
    """

    groups: tuple[Group, ...]
    named: Named | None
    reasons: tuple[str, ...]
    parts: Mapping[str, float]
    ends: Ends = field(default_factory=Ends)
    identity: Identity | None = None

    @property
    def leader(self) -> Group:
        """The candidate that shows it most clearly."""
        return self.groups[0]

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters that show it, the clearest first."""
        return tuple(cluster for group in self.groups for cluster in group.clusters)

    @property
    def severity(self) -> float:
        """0 to 100, what the rank follows."""
        return round(sum(self.parts.values()), 2)

    @property
    def attack_pattern(self) -> str:
        """Its name, or `unnamed`."""
        return self.named.pattern if self.named else UNNAMED

    @property
    def order(self) -> tuple[float, int, Cluster]:
        """Sorts findings, the most severe first."""
        return -self.severity, -self.leader.profile.records, self.leader.candidate.cluster


def judge(
    number: int, candidate: Candidate, views: Sequence[Profile], usual: Mapping[str, Usual], settings: Report
) -> Group:
    """What the rules say of a candidate.

    Args:
        number: by which its counts are found.
        candidate: the cluster.
        views: its profile as each device saw it, the one with most records first.
        usual: what is usual, by raw table.
        settings: thresholds of the rules.
    """
    shown = [attack_pattern(view, usual[view.raw_table], settings.attack_patterns) for view in views]
    named = min((each for each in shown if each), key=lambda each: ORDER[each.pattern], default=None)
    main = views[0]
    return Group(number, candidate, tuple(views), named, tuple(reasons(main, usual[main.raw_table], settings)))


def find(
    groups: Sequence[Group], same: set[frozenset[int]], models: int, channels: Iterable[Channel] = ()
) -> list[Finding]:
    """The findings among the candidates that are severe enough, the most severe first.

    Args:
        groups: the candidates.
        same: pairs of their numbers that are about the same.
        models: how many models score each feature table.
        channels: source and target of beacons of the nights before.
    """
    kept = {group.number: group for group in groups if group.named or (group.candidate.is_odd and group.reasons)}
    by_leader = joined([group.number for group in sorted(kept.values(), key=_clearest)], same)
    findings = [
        _finding((kept[leader], *(kept[other] for other in others)), models) for leader, others in by_leader.items()
    ]
    return ranked(_with_channels(findings, channels))


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Those that are severe enough, the most severe first."""
    return sorted((each for each in findings if each.severity >= LEAST_SEVERITY), key=lambda each: each.order)


def id_of(finding: Finding) -> str:
    """The group that the finding is; somebody has looked."""
    assert finding.identity is not None  # noqa: S101 - its callers have identified it
    return finding.identity.finding_id


def familiar(finding: Finding) -> Finding:
    """The finding without what novelty added, where it has no name and was found in the nights before, too."""
    if finding.named or finding.identity is None or finding.identity.nights == 1:
        return finding
    return replace(finding, parts={**finding.parts, "novelty": 0.0})


def _clearest(group: Group) -> tuple[bool, bool, float, Cluster]:
    """Sorts groups: those with a name, of them those whose entities are records, for it is clear who met whom.

    Of groups with a name the larger one comes first, of others the one that is more severe alone.
    """
    cluster = group.candidate.cluster
    if group.named:
        return False, cluster.feature_table not in RECORD_TABLES, -group.profile.records, cluster
    return True, True, -sum(severity_parts(group.profile, len(group.reasons), 0.0).values()), cluster


def _finding(groups: tuple[Group, ...], models: int) -> Finding:
    """The finding of groups that are about the same; it lies as far out as the one that does most."""
    leader = groups[0]
    profile = replace(
        leader.profile,
        agreement=_agreement(groups, models),
        isolation=max(group.candidate.isolation for group in groups),
        is_new=any(group.candidate.is_new for group in groups),
    )
    named = leader.named
    texts = (*((named.sentence,) if named else ()), *leader.reasons)
    return Finding(groups, named, texts, severity_parts(profile, len(leader.reasons), _certainty(named)))


def _certainty(named: Named | None) -> float:
    return named.certainty if named else 0.0


def _agreement(groups: Sequence[Group], models: int) -> float:
    """Share of the other models that show the group, in any feature table; of the consensus, how far it does."""
    algorithms = {cluster.algorithm for group in groups for cluster in group.clusters}
    flagged = max((group.candidate.flagged or 0.0 for group in groups), default=0.0)
    return min(1.0, (len(algorithms) - 1 + flagged) / max(1, models - 1))


def _with_channels(findings: Sequence[Finding], channels: Iterable[Channel]) -> list[Finding]:
    """The same findings; what leaves by the channel of a beacon has the technique of that."""
    known = set(channels)
    for finding in findings:
        for group in finding.groups:
            if group.named and group.named.pattern == BEACONING:
                known |= {view.busiest_pair for view in group.views if view.busiest_pair}
    return [_over_channel(finding) if _leaves_by(finding, known) else finding for finding in findings]


def _leaves_by(finding: Finding, channels: set[Channel]) -> bool:
    is_theft = finding.attack_pattern == EXFILTRATION
    return is_theft and any(view.busiest_pair in channels for view in finding.leader.views)


def _over_channel(finding: Finding) -> Finding:
    return replace(finding, named=finding.named and replace(finding.named, technique_id=EXFILTRATION_OVER_C2))
