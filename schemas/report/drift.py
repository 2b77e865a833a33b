"""How far a night is from its baseline, by feature and by model."""

from schemas.base import Date, Float, Int64, Table, TableSpec, Text, column

FEATURE, MODEL = "feature", "model"
PSI, JENSEN_SHANNON = "psi", "jensen_shannon"
FLAGGED, MOVED, SILHOUETTE = "flagged_share", "moved_mass", "silhouette"
MEASURES = (PSI, JENSEN_SHANNON, FLAGGED, MOVED, SILHOUETTE)
LEVELS = ("none", "warning", "error")


class Drift(Table):
    """One row per night, feature table, feature or model, and measure: an effect size, never a p-value."""

    log_date: Date = column("the night")
    feature_table: Text = column("name of the feature table, such as events")
    kind: Text = column("feature or model", isin=(FEATURE, MODEL))
    name: Text = column("the feature, or the model's algorithm")
    measure: Text = column(
        "psi: population stability index; jensen_shannon: distance, base 2; flagged_share: rows above the threshold; "
        "moved_mass: rows in other clusters than the baseline's; silhouette",
        isin=MEASURES,
    )
    value: Float = column("the measure of the night")
    usual: Float = column(
        "what is no drift yet: of a distance what sampling noise and the baseline's own nights reach, of a share what "
        "is expected, of the silhouette the baseline's"
    )
    drift: Float = column("what counts: how far value is beyond usual, in the unit of the measure; of a share, times")
    level: Text = column("none, warning or error, by the bounds of [drift]", isin=LEVELS)
    rows: Int64 = column("rows of the night", ge=0)
    nights: Int64 = column("nights of the baseline that it is compared with", ge=0)
    change: Text = column("the greatest change, in words; empty where there is none")


DRIFT = TableSpec("report.drift", Drift, ("log_date", "feature_table", "kind", "name", "measure"))

TABLES = (DRIFT,)
