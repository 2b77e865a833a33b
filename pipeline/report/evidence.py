"""What there is to show of a finding: who, what, when, what is unusual of it, and which of its entities to look at.

What belongs here: the JSON object of a finding's evidence. What does not: counting records (cells), sentences of the
finding as a whole (wording).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.features.tables import FeatureTable
from pipeline.models.usual import Usual
from pipeline.models.weighted import weighted_quantiles
from pipeline.report.candidates import Candidate
from pipeline.report.cells import KEPT, TOP_COLUMNS
from pipeline.report.findings import Ends, Finding, Group
from pipeline.report.profiles import Counted
from pipeline.report.scored import HALF, Scored
from pipeline.scoring.bins import BINS
from pipeline.scoring.phrases import PHRASES, deviation, sentence

KEPT_PATTERNS = 50
TOP = 5
SHOWN_ENTITIES = 3
UNUSUAL = 5
EXAMPLES = 5
LIKE_EVENTS = (
    "timestamp",
    "source_ip",
    "source_port",
    "dest_ip",
    "dest_port",
    "action",
    "protocol",
    "bytes",
    "country",
)
COUNTS = ("records", "distinct_sources", "distinct_targets", "distinct_ports", "distinct_users")
EXAMPLE_COLUMNS = ("raw_table", "event_id", *LIKE_EVENTS, "user", "service", "source_file", "line_number")


@dataclass(frozen=True, eq=False)
class Detail:
    """What is shown of one finding.

    Attributes:
        told: by pattern of its clearest cluster, the features that explain its score and what each adds.
        entities: by the most telling of these patterns, its first few entities.
        records: the rows behind it that come first, in their order: `EXAMPLE_COLUMNS` and the score of the pattern.
    """

    told: Mapping[int, Mapping[str, float]]
    entities: Mapping[int, Sequence[str]]
    records: Sequence[Mapping[str, Any]]


def ends_of(leader: Group, counted: Counted) -> Ends:
    """Whom a group is about, where they are few, and its most frequent patterns."""
    tops, patterns = counted.tops.get(leader.number, {}), leader.candidate.patterns

    def few(name: str) -> tuple[str, ...]:
        values = [value for value, _ in tops.get(name, [])]
        return tuple(sorted(values)) if len(values) < KEPT else ()

    by_weight = sorted(patterns, key=lambda pattern: (-patterns[pattern], pattern))
    return Ends(
        sources=few("top_sources"),
        targets=few("top_targets"),
        accounts=few("users"),
        ports=tuple(map(int, few("top_ports"))),
        patterns=tuple(sorted(by_weight[:KEPT_PATTERNS])),
    )


def evidence(finding: Finding, scored: Scored, counted: Counted, detail: Detail) -> dict[str, Any]:
    """What there is to show of a finding, ready for JSON; `first_seen` and `last_seen` are times, if there are records.

    Args:
        finding: the finding.
        scored: the scored patterns of the feature table of its clearest cluster.
        counted: what was counted of all groups.
        detail: what is shown of it.
    """
    leader = finding.leader
    counts = counted.groups.get(leader.number, {})
    tops = counted.tops.get(leader.number, {})
    return {
        **{name: counts[name] for name in ("first_seen", "last_seen") if counts},
        **{name: counts.get(name, 0) for name in COUNTS},
        "bytes": counts.get("bytes"),
        **{name: tops[name] if name == "hours" else tops[name][:TOP] for name in TOP_COLUMNS if name in tops},
        "unusual": unusual(scored, leader.candidate, detail.told),
        **chosen_entities(scored, leader.candidate, detail.entities),
        "clusters": [
            {"feature_table": cluster.feature_table, "algorithm": cluster.algorithm, "cluster_id": cluster.cluster_id,
             "size": group.candidate.size, "records": group.profile.records}
            for group in finding.groups for cluster in group.clusters
        ],
        "examples": [
            {name: record[name] for name in EXAMPLE_COLUMNS} | {"timestamp": record["timestamp"].isoformat()}
            for record in detail.records[:EXAMPLES]
        ],
    }  # fmt: skip


def unusual(scored: Scored, candidate: Candidate, told: Mapping[int, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The features that add most to the distance: value, usual range, mean contribution, and a sentence."""
    usual = scored.usual[candidate.cluster.algorithm]
    strength: dict[str, float] = {}
    for pattern in sorted(told):
        for feature, added in told[pattern].items():
            strength[feature] = strength.get(feature, 0.0) + added * candidate.patterns[pattern] / candidate.size
    found: list[dict[str, Any]] = []
    for feature in sorted(strength, key=lambda name: (-abs(strength[name]), name)):
        value, is_same = _value(scored, feature, candidate.patterns)
        text = _sentence(scored.table, feature, value, usual.get(feature), mostly=not is_same)
        if text:
            low, high = usual[feature]
            facts = {"feature": feature, "value": value, "usual_low": low, "usual_high": high}
            found.append(facts | {"contribution": round(strength[feature], 6), "sentence": text})
    return found[:UNUSUAL]


