"""Models that people chose to score nights; no night and no rerun touches the table."""

from schemas.base import Table, TableSpec, Text, Timestamp, column


class Pins(Table):
    """One row per feature table and algorithm whose nights are scored by a chosen model until it is unpinned."""

    pin_id: Text = column("feature table and algorithm: there is one pin for both", unique=True)
    feature_table: Text = column("name of the feature table")
    algorithm: Text = column("kmeans, dbscan, ..., or consensus")
    model_id: Text = column("the model; it scores the nights from the one that it was fitted for")
    owner: Text = column("who answers for it")
    reason: Text = column("why")
    created_at: Timestamp = column("when it was pinned, UTC")


PINS = TableSpec("models.pins", Pins, ("pin_id",), night=None)

TABLES = (PINS,)
