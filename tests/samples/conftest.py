"""Seven small nights, written and parsed once for all tests of the generator."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.samples.generate import write_samples

EVENTS = 5_000


@dataclass(frozen=True)
class Samples:
    landing: Path
    truth: list[dict[str, str]]
    nights: dict[str, list[dict[str, Any]]]

    def everything(self) -> list[dict[str, Any]]:
        return [record for records in self.nights.values() for record in records]


def flattened(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        flat |= flattened(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    home = tmp_path_factory.mktemp("samples")
    landing, truth_file = home / "landing" / "edge_firewall", home / "ground_truth.csv"
    write_samples(landing, truth_file, events_per_night=EVENTS)
    nights = {
        path.stem.removeprefix("data_log_firewall_"): [flattened(row) for row in json.loads(path.read_bytes())]
        for path in sorted(landing.iterdir())
    }
    return Samples(landing, list(csv.DictReader(truth_file.read_text().splitlines())), nights)