def _value(scored: Scored, feature: str, patterns: Mapping[int, int]) -> tuple[float | str | None, bool]:
    """Median of a binned count, mean of another number, most frequent of a text; and whether all have the same."""
    rows = scored.places(patterns)
    weight = np.array(list(patterns.values()), dtype=np.float64)
    if feature in scored.names:
        values = scored.matrix[rows, scored.names.index(feature)]
        known = ~np.isnan(values)
        if not known.any():
            return None, True
        values, weight = values[known], weight[known]
        middle = weighted_quantiles(values, weight, HALF) if feature in BINS else np.average(values, weights=weight)
        return round(float(middle), 6), bool((values == values[0]).all())
    texts: dict[str, float] = {}
    for text, count in zip(scored.patterns[feature].iloc[rows], weight, strict=True):
        texts[str(text)] = texts.get(str(text), 0.0) + count
    return max(texts, key=lambda text: (texts[text], text)), len(texts) == 1


def _sentence(
    table: FeatureTable, feature: str, value: float | str | None, usual: Usual | None, *, mostly: bool
) -> str | None:
    if value is None or usual is None or isinstance(value, str):
        return deviation(feature, value, usual)
    if feature in table.columns.flags and feature not in PHRASES:
        return deviation(feature, bool(round(value)), usual)
    low, high = float(usual[0]), float(usual[1])
    return None if low <= value <= high else sentence(feature, value, low, high, mostly=mostly)


def exemplary(scored: Scored, candidate: Candidate) -> dict[str, list[int]]:
    """The patterns that most entities share (exemplars), and those nearest to what is usual (boundary)."""
    scores, weight = scored.of(candidate.cluster.algorithm, candidate.patterns), candidate.patterns
    by_weight = sorted(weight, key=lambda each: (-weight[each], scores[each].large_distance, each))
    by_distance = sorted(weight, key=lambda each: (scores[each].large_distance, each))
    return {"exemplars": by_weight[:SHOWN_ENTITIES], "boundary": by_distance[:SHOWN_ENTITIES]}


def chosen_entities(
    scored: Scored, candidate: Candidate, entities: Mapping[int, Sequence[str]]
) -> dict[str, list[dict[str, Any]]]:
    """Three entities of each kind of `exemplary` patterns, with their scores: one of each pattern, then more."""
    scores = scored.of(candidate.cluster.algorithm, candidate.patterns)
    found = {}
    for name, patterns in exemplary(scored, candidate).items():
        turns = [(place, pattern) for place in range(SHOWN_ENTITIES) for pattern in patterns]
        picked = [
            {"entity_id": entities[pattern][place], "score": round(scores[pattern].score, 6)}
            for place, pattern in turns
            if place < len(entities.get(pattern, ()))
        ]
        found[name] = picked[:SHOWN_ENTITIES]
    return found
