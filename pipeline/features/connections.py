"""Features of connections: how much went which way and how it ended, between what kinds of ends.

What the ends do besides is in `connection_rates`, how regularly they meet in `connection_pairs`. A device's records are
compared with its own only: two sensors that see one connection would halve every interval and double every count.
"""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.binning import bounded, log2_bin, log2_bin_from_zero, share_bin
from pipeline.features.clock import with_clock
from pipeline.features.connection_pairs import of_pair
from pipeline.features.connection_rates import of_hour, of_last_hundred
from pipeline.features.engine_functions import row_hash
from pipeline.features.outcomes import failed, outcome
from pipeline.features.ports import port_kind
from pipeline.features.raw_night import RawNight
from pipeline.ingest.addresses import is_private
from pipeline.models.columns import FeatureColumns
from schemas.raw import CONNECTIONS

UNKNOWN = "unknown"
MILLISECONDS = 1_000
MOST_SECONDS = 1e9
UNUSED = ("source_port", "icmp_type", "icmp_code", "country", "details", "source_file", "file_id", "line_number")
PAIR = ("source_ip", "dest_ip", "dest_port")
COLUMNS = FeatureColumns(
    numeric=(
        "duration_log10",
        "bytes_out_log2",
        "bytes_in_log2",
        "packets_out_log2",
        "packets_in_log2",
        "sent_share",
        "bytes_per_packet_log2",
        "source_last_hundred_log2",
        "target_last_hundred_log2",
        "source_connections_log2",
        "source_targets_log2",
        "source_ports_log2",
        "source_failed_share",
        "target_sources_log2",
        "target_connections_log2",
        "pair_connections_log2",
        "pair_coverage",
        "interval_skew",
        "interval_dispersion",
        "size_skew",
        "size_dispersion",
    ),
    flags=("is_business_hours", "pair_is_first_seen"),
    categorical=("protocol", "service", "outcome", "direction", "port_kind"),
)
SEED_COLUMNS = FeatureColumns(
    numeric=("duration_log10", "bytes_out_log2", "bytes_in_log2", "packets_out_log2", "packets_in_log2")
)
SAME_SERVICE = {"tls": "ssl"}  # one protocol under the names of two devices


def build(night: RawNight, site: Site) -> ibis.Table:
    """Rows of `features.connections`, but for pattern and revision."""
    connections = _keyed(with_clock(night.rows(CONNECTIONS).drop(*UNUSED), site))
    rows = of_pair(connections, _keyed(night.earlier(CONNECTIONS)))
    rows = of_last_hundred(of_hour(rows))
    return _binned(rows)


def _keyed(connections: ibis.Table) -> ibis.Table:
    """Add `pair`, which stands for source, destination and port also where one of them is missing."""
    return connections.mutate(pair=row_hash(*(connections[name] for name in PAIR)), is_failed=failed(connections.state))


def _binned(rows: ibis.Table) -> ibis.Table:
    sent, received = (rows[name].cast("float64") for name in ("bytes_out", "bytes_in"))
    return rows.mutate(
        entity_id=_.connection_id,
        outcome=outcome(rows.state),
        service=_.service.lower().substitute(SAME_SERVICE).fill_null(UNKNOWN),
        protocol=_.protocol.fill_null(UNKNOWN),
        direction=_direction(rows),
        port_kind=port_kind(rows.dest_port),
        duration_log10=((bounded(_.duration, MOST_SECONDS) * MILLISECONDS).round() + 1).log10().round(),
        bytes_out_log2=log2_bin_from_zero(sent, 2),
        bytes_in_log2=log2_bin_from_zero(received, 2),
        packets_out_log2=_packets(rows.packets_out),
        packets_in_log2=_packets(rows.packets_in),
        sent_share=share_bin(sent, sent + received),
        bytes_per_packet_log2=log2_bin_from_zero(sent / rows.packets_out.nullif(0), 2),
    )


def _packets(count: ibis.Value) -> ibis.Value:
    return (count == 0).ifelse(-1.0, log2_bin(count, 2))


def _direction(rows: ibis.Table) -> ibis.Value:
    """Which end is the site's: private addresses are, as far as anybody can tell."""
    source, dest = is_private(rows.source_ip), is_private(rows.dest_ip)
    return ibis.cases(
        (source.isnull() | dest.isnull(), UNKNOWN),
        (source & dest, "internal"),
        (source, "outbound"),
        (dest, "inbound"),
        else_="transit",
    )
