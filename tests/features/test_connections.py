from collections.abc import Callable
from typing import Any

import ibis
import pandas as pd
import pytest
from feature_helpers import DAY_BEFORE, HUGE, connection

from pipeline.features.outcomes import outcome
from pipeline.features.ports import port_kind

Features = Callable[..., pd.DataFrame]
OUTCOMES = {
    "S0": "unanswered", "new": "unanswered", "INT": "unanswered", "S_": "unanswered", "SYN Timeout": "unanswered",
    "REJ": "refused", "S_RA": "refused",
    "RSTO": "reset", "TCP Reset-I": "reset", "FSPA_SRPA": "reset",
    "SF": "answered", "closed": "answered", "established": "answered", "CON": "answered", "FSPA_FSPA": "answered",
    "OTH": "other", "": "other", "\0": "other",
}  # fmt: skip


def test_outcomes_of_all_devices() -> None:
    rows = ibis.memtable({"state": list(OUTCOMES)})
    words = ibis.duckdb.connect().to_pandas(rows.select(word=outcome(rows.state)))["word"].tolist()
    assert words == list(OUTCOMES.values())


def test_kinds_of_ports() -> None:
    rows = ibis.memtable({"port": [443, 25, 5432, 22, 445, 53, 70, 9443, None]}, schema={"port": "int32"})
    kinds = ibis.duckdb.connect().to_pandas(rows.select(kind=port_kind(rows.port)))["kind"].tolist()
    assert kinds == ["web", "mail", "database", "remote", "files", "directory", "system", "user", "none"]


def test_sizes_and_ends_of_a_connection(features: Features) -> None:
    inward: dict[str, Any] = {
        "source_ip": "8.8.8.8",
        "dest_ip": "10.0.0.9",
        "dest_port": None,
        "service": None,
        "state": None,
    }
    found = features("connections", [connection(0), connection(1, **inward, packets_in=0, bytes_in=0)])
    first, second = found.iloc[0], found.iloc[1]
    assert (first["duration_log10"], first["bytes_out_log2"], first["bytes_in_log2"]) == (3, 8, 10)
    assert (first["packets_out_log2"], first["packets_in_log2"], first["sent_share"]) == (2, 2, 0.25)
    assert (first["bytes_per_packet_log2"], first["service"], first["outcome"]) == (6, "ssl", "answered")
    assert (first["direction"], first["port_kind"]) == ("internal", "web")
    assert (second["direction"], second["port_kind"], second["service"]) == ("inbound", "none", "unknown")
    assert (second["outcome"], second["packets_in_log2"], second["sent_share"]) == ("unknown", -1, 1)


def beacon(hours: int, per_hour: int, **values: Any) -> list[dict[str, Any]]:
    return [connection(number, hour=number / per_hour, **values) for number in range(hours * per_hour)]


@pytest.mark.parametrize(
    ("source", "dest"), [("10.0.0.5", "8.8.8.8"), ("8.8.8.8", "10.0.0.5"), ("10.0.0.5", "10.1.1.1")]
)
def test_a_beacon_is_regular_in_time_and_size_whatever_its_direction(
    features: Features, source: str, dest: str
) -> None:
    row = features("connections", beacon(24, 6, source_ip=source, dest_ip=dest, bytes_out=120)).iloc[0]
    assert (row["interval_skew"], row["interval_dispersion"], row["size_skew"], row["size_dispersion"]) == (0, 0, 0, 0)
    assert (row["pair_coverage"], row["pair_connections_log2"]) == (1, 6)


def test_a_person_is_not(features: Features) -> None:
    hours = (8, 8.02, 8.03, 9.7, 9.71, 13, 13.4, 16)
    rows = [connection(number, hour=hour, bytes_out=10 ** (number % 4)) for number, hour in enumerate(hours)]
    row = features("connections", rows).iloc[0]
    assert row["interval_dispersion"] >= 0.75
    assert row["size_dispersion"] >= 0.75
    assert row["pair_coverage"] == 0.125  # four hours


@pytest.mark.parametrize(("sizes", "dispersion"), [((0, 0, 0, 0), 0), ((0, 0, 9, 9), 1), ((0, 0, 0, 9), 0)])
def test_a_series_around_zero_is_constant_or_not(features: Features, sizes: tuple[int, ...], dispersion: int) -> None:
    rows = [connection(number, hour=number, bytes_out=size) for number, size in enumerate(sizes)]
    assert features("connections", rows)["size_dispersion"].tolist() == [dispersion] * 4


def test_two_sensors_do_not_disturb_each_other(features: Features) -> None:
    seen_late = [row | {"connection_id": f"s{row['connection_id']}"} for row in beacon(8, 6, source="suricata")]
    row = features("connections", [*beacon(8, 6, source="zeek"), *seen_late]).iloc[0]
    assert (row["interval_dispersion"], row["pair_connections_log2"], row["source_connections_log2"]) == (0, 4, 2)


def test_the_last_hundred_connections(features: Features) -> None:
    busy = [connection(number, hour=1 + number / 1000, dest_ip=f"8.8.{number}.1") for number in range(150)]
    last = [connection(150 + n, hour=2, source_ip=f"10.0.1.{n}", dest_ip="8.8.149.1") for n in range(3)]
    found = features("connections", [*busy, *last])
    assert found["source_last_hundred_log2"].tolist()[::50] == [0, 4, 6, 0]
    assert found["source_last_hundred_log2"].max() == 6
    assert found["target_last_hundred_log2"].tolist()[-3:] == [0, 0, 2]


def test_what_the_ends_do_in_that_hour(features: Features) -> None:
    scan = [connection(n, hour=1, dest_ip=f"192.0.2.{n}", dest_port=22, state="S0") for n in range(16)]
    flood = [connection(100 + n, hour=5, source_ip=f"198.51.100.{n}", dest_port=80) for n in range(17)]
    found = features("connections", [*scan, *flood])
    scanning, flooded = found.iloc[0], found.iloc[-1]
    assert (scanning["source_targets_log2"], scanning["source_ports_log2"], scanning["source_failed_share"]) == (
        4,
        0,
        1,
    )
    assert (flooded["target_sources_log2"], flooded["target_connections_log2"]) == (4, 4)
    assert flooded["source_failed_share"] == 0


def test_a_pair_that_is_new(features: Features) -> None:
    before = connection(0, day=DAY_BEFORE, dest_port=None)
    found = features("connections", [before, connection(1, dest_port=None), connection(2, dest_port=23)])
    assert found["pair_is_first_seen"].tolist() == [False, True]
    assert features("connections", [connection(1)])["pair_is_first_seen"].isna().all()


def test_odd_connections_have_a_row(features: Features) -> None:
    bare: dict[str, Any] = dict.fromkeys(
        ("source_ip", "source_port", "dest_ip", "dest_port", "protocol", "service", "state", "duration", "bytes_out",
         "bytes_in", "packets_out", "packets_in")
    )  # fmt: skip
    rows = [
        connection(0, **bare),
        connection(1, bytes_out=HUGE, bytes_in=HUGE, packets_out=HUGE, packets_in=0, duration=1e308),
        connection(2, packets_out=0, bytes_out=0, bytes_in=0, service="\0", state="\0", source_ip="2001:db8::1"),
    ]
    found = features("connections", rows)
    assert len(found) == 3
    assert found["direction"].tolist()[0] == "unknown"
    assert found.iloc[0][["duration_log10", "bytes_out_log2", "sent_share", "interval_skew"]].isna().all()
    assert pd.isna(found.iloc[2]["bytes_per_packet_log2"])
