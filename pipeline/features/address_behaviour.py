"""Features that source and destination addresses share: what they are, whom they met, how much, when and since when."""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.address_forms import GROUPS, OCTETS, groups, is_ipv6, kind, octets
from pipeline.features.binning import bounded, distinct_texts, log2_bin, share_bin
from pipeline.features.contacts import contacts, earlier_addresses
from pipeline.features.first_seen import first_seen
from pipeline.features.raw_night import RawNight
from pipeline.models.columns import FeatureColumns
from schemas.base import TableSpec

SUMS = ("judged", "blocked", "answers", "failures", "bytes", "bytes_out", "bytes_in")
MOST_BYTES = 1 << 61
COLUMNS = FeatureColumns(
    numeric=(
        "events_log2",
        "peers_log2",
        "ports_log2",
        "blocked_share",
        "failed_share",
        "bytes_log2",
        "sent_share",
        "hours_active_log2",
        "off_hours_share",
    ),
    flags=("is_ipv6", "is_first_seen"),
    categorical=("kind",),
)
# every address has its own, so in the patterns they stand only where a recipe asks for them
SEED_ONLY = (*OCTETS, *GROUPS)
SEED_COLUMNS = FeatureColumns(numeric=OCTETS)


def addresses(night: RawNight, site: Site, end: str, raw: tuple[TableSpec, ...]) -> ibis.Table:
    """One row per address in the column `end` (source_ip or dest_ip) of the raw tables, with all measures."""
    met = contacts(night, site, end, raw)
    found = met.group_by("log_date", "address").agg(
        events=_.records.sum(),
        peers=_.peer.nunique(),
        ports=ibis.struct({"port": _.port, "protocol": _.protocol}).nunique(where=_.port.notnull()),
        hours_active=_.hour_of_day.nunique(),
        off_hours=_.records.sum(where=~_.is_business_hours).fill_null(0),
        **{name: bounded(_[name].sum(), MOST_BYTES) for name in SUMS},
    )
    found = found.cross_join(met.agg(all_peers=_.peer.nunique()))
    found = first_seen(found, earlier_addresses(night, end, raw), "address")
    found = found.left_join(_labels(night, end, raw), "address").drop("address_right")
    return _binned(found)


def _labels(night: RawNight, end: str, raw: tuple[TableSpec, ...]) -> ibis.Table:
    rows = ibis.union(*(night.rows(spec).select(end, "label") for spec in raw)).filter(_.label.notnull())
    return rows.group_by(address=rows[end]).agg(label=distinct_texts("label"))


def _binned(found: ibis.Table) -> ibis.Table:
    return found.mutate(
        entity_id=_.address,
        kind=kind(found.address),
        is_ipv6=is_ipv6(found.address),
        prevalence=_.peers / _.all_peers.nullif(0),
        events_log2=log2_bin(_.events, 2),
        peers_log2=log2_bin(_.peers, 2),
        ports_log2=log2_bin(_.ports, 2),
        blocked_share=share_bin(_.blocked, _.judged),
        failed_share=share_bin(_.failures, _.answers),
        bytes_log2=log2_bin(_.bytes, 4),
        sent_share=share_bin(_.bytes_out, _.bytes_out + _.bytes_in),
        hours_active_log2=log2_bin(_.hours_active),
        off_hours_share=share_bin(_.off_hours, _.events),
        **octets(found.address),
        **groups(found.address),
    )
