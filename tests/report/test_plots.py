"""The plots of a night: what is drawn, in which order and colour, and what is left out."""

import json
import re
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import plots
from pipeline.report.miniature import binned

FINDINGS = pd.DataFrame(
    {
        "finding_id": ["f-one", "f-two"],
        "rank": [1, 2],
        "explanation": ["a scan of <b>many</b> ports", "a flood"],
    }
)
CENTERS = pd.DataFrame({"algorithm": ["kmeans", "dbscan"], "cluster_id": [0, 7], "x": [0.1, 9.0], "y": [0.2, 9.0]})


def patterns(number: int = 40, clusters: int = 4, anomalies: int = 5, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "algorithm": "kmeans",
            "pattern_id": np.arange(number),
            "weight": draw.integers(1, 500, number),
            "x": draw.normal(size=number),
            "y": draw.normal(size=number),
            "cluster_id": np.arange(number) % clusters,
            "is_new": False,
            "status": ["anomaly"] * anomalies + ["normal"] * (number - anomalies),
            "score": draw.random(number),
            "finding_id": pd.Series([None] * number, dtype=object),
            "watch": 3,
            "protocol": "tcp",
            "verdict": "blocked",
        }
    )


def marks(figure: plots.Figure, column: str) -> list[Any]:
    return [value for series in figure.series if "weight" in series for value in series[column]]


@given(st.text(st.characters(), max_size=200))
def test_plot_text_leaves_nothing_that_plotly_would_read(text: str) -> None:
    shown = plots.plot_text(text)
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert shown.isprintable()


def test_every_pattern_is_a_mark_with_its_own_words() -> None:
    figure = plots.scatter(patterns(), CENTERS, FINDINGS)
    assert sorted(marks(figure, "weight")) == sorted(patterns()["weight"])
    assert sum(marks(figure, "anomaly")) == 5
    assert re.fullmatch(
        r"<b>pattern \d+</b>, cluster \d<br>\d+ events from 3 h on, tcp, blocked<br>(anomaly|normal), score 0\.\d{3}",
        marks(figure, "text")[0],
    )
    assert figure.caption.startswith("40 distinct patterns of events in 4 clusters; 5 are anomalies")
    assert "random sample" not in figure.caption


def test_only_the_algorithms_own_centers_are_drawn() -> None:
    centers = plots.scatter(patterns(), CENTERS, FINDINGS).series[-1]
    assert (centers["x"], centers["text"]) == ([0.1], ["cluster 0"])


def test_clusters_without_a_colour_have_no_center() -> None:
    centers = pd.DataFrame({"algorithm": "kmeans", "cluster_id": range(100), "x": 0.0, "y": 0.0})
    drawn = plots.scatter(patterns(number=1_000, clusters=100), centers, FINDINGS).series[-1]
    assert len(drawn["x"]) == len(plots.SERIES)


def test_marks_of_a_finding_name_it_and_lead_to_it() -> None:
    frame = patterns()
    frame.loc[3, "finding_id"] = "f-one"
    figure = plots.scatter(frame, CENTERS, FINDINGS)
    told = [text for text, key in zip(marks(figure, "text"), marks(figure, "finding"), strict=True) if key == "f-one"]
    assert len(told) == 1
    assert told[0].endswith("<br>finding 1: a scan of &lt;b&gt;many&lt;/b&gt; ports")
    assert sorted(marks(figure, "rank"), key=str) == [1, *[None] * 39]


def test_a_finding_that_is_not_listed_is_no_finding() -> None:
    frame = patterns().assign(finding_id="f-unknown")
    assert set(marks(plots.scatter(frame, CENTERS, FINDINGS), "finding")) == {None}


def test_heavy_clusters_and_findings_have_their_own_colour() -> None:
    frame = patterns(number=120, clusters=12)
    frame["weight"] = 1_000 - 50 * frame["cluster_id"]
    frame.loc[frame["cluster_id"] == 11, "finding_id"] = "f-one"
    roles = plots.colors(frame)
    assert roles[11] == "--series-1"
    assert [roles[cluster] for cluster in range(7)] == [f"--series-{place}" for place in range(2, 9)]
    assert {roles[cluster] for cluster in range(7, 11)} == {"--series-other"}


