"""Baselines in the shape of `features.events`: small, seeded, with behaviours that are really there."""

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import Training
from pipeline.models.base import FittedModel, Occasion
from pipeline.models.columns import FeatureColumns
from pipeline.models.training import fit

EVENT_COLUMNS = FeatureColumns(
    numeric=("hour_sin", "hour_cos", "bytes_log", "source_ports_log2"),
    flags=("is_business_hours", "source_ip_is_private", "is_web_port", "port_missing", "large_transfer"),
    categorical=("protocol", "country", "verdict"),
)
SEED_FLAGS = {
    "is_weekend": 0.0,
    "is_business_hours": 0.4,
    "source_ip_is_private": 0.005,
    "is_web_port": 0.05,
    "is_mail_port": 0.017,
    "is_database_port": 0.012,
    "large_transfer": 0.0,
}
SEED_COLUMNS = FeatureColumns(numeric=("bytes_log",), flags=tuple(SEED_FLAGS))


def collapsed(rows: pd.DataFrame) -> pd.DataFrame:
    """The distinct rows with their weight."""
    return rows.groupby(list(rows.columns), dropna=False).size().rename("weight").reset_index()


def event_rows(n: int, seed: int) -> pd.DataFrame:
    """Three behaviours: clients on the web by day, icmp at all hours, drops from abroad."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=[0.5, 0.2, 0.3])
    hour = np.where(kind == 0, rng.choice([9, 10, 11, 14, 15], n), rng.integers(0, 24, n))
    size = np.choose(kind, [rng.choice([6.5, 7.0, 7.5], n), np.nan, rng.choice([3.5, 4.0], n)])
    return pd.DataFrame(
        {
            "hour_sin": np.sin(2 * np.pi * hour / 24).round(6),
            "hour_cos": np.cos(2 * np.pi * hour / 24).round(6),
            "bytes_log": size,
            "source_ports_log2": np.choose(kind, [rng.integers(0, 3, n), 0, rng.integers(0, 2, n)]).astype(float),
            "is_business_hours": (hour >= 9) & (hour < 18),
            "source_ip_is_private": kind != 2,
            "is_web_port": kind == 0,
            "port_missing": kind == 1,
            "large_transfer": False,
            "protocol": np.choose(kind, ["tcp", "icmp", "tcp"]),
            "country": np.where(kind == 2, rng.choice(["CN", "RU", "US"], n), "unknown"),
            "verdict": np.where(kind == 2, "blocked", "allowed"),
        }
    )


def seed_rows(n: int, seed: int) -> pd.DataFrame:
    """The eight columns of the published notebook, at its rates, and independent of each other."""
    rng = np.random.default_rng(seed)
    flags = {name: rng.random(n) < share for name, share in SEED_FLAGS.items()}
    return pd.DataFrame({**flags, "bytes_log": np.log1p(rng.choice([40, 44, 52, 60], n, p=[0.5, 0.2, 0.1, 0.2]))})


EVENTS = collapsed(event_rows(2_000, seed=1))


def train(algorithm: str, rows: Any, roles: FeatureColumns = EVENT_COLUMNS, **given: Any) -> FittedModel:
    """Fit with all that a test does not care about filled in."""
    occasion = Occasion(
        feature_table="events",
        log_date=date(2026, 1, 12),
        trained_from=date(2026, 1, 5),
        trained_to=date(2026, 1, 11),
        bootstrap=False,
        baseline="2026-01-05:1 2026-01-11:2",
    )
    return fit(algorithm, rows, roles, **({"occasion": occasion, "settings": Training()} | given))


@cache
def trained(algorithm: str) -> FittedModel:
    """The model of `EVENTS`, fitted once for all tests."""
    return train(algorithm, EVENTS)
