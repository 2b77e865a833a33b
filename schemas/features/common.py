"""Columns that feature tables share."""

from schemas.base import Date, Int64, Table, TableSpec, Text, column

LOG_DATE = column("the night")
ENTITY_PATTERN = column("identifies the distinct feature row that the entity shares")
PATTERN_ID = column("identifies the feature row; the same row has the same id in every night")
REVISION = column("sum of the revisions of the raw nights that the row was built from", ge=1)
LABEL = column("labels that the raw rows carry, distinct ones with commas between; never a feature", nullable=True)
IS_FIRST_SEEN = column("not seen in the nights before, as far as the window goes; null without any", nullable=True)
DAYS_SINCE_FIRST_SEEN = column(
    "days since the first night of the window in which it was seen, 0 if it is new; null without nights before",
    nullable=True,
    ge=0,
)


class EmptyNights(Table):
    """One row per feature table and night that was built from its logs and came to no entities."""

    feature_table: Text = column("name of the feature table, such as users")
    log_date: Date = LOG_DATE
    revision: Int64 = REVISION


EMPTY_NIGHTS = TableSpec("features.empty_nights", EmptyNights, ("feature_table", "log_date"))