def test_noise_has_its_own_colour_however_heavy() -> None:
    frame = patterns()
    frame["cluster_id"] = -1
    assert plots.colors(frame) == {-1: "--series-noise"}
    assert plots.scatter(frame, CENTERS, FINDINGS).series[0]["name"] == "noise"


def test_a_sample_keeps_the_anomalies_and_is_drawn_the_same_again() -> None:
    frame = patterns(number=5_000, anomalies=40)
    drawn = plots.sample(frame, marks=300)
    assert len(drawn) == 300
    assert drawn["status"].eq("anomaly").sum() == 40
    assert not drawn["pattern_id"].duplicated().any()
    pd.testing.assert_frame_equal(drawn, plots.sample(frame, marks=300))
    assert set(plots.sample(frame, marks=300, seed=1)["pattern_id"]) != set(drawn["pattern_id"])


def test_more_anomalies_than_marks_leave_the_highest_scores() -> None:
    frame = patterns(number=500, anomalies=400)
    drawn = plots.sample(frame, marks=100)
    assert drawn["status"].eq("anomaly").all()
    assert drawn["score"].min() == frame[frame["status"] == "anomaly"]["score"].nlargest(100).min()


def test_a_large_night_is_sampled_and_the_caption_says_so() -> None:
    figure = plots.scatter(patterns(number=4_000), CENTERS, FINDINGS)
    assert len(marks(figure, "x")) == plots.MAX_MARKS
    assert figure.caption.endswith("Drawn are 3,000: anomalies first, then a random sample.")


def clusters(number: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "algorithm": "dbscan",
            "cluster_id": [-1, *range(number - 1)],
            "size": range(1, number + 1),
            "is_new": [False, True, *[False] * (number - 2)],
            "mean_score": 0.5,
            "finding_id": ["f-two", *[None] * (number - 1)],
        }
    )


def test_cluster_sizes_are_ordered_and_say_what_the_clusters_are() -> None:
    figure = plots.sizes(clusters(4), FINDINGS)
    assert figure.series[0]["x"] == ["2", "1", "0", "noise"]
    assert figure.series[0]["y"] == [4, 3, 2, 1]
    assert figure.series[0]["kind"] == ["known to the baseline", "known to the baseline", "new, no finding", "finding"]
    assert figure.series[0]["text"] == ["", "", "", "2"]
    assert "left out" not in figure.caption
    quiet = plots.sizes(clusters(4).assign(finding_id=None), FINDINGS)
    assert quiet.series[0]["kind"][-1] == "noise"


def test_too_many_clusters_for_bars_are_counted() -> None:
    figure = plots.sizes(clusters(43), FINDINGS)
    assert len(figure.series[0]["x"]) == plots.MAX_BARS
    assert "The 13 smallest are left out." in figure.caption


def test_explained_variance_adds_up() -> None:
    each, total = plots.variance([0.5, 0.3, 0.2]).series
    assert each["y"] == [0.5, 0.3, 0.2]
    assert total["y"] == [0.5, 0.8, 1.0]
    assert "hold 80% of" in plots.variance([0.5, 0.3, 0.2]).caption
    assert "hold 100% of" in plots.variance([1.0]).caption


def tried(parameter: str, **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"algorithm": "kmeans", "parameter": parameter, **columns})


def test_the_choice_of_k_shows_both_criteria_and_what_was_taken() -> None:
    figure = plots.selection(
        tried(
            "n_clusters",
            candidate=[4.0, 2.0, 3.0],
            inertia=[1.0, 9.0, 4.0],
            silhouette=[0.2, None, 0.6],
            rank=[None] * 3,
            chosen=[False, False, True],
        )
    )
    inertia, silhouette = figure.series
    assert (figure.kind, figure.marked) == ("elbow", 3.0)
    assert (inertia["x"], inertia["y"]) == ([2.0, 3.0, 4.0], [9.0, 4.0, 1.0])
    assert silhouette["y"] == [None, 0.6, 0.2]
    assert figure.caption.endswith("The dotted line is the value taken, 3.")


