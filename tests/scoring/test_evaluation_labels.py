"""Which entities of a night count as attacks: by the side file's windows, by its entities, by label columns."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.features.tables import FEATURE_TABLES
from pipeline.people.entries import checked
from pipeline.scoring.evaluation_labels import ENTITIES, by_pattern, label_counts, read_label, staged
from pipeline.scoring.truth import Truth, read_truth
from pipeline.warehouse.engine import Warehouse

NIGHT, OTHER = date(2026, 1, 7), date(2026, 1, 8)
WINDOWS = """\
night,kind,name,source_ips,dest_ips,dest_ports,first_event,last_event
2026-01-07,attack,guesses,10.0.0.1,10.0.0.9,22,2026-01-07T08:00:00Z,2026-01-07T09:00:00Z
2026-01-07,attack,flood,,10.0.0.8,,2026-01-07T08:00:00Z,2026-01-07T09:00:00Z
2026-01-08,attack,later,10.0.0.1,10.0.0.9,22,2026-01-07T08:00:00Z,2026-01-07T09:00:00Z
"""
NAMED = "feature_table,entity_id,log_date,label\nevents,e0,2026-01-07,dos\nevents,e1,2026-01-07,benign\n"
Put = Callable[[str, list[dict[str, Any]]], None]


def at(hour: int, second: int = 0) -> datetime:
    return datetime(2026, 1, 7, hour, 0, second, tzinfo=UTC)


def written(folder: Path, text: str) -> Truth:
    file = folder / "truth.csv"
    file.write_text(text, encoding="utf-8")
    return read_truth(file)


def found(
    warehouse: Warehouse, truth: Truth, table: str, night: date = NIGHT, said: Sequence[dict[str, Any]] = ()
) -> dict[int, str]:
    """Labels by pattern, where every entity has a pattern of its own."""
    with staged(warehouse, truth, night) as rest_is_benign:
        counts = label_counts(FEATURE_TABLES[table], night, said, rest_is_benign=rest_is_benign)
        rows = warehouse.fetch(counts).to_pylist()
    return {row["pattern_id"]: row["label"] for row in rows}


@pytest.fixture
def put_entities(put: Put) -> Callable[..., None]:
    def insert(table: str, *entities: str, labels: tuple[str | None, ...] = ()) -> None:
        told = labels or (None,) * len(entities)
        named = enumerate(zip(entities, told, strict=True))
        rows = [{"entity_id": one, "log_date": NIGHT, "pattern_id": n, "label": label} for n, (one, label) in named]
        put(f"features.{table}", rows)

    return insert


def test_every_built_in_feature_table_has_entities() -> None:
    assert ENTITIES.keys() == FEATURE_TABLES.keys()


def test_an_event_is_of_an_attack_if_time_source_destination_and_port_are(
    warehouse: Warehouse, put: Put, put_entities: Callable[..., None], tmp_path: Path
) -> None:
    known = {"source_ip": "10.0.0.1", "dest_ip": "10.0.0.9", "dest_port": 22, "timestamp": at(8, 30)}
    others = [
        {},
        {"timestamp": at(9, 1)},  # clocks differ by a second
        {"timestamp": at(9, 2)},
        {"source_ip": "10.0.0.2"},
        {"dest_ip": "10.0.0.7"},
        {"dest_port": 80},
        {"dest_port": None},
        {"dest_ip": None, "dest_port": None},  # a server's note of a login
        {"dest_ip": None, "dest_port": None, "source_ip": "10.0.0.3"},
        {"dest_ip": "10.0.0.8", "source_ip": None, "dest_port": None},  # what an attack does not list may be anything
    ]
    put(
        "raw.security_events",
        [{"event_id": f"e{n}", "log_date": NIGHT, **known, **one} for n, one in enumerate(others)],
    )
    put_entities("events", *(f"e{n}" for n in range(len(others))))
    truth = written(tmp_path, WINDOWS)
    labels = found(warehouse, truth, "events")
    assert [labels[n] for n in range(len(others))] == ["guesses"] * 2 + ["benign"] * 5 + ["guesses", "benign", "flood"]


def test_addresses_and_users_are_of_the_attacks_that_their_rows_are_of(
    warehouse: Warehouse, put: Put, put_entities: Callable[..., None], tmp_path: Path
) -> None:
    row = {"log_date": NIGHT, "timestamp": at(8, 30), "source_ip": "10.0.0.1", "dest_ip": "10.0.0.9", "dest_port": 22}
    put("raw.connections", [{"connection_id": "c", **row}, {"connection_id": "d", **row, "dest_ip": "10.0.0.8"}])
    attempt = {"log_date": NIGHT, "timestamp": at(8, 30), "source_ip": "10.0.0.1"}
    put("raw.logins", [{"login_id": "l", "user": "root", **attempt}, {"login_id": "m", "user": None, **attempt}])
    put_entities("connections", "c", "d")
    put_entities("source_ips", "10.0.0.1", "10.0.0.2")
    put_entities("destination_ips", "10.0.0.9", "10.0.0.8", "10.0.0.1")
    put_entities("users", "root", "ada")
    truth = written(tmp_path, WINDOWS)
    assert found(warehouse, truth, "connections") == {0: "guesses", 1: "flood"}
    assert found(warehouse, truth, "source_ips") == {0: "flood, guesses", 1: "benign"}
    assert found(warehouse, truth, "destination_ips") == {0: "guesses", 1: "flood", 2: "benign"}
    # logins name no destination, so the flood, which lists nothing else, is not theirs
    assert found(warehouse, truth, "users") == {0: "guesses", 1: "benign"}


def test_named_entities_have_their_label_and_the_rest_has_its_own_or_none(
    warehouse: Warehouse, put_entities: Callable[..., None], tmp_path: Path
) -> None:
    put_entities("events", "e0", "e1", "e2", "e3", labels=(None, "scan", "scan", None))
    truth = written(tmp_path, NAMED)
    assert found(warehouse, truth, "events") == {0: "dos", 1: "benign", 2: "scan", 3: None}


def test_what_people_judged_overrules_the_rest_and_keeps_its_type(
    warehouse: Warehouse, put_entities: Callable[..., None], tmp_path: Path
) -> None:
    put_entities("users", *"abcdef", labels=("scan", "scan", "benign", None, "scan", None))
    nights = {"first_night": NIGHT, "last_night": NIGHT, "expires_at": None}
    verdicts = {"a": "malicious", "b": "benign", "c": "malicious", "d": "malicious"}
    said = [vars(checked("user", name, None)) | {"verdict": verdict} | nights for name, verdict in verdicts.items()]
    labels = found(warehouse, written(tmp_path, NAMED), "users", said=said)
    assert {n: label and read_label(label) for n, label in labels.items()} == {
        0: (True, ("scan",)),
        1: (False, ()),
        2: (True, ()),
        3: (True, ()),
        4: (True, ("scan",)),
        5: None,
    }
    later = [row | {"first_night": OTHER, "last_night": None} for row in said]
    assert found(warehouse, written(tmp_path, NAMED), "users", said=later)[1] == "scan"


def test_a_night_that_the_file_does_not_speak_of_has_labels_of_its_sources_alone(
    warehouse: Warehouse, put_entities: Callable[..., None], tmp_path: Path
) -> None:
    put_entities("events", "e0", "e1", labels=("scan", None))
    only_later = "\n".join(line for line in WINDOWS.splitlines() if "2026-01-07,attack" not in line)
    assert found(warehouse, written(tmp_path, only_later), "events") == {0: "scan", 1: None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("benign", (False, ())),
        ("Normal", (False, ())),
        ("0", (False, ())),
        ("1", (True, ())),
        ("Malicious", (True, ())),
        ("DDoS", (True, ("DDoS",))),
        ("Benign, DDoS, scan", (True, ("DDoS", "scan"))),
        ("attack, scan", (True, ("scan",))),
    ],
)
def test_labels_say_attack_and_which(text: str, told: tuple[bool, tuple[str, ...]]) -> None:
    assert read_label(text) == told


def test_patterns_count_their_labelled_rows() -> None:
    counts = pd.DataFrame(
        {
            "pattern_id": [3, 3, 3, 5, 5, 9],
            "label": ["benign", "scan", None, "dos, scan", "1", "benign"],
            "rows": [4, 2, 7, 3, 1, 6],
        }
    )
    labels = by_pattern(counts, np.array([3, 5, 8, 9]))
    assert labels.benign.tolist() == [4, 0, 0, 6]
    assert labels.attacks.tolist() == [2, 4, 0, 0]
    assert {name: rows.tolist() for name, rows in labels.types.items()} == {"scan": [2, 3, 0, 0], "dos": [0, 3, 0, 0]}
    assert list(labels.types) == ["scan", "dos"]
