"""How good the scores of a night are, beside labels where there are some."""

from typing import Any

from schemas.base import Date, Flag, Float, Int64, Table, TableSpec, Text, column


def _share(what: str) -> Any:
    return column(what, nullable=True, ge=0, le=1)


def _agreement(what: str) -> Any:
    return column(what, nullable=True, ge=-1, le=1)


class Evaluation(Table):
    """One row per night, feature table and algorithm, and one more for each type of attack among the labels.

    Rows without a label count in none of the figures that compare with labels; what has nothing to be divided by is
    null. Ranks follow `large_distance`, which the score is a position of.
    """

    log_date: Date = column("the night")
    feature_table: Text = column("name of the feature table, such as events")
    algorithm: Text = column("kmeans, dbscan, ..., consensus, or a reference detector")
    is_reference: Flag = column("a detector that is there for comparison only")
    attack_type: Text = column("type of attack that alone counts as attack here; null for all", nullable=True)
    rows: Int64 = column("entities of the night", ge=0)
    benign: Int64 = column("of them labelled as no attack", ge=0)
    attacks: Int64 = column("of them labelled as an attack, of the type if there is one", ge=0)
    roc_auc: Float = _share("chance that an attack ranks above a benign row, ties count half")
    average_precision: Float = _share("precision at the rank of each attack, averaged")
    precision: Float = _share("share of attacks among the rows above the threshold (status anomaly)")
    recall: Float = _share("share of the attacks that lie above the threshold")
    f1: Float = _share("harmonic mean of the two")
    false_positive_rate: Float = _share("share of the benign rows that lie above the threshold")
    budget: Int64 = column("rows that the alert budget allows to look at, at most the labelled ones", ge=0)
    precision_at_budget: Float = _share(
        "share of attacks among so many rows of the highest rank, of whatever type the others are; of equal ranks "
        "the mean over all choices"
    )
    recall_at_budget: Float = _share("share of the attacks that are among them")
    silhouette: Float = _agreement("mean silhouette of the night's clusters on a seeded sample, noise left out")
    stability_seeds: Float = _agreement(
        "adjusted Rand index of the night's clusters when the algorithm is fitted again on two seeded samples of the "
        "night, with the parameters that it had chosen"
    )
    stability_nights: Float = _agreement(
        "adjusted Rand index of this night's clusters and those of the night that the accepted model before was fitted "
        "for, on patterns that both nights have"
    )
    agreement: Float = _agreement("mean rank correlation of the distances with those of the other algorithms")
    cluster_agreement: Float = _agreement("mean adjusted Rand index of the clusters with those of the other algorithms")


EVALUATION = TableSpec(
    "report.evaluation", Evaluation, ("log_date", "feature_table", "algorithm", "attack_type"), night="log_date"
)

TABLES = (EVALUATION,)
