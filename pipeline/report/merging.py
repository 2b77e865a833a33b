"""One finding for one group: clusters of several algorithms that hold the same entities are witnesses of each other."""

from collections.abc import Hashable, Iterable

Cluster = tuple[str, int]


def overlap(first: dict[Hashable, float], second: dict[Hashable, float]) -> float:
    """Weighted Jaccard index of two sets of patterns (pattern -> weight)."""
    shared = sum(weight for pattern, weight in first.items() if pattern in second)
    return shared / (sum(first.values()) + sum(second.values()) - shared)


def witnesses(
    ranked: Iterable[Cluster], patterns: dict[Cluster, dict[Hashable, float]], least: float = 0.5
) -> dict[Cluster, list[Cluster]]:
    """The clusters that stand for themselves, each with those of other algorithms that hold the same entities.

    Args:
        ranked: clusters, the clearest first; each joins the first one before it that it overlaps enough with.
        patterns: what each cluster holds.
        least: weighted Jaccard index from which two clusters are the same group.
    """
    groups: dict[Cluster, list[Cluster]] = {}
    for cluster in ranked:
        home = next(
            (
                leader
                for leader, others in groups.items()
                if cluster[0] not in {leader[0], *(other[0] for other in others)}
                and overlap(patterns[leader], patterns[cluster]) >= least
            ),
            None,
        )
        if home is None:
            groups[cluster] = []
        else:
            groups[home].append(cluster)
    return groups
