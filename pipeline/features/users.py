"""Features of users: how often, from where, to how many hosts and how regularly somebody logs in during a night."""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.binning import (
    OCTAVE,
    bounded,
    distinct_texts,
    half_octave,
    log2_bin,
    log2_bin_from_zero,
    quantised,
    share_bin,
)
from pipeline.features.clock import since_last, with_clock
from pipeline.features.first_seen import first_seen, has_history
from pipeline.features.raw_night import RawNight
from pipeline.features.regularity import skew_and_dispersion
from pipeline.models.columns import FeatureColumns
from schemas.raw import LOGINS

SECONDS_PER_MINUTE = 60
MOST_MINUTES = 366 * 24 * 60
COLUMNS = FeatureColumns(
    numeric=(
        "attempts_per_hour_log2",
        "session_minutes_log2",
        "failure_share",
        "failures_before_success_log2",
        "hosts_log2",
        "sources_log2",
        "first_seen_sources_log2",
        "off_hours_share",
        "interval_dispersion",
    ),
    flags=("is_first_seen",),
)
SEED_COLUMNS = FeatureColumns(numeric=("attempts_per_hour", "session_minutes"))


def build(night: RawNight, site: Site) -> ibis.Table:
    """Rows of `features.users`, but for pattern and revision; attempts that name no user belong to nobody."""
    attempts = with_clock(night.rows(LOGINS).filter(_.user.notnull()), site)
    earlier = night.earlier(LOGINS).filter(_.user.notnull())
    users = first_seen(_counts(attempts), earlier, "user")
    users = users.left_join(_regularity(attempts), "user").drop("user_right")
    users = users.left_join(_new_sources(attempts, earlier), "user").drop("user_right")
    users = users.cross_join(has_history(earlier))
    return _binned(users)


def _counts(attempts: ibis.Table) -> ibis.Table:
    of_user = ibis.window(group_by="user")
    attempts = attempts.mutate(last_success=attempts.timestamp.max(where=attempts.success).over(of_user))
    # sums of whole seconds: sums of fractions would depend on their order
    seconds = (bounded(_.session_minutes, MOST_MINUTES) * SECONDS_PER_MINUTE).round().cast("int64").sum()
    return attempts.group_by("log_date", "user").agg(
        attempts=_.count(),
        hours=_.hour_of_day.nunique(),
        judged=_.success.count(),
        failures=_.success.count(where=~_.success),
        failures_before_success=_.success.count(where=~_.success & (_.timestamp < _.last_success)),
        hosts=_.host.nunique(),
        sources=_.source_ip.nunique(),
        sessions=_.session_minutes.count(),
        session_seconds=seconds,
        off_hours=_.count(where=~_.is_business_hours),
        label=distinct_texts("label"),
    )


def _regularity(attempts: ibis.Table) -> ibis.Table:
    in_order = ibis.window(group_by="user", order_by="timestamp")
    intervals = attempts.select("user", since_last=since_last(attempts.timestamp, in_order))
    return skew_and_dispersion(intervals, "user", "since_last", "interval")


def _new_sources(attempts: ibis.Table, earlier: ibis.Table) -> ibis.Table:
    """How many addresses each user came from that the user had not come from before."""
    pairs = attempts.filter(_.source_ip.notnull())[["user", "source_ip"]].distinct()
    return pairs.anti_join(earlier, ["user", "source_ip"]).group_by("user").agg(new_sources=_.count())


def _binned(users: ibis.Table) -> ibis.Table:
    minutes = users.session_seconds / SECONDS_PER_MINUTE / users.sessions.nullif(0)
    new_sources = users.has_history.ifelse(users.new_sources.fill_null(0), None)
    rate = half_octave(users.attempts / users.hours)
    length = half_octave(minutes + 1)
    return users.mutate(
        entity_id=_.user,
        first_seen_sources=new_sources,
        mean_session_minutes=minutes,
        attempts_per_hour=(OCTAVE**rate).round(1),
        attempts_per_hour_log2=rate,
        session_minutes=(OCTAVE**length - 1).round(1),
        session_minutes_log2=length,
        failure_share=share_bin(_.failures, _.judged),
        failures_before_success_log2=log2_bin_from_zero(_.failures_before_success),
        hosts_log2=log2_bin(_.hosts),
        sources_log2=log2_bin(_.sources),
        first_seen_sources_log2=log2_bin_from_zero(new_sources),
        off_hours_share=share_bin(_.off_hours, _.attempts),
        interval_dispersion=quantised(_.interval_dispersion),
    )