def test_the_choice_of_eps_shows_the_distances_by_rank() -> None:
    columns = {"candidate": [0.5, 2.5], "inertia": [None] * 2, "silhouette": [None] * 2, "rank": [0.9, 1.0]}
    figure = plots.selection(tried("eps", **columns, chosen=[False, False]))
    assert (figure.kind, figure.marked) == ("k_distance", None)
    assert (figure.series[0]["x"], figure.series[0]["y"]) == ([0.9, 1.0], [0.5, 2.5])
    assert figure.caption.endswith("None was taken.")


def test_hours_without_events_are_zero() -> None:
    counts = pd.DataFrame({"hour": [2, 2, 23], "verdict": ["blocked", "odd<", "blocked"], "events": [5, 7, 4]})
    figure = plots.hours(counts)
    assert [(series["name"], sum(series["y"]), len(series["y"])) for series in figure.series] == [
        ("blocked", 9, 24),
        ("odd&lt;", 7, 24),
    ]
    assert figure.series[0]["y"][23] == 4
    assert figure.caption.endswith("most came at 2 h.")


def test_hours_of_findings_are_shares_of_each_by_rank() -> None:
    counts = pd.DataFrame({"finding_id": ["f-two", "f-two", "f-gone"], "hour": [1, 2, 3], "events": [30, 10, 9]})
    (series,) = plots.finding_hours(counts, FINDINGS.iloc[::-1]).series
    assert series["y"] == ["finding 1", "finding 2"]
    assert sum(series["z"][0]) == 0
    assert series["z"][1][:4] == [0.0, 0.75, 0.25, 0.0]
    assert series["events"][1][1] == 30


@pytest.mark.parametrize("number", [1, 3, 9_000])
def test_binned_marks_are_few_and_lie_inside_the_image(number: int) -> None:
    found = binned(patterns(number, anomalies=1))
    assert 1 <= len(found) <= min(number, 484)
    assert all(0 <= mark["x"] <= 1 and 0 <= mark["y"] <= 1 for mark in found)
    assert sum(mark["anomaly"] for mark in found) == 1


def test_algorithms_come_in_a_fixed_order() -> None:
    frame = pd.DataFrame({"algorithm": ["mean_shift", "dbscan", "kmeans", "dbscan"], "row": range(4)})
    assert [list(part["row"]) for part in plots.by_algorithm(frame)] == [[2], [1, 3], [0]]
    assert plots.by_algorithm(frame.head(0)) == []


def all_kinds() -> list[plots.Figure]:
    choice = {"inertia": [1.0], "silhouette": [None], "rank": [0.5], "chosen": [True]}
    return [
        plots.scatter(patterns(), CENTERS, FINDINGS),
        plots.sizes(clusters(5), FINDINGS),
        plots.variance([0.6, 0.4]),
        plots.selection(tried("n_clusters", candidate=[2.0], **choice)),
        plots.selection(tried("eps", candidate=[0.2], **choice)),
        plots.hours(pd.DataFrame({"hour": [1], "verdict": ["allowed"], "events": [3]})),
        plots.finding_hours(pd.DataFrame({"finding_id": ["f-one"], "hour": [1], "events": [3]}), FINDINGS),
    ]


def test_every_figure_is_plain_json() -> None:
    for figure in all_kinds():
        assert json.loads(json.dumps(figure.series, allow_nan=False)) == figure.series


def test_the_page_can_draw_every_kind_in_every_colour() -> None:
    templates = files("pipeline.report") / "templates"
    script, style = ((templates / name).read_text("utf-8") for name in ("report.js", "report.css"))
    drawn = set(re.findall(r"^    (\w+)\(\{ series", script, re.MULTILINE))
    assert {figure.kind for figure in all_kinds()} == drawn
    roles = {*plots.SERIES, plots.OTHER, plots.NOISE, plots.ALERT, *plots.VERDICTS.values(), *plots.SIZE_KINDS.values()}
    assert roles <= set(re.findall(r"^  (--[\w-]+):", style, re.MULTILINE))
    assert roles - {plots.ALERT} <= set(re.findall(r"--[\w-]+", (templates / "scatter_svg.html").read_text("utf-8")))
