"""The section of a feature table: which plots it has, in which order, and what its head says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.report.page.content import Rows, TableNight
from pipeline.report.plots import addresses, clusters, fits, maps
from pipeline.report.plots.figure import NAMES, Figure, counted, title


@dataclass(frozen=True)
class Section:
    """What the template of a feature table needs.

    Attributes:
        name, title: of the feature table.
        facts: how much there is, in a few words each.
        findings: ranks of the findings that it bears witness to.
        panels: figures by algorithm.
        common: figures of no one algorithm.
        drawn: what the scripts draw from, ready for JSON.
        fits: models that scored the night.
    """

    name: str
    title: str
    facts: list[str]
    findings: list[int]
    panels: dict[str, list[Figure]]
    common: list[Figure]
    drawn: dict[str, Any]
    fits: Rows

    @property
    def figures(self) -> list[Figure]:
        """All figures in the order of the page."""
        return [*(figure for panel in self.panels.values() for figure in panel), *self.common]


def section(table: TableNight) -> Section:
    """The section of a table."""
    order = sorted(table.scored, key=lambda name: ([*NAMES].index(name) if name in NAMES else len(NAMES), name))
    panels = {name: list(_panel(table, name)) for name in order}
    common = list(_common(table))
    figures = [*(figure for panel in panels.values() for figure in panel), *common]
    return Section(
        name=table.name,
        title=title(table.name),
        facts=_facts(table),
        findings=sorted(table.findings),
        panels=panels,
        common=common,
        drawn={
            "marks": maps.marks(table.marks, table.scored),
            "views": {
                name: maps.view(table.scored[name], table.clusters.get(name, []), table.marks.finding) for name in order
            },
            "figures": [vars(figure) for figure in figures],
        },
        fits=table.fits,
    )


def _facts(table: TableNight) -> list[str]:
    counts = table.counts
    return [
        counted(counts["entities"], table.name),
        f"{counts['patterns']:,} distinct pattern{'s' * (counts['patterns'] != 1)}",
        f"{counts['anomalies']:,} above a threshold",
    ]


def _panel(table: TableNight, algorithm: str) -> Iterator[Figure]:
    """The plots of one algorithm; what has no data has no plot, and the consensus has no clusters."""
    groups, shown = table.clusters.get(algorithm, []), len(table.marks.weight)
    centers = table.centers.get(algorithm, [])
    yield maps.components(table.name, algorithm, shown, table.counts, centers, table.explained_variance)
    if shown >= maps.FEWEST_NEIGHBOURS:
        yield maps.neighbours(algorithm)
    if "attempts" in table.marks.places:
        yield maps.attempts(algorithm, table.means.get(algorithm, []))
    if groups:
        yield clusters.sizes(table.name, algorithm, groups)
    if hours := table.hours.get(algorithm):
        yield clusters.hours(table.name, algorithm, hours, groups)
    if profile := table.profiles.get(algorithm):
        yield clusters.centers(algorithm, profile)
    if density := table.densities.get(algorithm):
        yield fits.density(table.name, algorithm, density)
    tried = table.selection.get(algorithm, [])
    for parameter in dict.fromkeys(row["parameter"] for row in tried):
        yield fits.selection(table.name, [row for row in tried if row["parameter"] == parameter])


def _common(table: TableNight) -> Iterator[Figure]:
    if table.explained_variance:
        yield fits.variance(table.explained_variance)
    if table.octets:
        yield addresses.octets(table.name, table.octets, table.counts["entities"])
