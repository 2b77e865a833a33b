"""The published notebook on Security Onion firewall logs as one script, written as an analyst writes it.

Read the export into pandas, build the features with `apply`, scale, elbow over 2 to 14 clusters, k-means with five,
DBSCAN. Its profiles, plots and t-SNE are left out, which is to its advantage. Nothing is slowed down on purpose.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measure import own_peak_mib
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import euclidean_distances
from sklearn.preprocessing import StandardScaler

WEB = {80, 443, 8080, 8443}
MAIL = {25, 465, 587, 110, 143, 993, 995}
DATABASE = {1433, 3306, 5432, 27017, 6379, 9200}
PRIVATE = ("10.", "172.16.", "192.168.")
USED = [
    "is_weekend", "is_business_hours", "source_ip_is_private", "is_web_port", "is_mail_port", "is_database_port",
    "bytes_log", "large_transfer",
]  # fmt: skip
ELBOW = range(2, 15)
CLUSTERS = 5
EPS = 0.5
# DBSCAN holds the neighbours of every row, 8 bytes each, for a while twice
MOST_NEIGHBOUR_PAIRS = 150_000_000
PROBE_ROWS = 4_000


def run(files: list[Path], elbow: range = ELBOW) -> dict[str, Any]:
    """Go through the notebook; gives seconds of its parts, rows, and memory in MiB before DBSCAN."""
    begun = time.perf_counter()
    seconds = {}

    def timed(part: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        seconds[part] = round(time.perf_counter() - start, 2)
        return result

    logs = timed("read", lambda: read(files))
    frame = timed("features", lambda: features(logs))
    scaled = timed("scale", lambda: StandardScaler().fit_transform(frame))
    timed("elbow", lambda: [kmeans(k, scaled).inertia_ for k in elbow])
    timed("k-means", lambda: kmeans(CLUSTERS, scaled))
    without = round(time.perf_counter() - begun, 2)
    peak = own_peak_mib()
    sample = survivable(scaled)
    timed("dbscan", lambda: DBSCAN(eps=EPS, min_samples=5).fit(sample))
    return {
        "rows": len(scaled),
        "parts": seconds,
        "without_dbscan": {"seconds": without, "peak_mib": peak},
        "dbscan_rows": len(sample),
        "dbscan_refused": len(sample) < len(scaled),
    }


def read(files: list[Path]) -> pd.DataFrame:
    """One row per record."""
    rows = [
        {
            "timestamp": value(record, "@timestamp"),
            "source_ip": value(record, "source.ip"),
            "source_port": value(record, "source.port"),
            "dest_ip": value(record, "destination.ip"),
            "dest_port": value(record, "destination.port"),
            "action": value(record, "event.action"),
            "protocol": value(record, "network.transport"),
            "bytes": value(record, "network.bytes"),
            "country": value(record, "source.geo.country_name"),
        }
        for file in files
        for record in json.loads(file.read_text(encoding="utf-8"))
    ]
    logs = pd.DataFrame(rows)
    logs["timestamp"] = pd.to_datetime(logs["timestamp"])
    return logs


def value(record: dict[str, Any], path: str) -> Any:
    """A field that is written with dots or nested."""
    if path in record:
        return record[path]
    found: Any = record
    for name in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def features(logs: pd.DataFrame) -> pd.DataFrame:
    """All columns that the notebook makes, of which it uses eight."""
    frame = logs
    frame["hour_of_day"] = frame["timestamp"].dt.hour
    frame["day_of_week"] = frame["timestamp"].dt.dayofweek
    frame["is_weekend"] = frame["day_of_week"].apply(lambda day: 1 if day >= 5 else 0)
    frame["is_business_hours"] = frame["hour_of_day"].apply(lambda hour: 1 if 9 <= hour <= 17 else 0)
    frame["source_ip_is_private"] = frame["source_ip"].apply(lambda ip: 1 if str(ip).startswith(PRIVATE) else 0)
    frame["is_web_port"] = frame["dest_port"].apply(lambda port: 1 if port in WEB else 0)
    frame["is_mail_port"] = frame["dest_port"].apply(lambda port: 1 if port in MAIL else 0)
    frame["is_database_port"] = frame["dest_port"].apply(lambda port: 1 if port in DATABASE else 0)
    frame["bytes_log"] = np.log1p(frame["bytes"])
    frame["large_transfer"] = frame["bytes"].apply(lambda size: 1 if size > 1_000_000 else 0)
    top = set(frame["country"].value_counts().index[:10])
    frame["country_group"] = frame["country"].apply(lambda country: country if country in top else "Other")
    frame = pd.get_dummies(frame, columns=["protocol", "country_group"])
    return frame[USED].fillna(0)


def kmeans(clusters: int, scaled: np.ndarray) -> KMeans:
    """Fitted as the notebook does."""
    return KMeans(n_clusters=clusters, random_state=42, n_init=10).fit(scaled)


def survivable(scaled: np.ndarray) -> np.ndarray:
    """All rows, or as many, drawn at random, as leave DBSCAN enough memory: pairs grow with the square of rows."""
    draw = np.random.default_rng(42)
    probe = draw.choice(scaled, min(PROBE_ROWS, len(scaled)), replace=False)
    near = float((euclidean_distances(probe) <= EPS).mean())
    most = math.isqrt(int(MOST_NEIGHBOUR_PAIRS / near))
    return scaled if len(scaled) <= most else draw.choice(scaled, most, replace=False)
