"""Fitted models as rows: enough to read, compare and load them again, bit for bit, without a pickle."""

from schemas.base import Date, Flag, Float, Floats, Int64, Table, TableSpec, Text, column

COMPONENT_KINDS = ("cluster", "core_point")
CANDIDATES = ("n_clusters", "eps", "bandwidth", "n_components")


class Fits(Table):
    """One row per model: an algorithm fitted on a feature table for one night."""

    model_id: Text = column("feature table, algorithm, night and a hash of the fitted values", unique=True)
    log_date: Date = column("night that the model was fitted for")
    feature_table: Text = column("name of the feature table, such as events")
    algorithm: Text = column("kmeans, dbscan, ..., or consensus")
    trained_from: Date = column("first night of the baseline window that had rows")
    trained_to: Date = column("last night of the baseline window; before log_date unless bootstrap")
    baseline: Text = column("nights of the baseline with the revisions of their logs: what the model rests on")
    previous_id: Text = column(
        "latest accepted model before: its cluster ids live on, and it scores in place of an unsound one",
        nullable=True,
    )
    bootstrap: Flag = column("no earlier night existed: the model was fitted on the night itself")
    accepted: Flag = column("whether the model was found sound; otherwise the one before it scores the night")
    reason: Text = column(
        "why the model was not accepted, or what speaks against one that nothing can replace", nullable=True
    )
    rows: Int64 = column("rows of the feature table in the baseline", ge=0)
    patterns: Int64 = column("distinct feature rows in the baseline", ge=0)
    parameters: Text = column("JSON: the algorithm's parameters, seeds, fallbacks")
    metrics: Text = column("JSON: inertia, silhouette, noise share, ...")
    encoder: Text = column("JSON: columns in order, centres, scales, vocabularies, constant columns left out")
    usual: Text = column(
        "JSON: by feature column, what 5 % and 95 % of the baseline's rows do not exceed; of a category, the most "
        "frequent and its share"
    )
    score_levels: Floats = column(
        "the baseline's large distances, each row taken as new, at 1,001 even ranks; what a score is a position in"
    )


class Components(Table):
    """One row per cluster of a model and, for density-based models, per core point; of the consensus, per member."""

    model_id: Text = column("the model")
    log_date: Date = column("night that the model was fitted for")
    feature_table: Text = column("name of the feature table")
    algorithm: Text = column("kmeans, dbscan, ...")
    member: Int64 = column(
        "number of the small model within the ensemble of the consensus, whose parameters describe it; 0 for the "
        "algorithms",
        ge=0,
    )
    component_id: Int64 = column("cluster: 0 is the largest", ge=0)
    kind: Text = column("cluster, or core_point of a density-based cluster", isin=COMPONENT_KINDS)
    point: Int64 = column("0 for the cluster, from 1 for its core points", ge=0)
    stable_id: Int64 = column(
        "the cluster's id across nights, from matching centres with the model before; component_id for the consensus",
        ge=0,
    )
    mass: Float = column(
        "share of the baseline's rows; of the consensus, share of the member's sample that the cluster holds",
        ge=0,
        le=1,
    )
    is_large: Flag = column(
        "one of the large clusters by CBLOF's rule, distances to the rest do not count as normal; of the consensus, "
        "the large ones are all that is kept"
    )
    center: Floats = column("position in the encoder's scaled space")
    spread: Float = column(
        "distance from the centre within which 99 % of its rows lie; of the consensus, null", nullable=True, ge=0
    )
    log_peak: Float = column("log density at the centre, the component's weight included (mixture)", nullable=True)
    factor: Floats = column(
        "Cholesky factor of the precision, row by row, or its diagonal where that is all there is (mixture)",
        nullable=True,
    )
    levels: Floats = column(
        "distances of its rows from the centre in standard deviations, at 101 even ranks (mixture)", nullable=True
    )


class Selection(Table):
    """One row per candidate that was tried when K, eps, a bandwidth or a number of components was chosen."""

    model_id: Text = column("the model")
    log_date: Date = column("night that the model was fitted for")
    feature_table: Text = column("name of the feature table")
    algorithm: Text = column("kmeans, dbscan, ...")
    parameter: Text = column("what was chosen: n_clusters, eps, bandwidth or n_components", isin=CANDIDATES)
    candidate: Float = column("value tried")
    inertia: Float = column("sum of squared distances to the nearest centre (k-means)", nullable=True, ge=0)
    silhouette: Float = column("mean silhouette on a weighted sample", nullable=True, ge=-1, le=1)
    rank: Float = column(
        "share of distinct points whose k-distance is at most the candidate (DBSCAN); share of all rows that a row has "
        "within the candidate on average (mean shift)",
        nullable=True,
        ge=0,
        le=1,
    )
    weight: Float = column(
        "share of rows of the component with this number, the heaviest being 1, before empty ones are left out "
        "(mixture)",
        nullable=True,
        ge=0,
        le=1,
    )
    chosen: Flag = column("whether it was taken")


FITS = TableSpec("models.fits", Fits, ("model_id",))
COMPONENTS = TableSpec("models.components", Components, ("model_id", "member", "component_id", "point"))
SELECTION = TableSpec("models.selection", Selection, ("model_id", "parameter", "candidate"))

TABLES = (FITS, COMPONENTS, SELECTION)
