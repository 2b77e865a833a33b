"""One finding for one group: which clusters are about the same.

Within a feature table, clusters of several algorithms are when they hold the same entities. Across feature tables,
whose entities differ, they are when their records are of the same sources, targets or users, and between the same
ends.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pipeline.report.overlaps import Overlap

SAME = 0.5
WHOLE = -1


class Cluster(NamedTuple):
    """A cluster of a night, or a part of it: of noise a pattern, of any what shows one of the signs."""

    feature_table: str
    algorithm: str
    cluster_id: int
    part: int = WHOLE


def overlap(first: Mapping[int, int], second: Mapping[int, int]) -> float:
    """Weighted Jaccard index of two sets of patterns (pattern -> weight)."""
    shared = sum(weight for pattern, weight in first.items() if pattern in second)
    return shared / (sum(first.values()) + sum(second.values()) - shared)


def witnesses(
    ranked: Iterable[Cluster], patterns: Mapping[Cluster, Mapping[int, int]], least: float = SAME
) -> dict[Cluster, list[Cluster]]:
    """The clusters that stand for themselves, each with those of other algorithms that hold the same entities.

    Args:
        ranked: clusters, the clearest first; each joins the first one before it that it overlaps enough with.
        patterns: what each cluster holds.
        least: weighted Jaccard index from which two clusters are the same group.
    """
    groups: dict[Cluster, list[Cluster]] = {}
    leaders: list[Cluster] = []
    holders: defaultdict[int, list[int]] = defaultdict(list)  # few of a night's many clusters meet
    for cluster in ranked:
        near = {place for pattern in patterns[cluster] for place in holders[pattern]}
        home = next(
            (
                leader
                for leader in (leaders[place] for place in sorted(near))
                if cluster.algorithm not in {leader.algorithm, *(other.algorithm for other in groups[leader])}
                and overlap(patterns[leader], patterns[cluster]) >= least
            ),
            None,
        )
        if home is not None:
            groups[home].append(cluster)
            continue
        for pattern in patterns[cluster]:
            holders[pattern].append(len(leaders))
        groups[cluster] = []
        leaders.append(cluster)
    return groups


def about_the_same(
    overlaps: Mapping[tuple[int, int], Overlap], hidden: AbstractSet[int] = frozenset()
) -> set[frozenset[int]]:
    """Pairs of groups that are about the same, but of which people asked to hide only one (`hidden`).

    At least half of their records are distributed alike over the sources, over the targets or over the users; and at
    least half of the records of one of them are between ends that the other has records of, too. The first alone would
    join all that happens to a busy server, the second alone a scan and everything that the scanned network does.
    """
    alike = {frozenset(pair) for pair, shared in overlaps.items() if min(shared.alike, shared.held) >= SAME}
    return {pair for pair in alike if len(pair & hidden) != 1}


def joined(ranked: Iterable[int], same: set[frozenset[int]]) -> dict[int, list[int]]:
    """The groups that stand for themselves, each with those that are about the same.

    Args:
        ranked: the clearest first; each joins the first one before it that it is about the same with.
        same: which are, in pairs.
    """
    found: dict[int, list[int]] = {}
    for group in ranked:
        home = next((leader for leader in found if frozenset((leader, group)) in same), None)
        if home is None:
            found[group] = []
        else:
            found[home].append(group)
    return found
