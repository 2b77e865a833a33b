"""The plots of a night: what is drawn, in which order and colour, and what is left out."""

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from page_helpers import a_density, a_profile, a_table, addresses, groups, marks, scored, tried, users

from pipeline.report.page.sections import section
from pipeline.report.plots import clusters, fits, maps
from pipeline.report.plots.addresses import octets
from pipeline.report.plots.figure import (
    ALERT,
    NOISE,
    OTHER,
    SERIES,
    Figure,
    cluster_name,
    cluster_words,
    colors,
    counted,
    label,
    left_out,
    numbers,
    plain,
    title,
)

TEMPLATES = files("pipeline.report") / "templates"
KINDS = {"map", "sizes", "hours", "centers", "density", "variance", "elbow", "radius", "weights", "octets"}


def test_plain_text_hides_nothing_and_ends() -> None:
    assert plain("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"
    assert plain("n" * 500) == "n" * 120 + "… (500 characters)"


def test_numbers_are_json() -> None:
    assert numbers([1.23456789, None, np.nan, np.float64(2), 3]) == [1.2346, None, None, 2.0, 3.0]


def test_tables_and_algorithms_have_names_that_people_use() -> None:
    assert (label("dbscan"), label("mean_shift"), label("consensus")) == ("DBSCAN", "mean shift", "consensus")
    assert (title("source_ips"), title("nsl_kdd")) == ("Source addresses", "Nsl kdd")
    assert (counted(1, "users"), counted(1_200, "users"), counted(2, "nsl_kdd")) == ("1 user", "1,200 users", "2 rows")


def test_findings_and_large_clusters_have_their_own_colour() -> None:
    roles = colors(groups(12, found=(1,)))
    assert roles[10] == SERIES[0]  # small, but a finding
    assert [roles[cluster] for cluster in range(7)] == list(SERIES[1:])
    assert {roles[cluster] for cluster in range(7, 10)} == {OTHER}
    assert roles[-1] == NOISE


def test_a_mark_has_the_reason_of_its_highest_score() -> None:
    low = replace(scored(3, groups()), score=np.array([0.1, 0.9, 0.1]), reason=["low", "low", "low"])
    high = replace(scored(3, None), score=np.array([0.2, 0.2, 0.2]), reason=["high\u202e", "high", ""])
    drawn = maps.marks(marks(3, attempts=np.array([1.0, 2.0, 3.0])), {"kmeans": low, "consensus": high})
    assert drawn["reason"] == ["high\\u202e", "low", ""]
    assert drawn["attempts"] == [1.0, 2.0, 3.0]
    assert len(drawn["entity"]) == len(drawn["tsne_y"]) == 3


def test_a_view_says_of_each_mark_what_an_algorithm_makes_of_it() -> None:
    judged = replace(scored(4, groups()), cluster=np.array([0, 4, -1, 5]))
    found = maps.view(judged, groups(found=(3, 8)), [None, None, 9, 2])
    assert found["cluster"] == ["cluster 0", "cluster 4", "noise", "cluster 5"]
    assert found["finding"] == [None, 3, 9, 2]  # what a mark was found for holds before what its cluster became
    assert set(found["colors"]) == {*(f"cluster {place}" for place in range(6)), "noise"}


def test_the_consensus_has_a_view_without_clusters() -> None:
    found = maps.view(scored(3, None), [], [None, 4, None])
    assert (found["cluster"], found["finding"], found["colors"]) == ([None] * 3, [None, 4, None], {})


def test_a_map_says_what_was_sampled_and_has_centres_where_there_are_some() -> None:
    counts = {"entities": 900, "patterns": 40, "anomalies": 3}
    center = [{"cluster_id": 2, "x": 0.12345, "y": 1.0}]
    whole = maps.components("users", "kmeans", 40, counts, center, [0.412, 0.2, 0.1])
    assert whole.columns == {"center_x": [0.123], "center_y": [1.0], "center": ["cluster 2"]}
    assert whole.caption.startswith("Each mark is one of 40 distinct patterns of 900 users, larger for more.")
    part = maps.components("users", "kmeans", 40, counts | {"patterns": 100_000}, [], [])
    assert part.caption.startswith("40 of 100,000 distinct patterns of 900 users")
    assert "and a random draw of the others" in part.caption
    assert "Crosses" not in part.caption


def test_axes_of_components_say_how_much_of_the_variance_they_hold_and_neighbourhoods_have_no_unit() -> None:
    def titles(explained: list[float]) -> tuple[str, str]:
        figure = maps.components("users", "kmeans", 1, {"entities": 1, "patterns": 1, "anomalies": 0}, [], explained)
        return figure.options["x_title"], figure.options["y_title"]

    both = ("first principal component (41% of the variance)", "second principal component (20% of the variance)")
    assert titles([0.412, 0.2, 0.1]) == both
    assert titles([0.412]) == (both[0], "second principal component")
    assert maps.neighbours("kmeans").options["unitless"]
    assert maps.neighbours("kmeans").caption.endswith("the axes have no unit.")


def test_clusters_that_the_baseline_does_not_know_are_numbered_from_one() -> None:
    assert [cluster_words(each) for each in (3, -1, 1_000_000)] == ["cluster 3", "noise", "new cluster 1"]
    assert [cluster_name(each) for each in (3, -1, 1_000_011)] == ["3", "noise", "new 12"]


def test_attempts_against_minutes_have_the_means_of_the_clusters() -> None:
    figure = maps.attempts("kmeans", [{"cluster_id": 7, "attempts": 29.0, "minutes": float("nan")}])
    assert figure.columns == {"center_x": [29.0], "center_y": [None], "center": ["cluster 7"]}
    assert (figure.options["x"], figure.options["missing"]) == ("attempts", "no session")


def test_cluster_sizes_are_ordered_and_say_what_the_clusters_are() -> None:
    figure = clusters.sizes("users", "kmeans", groups(5, found=(2,)))
    assert figure.columns["cluster"] == ["0", "1", "2", "3", "noise"]
    assert figure.columns["size"] == [1000, 500, 333, 250, 200]
    assert figure.columns["kind"] == [*["known to the baseline"] * 3, "finding", "noise"]
    assert figure.columns["finding"] == [None, None, None, 2, None]
    assert clusters.sizes("users", "kmeans", groups(5, found=())).columns["kind"][3] == "new, no finding"
    assert figure.caption.startswith("5 clusters of 2,283 users")


def test_too_many_clusters_for_bars_are_counted() -> None:
    figure = clusters.sizes("users", "kmeans", groups(43))
    assert len(figure.columns["cluster"]) == clusters.MAX_BARS
    assert "13 smaller clusters are left out." in figure.caption


@pytest.mark.parametrize(
    ("rest", "said"), [(0, ""), (1, " 1 cluster is left out."), (1_200, " 1,200 clusters are left out.")]
)
def test_what_is_left_out_is_counted_in_the_right_number(rest: int, said: str) -> None:
    assert left_out(rest, "cluster", "clusters") == said


def test_hours_are_shares_of_each_cluster_findings_first() -> None:
    counts = [
        {"cluster_id": 1, "hour": 2, "entities": 30},
        {"cluster_id": 1, "hour": 3, "entities": 10},
        {"cluster_id": 99, "hour": 3, "entities": 10},
    ]
    figure = clusters.hours("events", "kmeans", counts, groups(3, found=(4,)))
    assert figure.columns["cluster"] == ["1", "0", "noise"]
    assert figure.columns["2"] == [30, 0, 0]
    assert figure.options["shares"][0][2:4] == [0.75, 0.25]
    assert sum(figure.options["shares"][1]) == 0


def test_centres_stand_in_the_unit_of_each_feature() -> None:
    figure = clusters.centers("kmeans", a_profile())
    assert figure.columns["feature"] == ["bytes", "web port", "protocol: tcp"]  # the clock is told elsewhere
    assert figure.columns["0"] == ["180 B", "30%", "80%"]
    assert figure.columns["5"] == ["22 kB", "100%", "10%"]
    assert figure.columns["noise"] == [None, "50%", "94%"]
    assert figure.options["deviation"][0] == [0.1, 2.5, None]


def test_features_that_differ_least_are_left_out() -> None:
    profile = a_profile()
    axes, shares = (
        [axis for axis in profile.axes for _ in range(9)],
        [share for share in profile.shares for _ in range(9)],
    )
    wide = replace(
        profile,
        axes=axes,
        shares=shares,
        means=profile.means.repeat(9, axis=1),
        deviations=profile.deviations.repeat(9, axis=1),
    )
    figure = clusters.centers("kmeans", wide)
    assert len(figure.columns["feature"]) == clusters.MAX_FEATURES
    assert figure.columns["feature"].count("bytes") == 9
    assert "11 features that differ less are left out." in figure.caption


def test_a_density_says_what_lies_beyond_the_threshold() -> None:
    figure = fits.density("users", "gaussian_mixture", a_density())
    assert "20.0% of the users lie beyond the threshold (dotted), of the baseline 5.0%." in figure.caption
    assert (figure.marked, figure.title) == (3.1, "Density and threshold, Gaussian mixture")
    assert len(figure.columns["start"]) == len(figure.columns["night"]) == 8
    assert fits.density("users", "dbscan", a_density()).title == "Distance and threshold, DBSCAN"


def test_explained_variance_adds_up() -> None:
    figure = fits.variance([0.5, 0.3, 0.2])
    assert (figure.columns["each"], figure.columns["total"]) == ([0.5, 0.3, 0.2], [0.5, 0.8, 1.0])
    assert "hold 80% of" in figure.caption
    assert "hold 100% of" in fits.variance([1.0]).caption
    assert "10 weaker components are left out." in fits.variance([0.1] * 30).caption


def test_the_choice_of_k_shows_both_criteria_and_what_was_taken() -> None:
    figure = fits.selection("events", tried()["kmeans"])
    assert (figure.kind, figure.marked, figure.algorithm) == ("elbow", 9.0, "kmeans")
    assert figure.columns["k"] == [float(k) for k in range(2, 15)]
    assert figure.columns["silhouette"][-1] is None
    assert figure.caption.endswith("The dotted line is the value taken, 9.")


@pytest.mark.parametrize(("parameter", "name"), [("eps", "k-distance"), ("bandwidth", "bandwidth")])
def test_the_choice_of_a_radius_shows_it_by_rank(parameter: str, name: str) -> None:
    rows = [row | {"parameter": parameter, "chosen": False} for row in tried()["dbscan"]]
    figure = fits.selection("users", rows)
    assert (figure.key, figure.kind, figure.marked) == (f"{parameter}-dbscan", "radius", None)
    assert figure.headings == {"share": "share of the users", "radius": name}
    assert figure.caption.endswith("None was taken.")


def test_the_weights_of_a_mixture_are_shown() -> None:
    row = {
        "algorithm": "gaussian_mixture",
        "parameter": "n_components",
        "candidate": 1.0,
        "weight": 0.9,
        "chosen": True,
    }
    figure = fits.selection("users", [row, row | {"candidate": 2.0, "weight": 0.1, "chosen": False}])
    assert (figure.kind, figure.marked) == ("weights", 1.0)
    assert figure.columns == {"component": [1.0, 2.0], "weight": [0.9, 0.1]}


def test_octets_leave_out_what_has_none() -> None:
    counts = [{"octet": octet, "value": 10, "addresses": 4, "anomalies": 1} for octet in (1, 2)]
    figure = octets("source_ips", counts, 6)
    assert figure.columns == {"octet": ["first", "second"], "value": [10, 10], "addresses": [4, 4], "anomalies": [1, 1]}
    assert figure.caption.startswith("4 source addresses (IPv4)")
    assert figure.caption.endswith("2 IPv6 addresses are left out.")
    assert octets("source_ips", counts, 5).caption.endswith("1 IPv6 address is left out.")


def keys(figures: list[Figure]) -> list[str]:
    return [figure.key.rsplit("-", 1)[0] for figure in figures]


def test_a_section_has_a_panel_per_algorithm_and_what_belongs_to_none() -> None:
    made = section(a_table())
    assert list(made.panels) == ["kmeans", "dbscan", "consensus"]
    assert keys(made.panels["kmeans"]) == ["pca", "tsne", "sizes", "hours", "centers", "density", "k"]
    assert keys(made.panels["consensus"]) == ["pca", "tsne", "density"]
    assert keys(made.common) == ["variance"]
    assert made.findings == [1, 2]


def test_a_section_names_findings_that_none_of_its_clusters_became() -> None:
    assert section(a_table(found=(), findings=[7, 3])).findings == [3, 7]


def test_users_and_addresses_have_plots_of_their_own_and_events_have_not() -> None:
    assert "attempts" in keys(section(users()).panels["kmeans"])
    assert "hours" not in keys(section(users()).panels["kmeans"])
    assert keys(section(addresses()).common) == ["variance", "octets"]


def test_too_few_patterns_have_no_neighbourhoods() -> None:
    assert "tsne" not in keys(section(a_table(number=5)).panels["kmeans"])


def every_figure() -> list[tuple[dict[str, Any], Figure]]:
    made = [section(a_table()), section(users()), section(addresses())]
    weights = [{"algorithm": "x", "parameter": "n_components", "candidate": 1.0, "weight": 0.9, "chosen": True}]
    return [*((one.drawn, figure) for one in made for figure in one.figures), ({}, fits.selection("users", weights))]


def test_every_figure_is_plain_json_and_a_table_whose_columns_are_equally_long() -> None:
    for _, figure in every_figure():
        assert json.loads(json.dumps(figure.columns, allow_nan=False)) == figure.columns
        assert len({len(column) for column in figure.columns.values()}) <= 1
        if figure.kind != "map":
            assert set(figure.headings) <= set(figure.columns)


def test_marks_and_views_are_equally_long() -> None:
    for drawn, figure in every_figure():
        if figure.kind == "map":
            view = drawn["views"][figure.algorithm]
            known = {**drawn["marks"], **{name: view[name] for name in ("cluster", "status", "score", "finding")}}
            assert {len(column) for column in known.values()} == {len(drawn["marks"]["entity"])}
            assert {figure.options["x"], figure.options["y"], *figure.headings} <= set(known)


def test_the_page_can_draw_every_kind_in_every_colour() -> None:
    scripts = "".join((TEMPLATES / name).read_text("utf-8") for name in ("charts.js", "maps.js", "drawing.js"))
    style = (TEMPLATES / "report.css").read_text("utf-8")
    drawn = {kind for kind in KINDS if re.search(rf"^    {kind}\(\{{|^    {kind},$", scripts, re.MULTILINE)}
    assert {figure.kind for _, figure in every_figure()} == drawn == KINDS
    roles = {*SERIES, OTHER, NOISE, ALERT, *clusters.KINDS.values(), *re.findall(r'color\("(--[\w-]+)"\)', scripts)}
    assert roles <= set(re.findall(r"^  (--[\w-]+):", style, re.MULTILINE))
    small = (TEMPLATES / "scatter_svg.html").read_text("utf-8")
    assert {*SERIES, OTHER, NOISE} <= set(re.findall(r"--[\w-]+", small))
