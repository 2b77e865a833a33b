"""What rules know of a cluster: a view of it is what one device saw of its records, with what the models say.

What belongs here: the profile and how it is put together from counts. What does not: counting (cells), which clusters
are looked at (candidates), what a profile means (suspicion, attack_patterns).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, TypeAlias

import pyarrow as pa

from pipeline.report.candidates import Candidate
from pipeline.report.scored import DIGITS, HALF

Row: TypeAlias = dict[str, Any]
SHARES = ("at_night", "from_countries", "outward", "internal", "from_outside", "login_ports", "remote_ports")


@dataclass(frozen=True)
class Profile:
    """What the rules know of a cluster.

    Attributes:
        feature_table: what its entities are rows of.
        raw_table: what its records are rows of; empty where it has none.
        size: entities.
        share: of the night's entities.
        score: mean score of its entities, 0 to 1.
        isolation: mean distance to the nearest large cluster, in units of the baseline's 99th percentile.
        agreement: share of the other models, the consensus among them, that show the same entities.
        records: raw rows that one device has of it.
        distinct: number of distinct sources, targets, ports and users.
        shares: of its records: refused, at_night, from_countries, outward (from the site to the outside), internal,
            from_outside, login_ports, remote_ports; of all its bytes, sent_by_busiest_pair; of the bytes of that pair,
            those that its source sent.
        typical: what at least half of its records share, such as ports_per_pair: records whose source tries so many
            ports of their target, or more.
        features: median of each numeric feature of its entities, mean of each flag, and of users their usual hours.
        busiest_pair: source and target that most bytes left the site by.
        sent: bytes that did; null if no sizes are known.
        services: application protocols by their records, the most frequent first.
        ports: target ports by their records, the most frequent first.
    """

    feature_table: str
    raw_table: str
    size: int
    share: float
    is_new: bool
    score: float
    isolation: float
    agreement: float = 0.0
    records: int = 0
    distinct: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    typical: Mapping[str, int] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    busiest_pair: tuple[str, str] | None = None
    sent: int | None = None
    services: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    def of(self, what: str) -> float:
        """A share, 0 where it is unknown."""
        return self.shares.get(what, 0.0)

    def most(self, what: str) -> int:
        """What at least half of the records have, 0 where it is unknown."""
        return self.typical.get(what, 0)


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted of the records of the night's candidates, by the number of the candidate.

    Attributes:
        groups: its counts.
        views: its counts as each device saw it, the one with most records first; with `typical`, what at least half of
            the records have by measure, and `sent`, the pair that most bytes left the site by.
        tops: its most frequent values with their records, by what they are.
    """

    groups: Mapping[int, Row]
    views: Mapping[int, list[Row]]
    tops: Mapping[int, Mapping[str, list[tuple[str, int]]]]


def counted_of(groups: pa.Table, seen: pa.Table, histograms: pa.Table, pairs: pa.Table, tops: pa.Table) -> Counted:
    """Put the answers of `cells` together."""
    typical = _typical(histograms.to_pylist())
    sent = {_view(row): row for row in pairs.to_pylist()}
    views: dict[int, list[Row]] = {}
    for row in sorted(seen.to_pylist(), key=lambda each: (-each["records"], *_view(each)[1:])):
        views.setdefault(row["group"], []).append(
            row | {"typical": typical.get(_view(row), {}), "sent": sent.get(_view(row))}
        )
    most: dict[int, dict[str, list[tuple[str, int]]]] = {}
    for row in tops.to_pylist():
        most.setdefault(row["group"], {}).setdefault(row["name"], []).append((row["value"], row["records"]))
    return Counted({row["group"]: row for row in groups.to_pylist()}, views, most)


def _view(row: Row) -> tuple[int, str, str]:
    return row["group"], row["source"], row["raw_table"]


def _typical(histograms: list[Row]) -> dict[tuple[int, str, str], dict[str, int]]:
    """By view and measure, the largest value that at least half of the records have or exceed."""
    records: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for row in histograms:
        records.setdefault((_view(row), row["measure"]), []).append((row["value"], row["records"]))
    found: dict[tuple[int, str, str], dict[str, int]] = {}
    for (view, measure), counts in records.items():
        falling = sorted(counts, reverse=True)
        reached = accumulate(count for _, count in falling)
        half = HALF * sum(count for _, count in falling)
        found.setdefault(view, {})[measure] = next(
            value for (value, _), sofar in zip(falling, reached, strict=True) if sofar >= half
        )
    return found


def known_of(candidate: Candidate, more: Mapping[str, float]) -> Profile:
    """What the models say of a candidate; `more` features are those that no model sees."""
    return Profile(
        feature_table=candidate.cluster.feature_table,
        raw_table="",
        size=candidate.size,
        share=candidate.share,
        is_new=candidate.is_new,
        score=candidate.score,
        isolation=candidate.isolation,
        features={**candidate.features, **more},
    )


def views(group: int, known: Profile, counted: Counted) -> list[Profile]:
    """The profile of a group as each device saw it, the one with most records first; `known` itself without records.

    Args:
        group: its number.
        known: what the models say of it.
        counted: what was counted of all groups.
    """
    tops = counted.tops.get(group, {})
    services, ports = ([value for value, _ in tops.get(name, [])] for name in ("services", "top_ports"))
    return [_seen(known, row, services, ports) for row in counted.views.get(group, [])] or [known]


def _seen(known: Profile, row: Row, services: list[str], ports: list[str]) -> Profile:
    sent = row["sent"]
    return replace(
        known,
        raw_table=row["raw_table"],
        records=row["records"],
        distinct={name: row[f"distinct_{name}"] for name in ("sources", "targets", "ports", "users")},
        shares=_shares(row),
        typical=row["typical"],
        busiest_pair=(sent["source_ip"], sent["dest_ip"]) if sent else None,
        sent=sent["sent"] if sent else None,
        services=tuple(services),
        ports=tuple(map(int, ports)),
    )


def _shares(row: Row) -> dict[str, float]:
    shares = {name: row[name] / row["records"] for name in SHARES}
    shares["judged"] = row["judged"] / row["records"]
    if row["judged"]:
        shares["refused"] = row["refused"] / row["judged"]
    if (sent := row["sent"]) and row["bytes"]:
        shares["sent_by_busiest_pair"] = sent["sent"] / row["bytes"]
        if sent["received"] is not None:
            shares["sent"] = sent["sent"] / max(1, sent["sent"] + sent["received"])
    return {name: round(share, DIGITS) for name, share in shares.items()}
