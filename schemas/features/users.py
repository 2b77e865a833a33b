"""Features of users, and their patterns."""

from schemas.base import Date, Flag, Float, Int64, Table, TableSpec, Text, column
from schemas.features.common import (
    DAYS_SINCE_FIRST_SEEN,
    ENTITY_PATTERN,
    IS_FIRST_SEEN,
    LABEL,
    LOG_DATE,
    PATTERN_ID,
    REVISION,
)


class UserFeatures(Table):
    """What the models know of a user's night."""

    attempts_per_hour: Float = column(
        "login attempts per hour in which there were any, as the nearest power of the square root of 2", ge=1
    )
    attempts_per_hour_log2: Float = column("log2 of it", ge=0)
    session_minutes: Float = column(
        "mean length of a session in minutes: 1 more than it is the nearest power of the square root of 2; "
        "null if no session has a length",
        nullable=True,
        ge=0,
    )
    session_minutes_log2: Float = column("log2 of 1 + it", nullable=True, ge=0)
    failure_share: Float = column(
        "failed attempts of those of which the log says how they went, in quarters", nullable=True, ge=0, le=1
    )
    failures_before_success_log2: Float = column(
        "log2 of 1 + the failures before the last success of the night, rounded down", ge=0
    )
    hosts_log2: Float = column("log2 of the distinct hosts, rounded down", ge=0)
    sources_log2: Float = column("log2 of the distinct source addresses, rounded down", ge=0)
    first_seen_sources_log2: Float = column(
        "log2 of 1 + the source addresses that the user did not come from in the nights before, rounded down; "
        "null without nights before",
        nullable=True,
        ge=0,
    )
    off_hours_share: Float = column("attempts outside business hours, in quarters", ge=0, le=1)
    interval_dispersion: Float = column(
        "median absolute deviation of the times between attempts over their median, at most 1, in quarters: "
        "0 is a metronome; null below four attempts",
        nullable=True,
        ge=0,
        le=1,
    )
    is_first_seen: Flag = IS_FIRST_SEEN


class Users(UserFeatures):
    """One row per user and night, from attempts to log in."""

    entity_id: Text = column("the user, as the logs name them")
    log_date: Date = LOG_DATE
    pattern_id: Int64 = ENTITY_PATTERN
    attempts: Int64 = column("attempts to log in", ge=1)
    failures: Int64 = column("failed ones", ge=0)
    sessions: Int64 = column("sessions with a length", ge=0)
    mean_session_minutes: Float = column("mean length of a session, in minutes", nullable=True, ge=0)
    hosts: Int64 = column("distinct hosts", ge=0)
    sources: Int64 = column("distinct source addresses", ge=0)
    first_seen_sources: Int64 = column(
        "source addresses that the user did not come from in the nights before; null without any", nullable=True, ge=0
    )
    days_since_first_seen: Int64 = DAYS_SINCE_FIRST_SEEN
    revision: Int64 = REVISION
    label: Text = LABEL


class UserPatterns(UserFeatures):
    """One row per distinct feature row of the users of a night."""

    log_date: Date = LOG_DATE
    pattern_id: Int64 = PATTERN_ID
    weight: Int64 = column("users of the night that share it", ge=1)
    revision: Int64 = REVISION


USERS = TableSpec("features.users", Users, ("log_date", "entity_id"))
USER_PATTERNS = TableSpec("features.user_patterns", UserPatterns, ("log_date", "pattern_id"))
