"""Side files of labels: both forms, none at all, and what is wrong with one in a sentence."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.config_errors import ConfigError
from pipeline.samples.truth import COLUMNS
from pipeline.scoring.truth import WINDOWS, read_or_tell, read_truth

ATTACK = "2026-01-07,attack,scan,10.0.0.1 10.0.0.2,10.0.0.9,22 80,2026-01-07T08:00:00.5Z,2026-01-07T09:00:00Z,12"
HEADER = ",".join(COLUMNS)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "truth.csv"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_the_sample_writes_the_form_that_is_read() -> None:
    assert set(WINDOWS) <= set(COLUMNS)


def test_attacks_are_windows_with_addresses_and_ports(tmp_path: Path) -> None:
    truth = read_truth(
        write(tmp_path, HEADER, ATTACK, "2026-01-07,benign,new,,,,2026-01-07T00:00:00Z,2026-01-07T01:00:00Z,1")
    )
    first, second = truth.windows.to_pylist()
    assert first["night"] == date(2026, 1, 7)
    assert (first["source_ips"], first["dest_ips"]) == (["10.0.0.1", "10.0.0.2"], ["10.0.0.9"])
    assert first["dest_ports"] == ["22", "80"]
    assert first["first_event"].isoformat() == "2026-01-07T08:00:00.500000+00:00"
    assert (second["kind"], second["dest_ports"]) == ("benign", [])
    assert len(truth.entities) == 0


def test_entities_have_labels(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "label,feature_table,entity_id,log_date", "dos,users,007,2026-01-07"))
    assert truth.entities.to_pylist() == [
        {"feature_table": "users", "entity_id": "007", "log_date": date(2026, 1, 7), "label": "dos"}
    ]
    assert len(truth.windows) == 0


def test_an_entity_without_a_label_is_not_known(tmp_path: Path) -> None:
    rows = ("events,e1,2026-01-07,", "events,e2,2026-01-07, ", "events,e3,2026-01-07,dos")
    truth = read_truth(write(tmp_path, "feature_table,entity_id,log_date,label", *rows))
    assert truth.entities["entity_id"].to_pylist() == ["e3"]


@pytest.mark.parametrize("name", ["", "-", "Normal"])
def test_an_attack_is_one_whatever_its_name_says(tmp_path: Path, name: str) -> None:
    truth = read_truth(write(tmp_path, HEADER, ATTACK.replace("scan", name, 1)))
    assert truth.windows["name"].to_pylist() == ["attack"]


@pytest.mark.parametrize("name", [None, "nowhere.csv"])
def test_without_a_file_there_are_no_labels(tmp_path: Path, name: str | None) -> None:
    truth = read_truth(tmp_path / name if name else None)
    assert (len(truth.windows), len(truth.entities)) == (0, 0)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["a,b", "1,2"], ["columns are a, b", "entity_id"]),
        ([HEADER, ATTACK.replace("2026-01-07,", "yesterday,", 1)], ["row 2", "night = 'yesterday'", "2026-01-05"]),
        ([HEADER, ATTACK, ATTACK.replace("T09:00:00Z", " nine")], ["row 3", "last_event", "2026-01-05T08:00:00Z"]),
        ([HEADER, ATTACK.replace("attack", "evil")], ["kind = 'evil'", "attack or benign"]),
        ([HEADER, ATTACK, "2026-01-07,attack"], ["cannot be used"]),
        (["label,label,feature_table,entity_id,log_date", "a,b,users,u,2026-01-07"], ["'label' is there twice"]),
        ([], ["cannot be used"]),
    ],
)
def test_a_malformed_file_is_one_sentence(tmp_path: Path, lines: list[str], words: list[str]) -> None:
    with pytest.raises(ConfigError) as fault:
        read_truth(write(tmp_path, *lines))
    for word in ["evaluation.labels", "truth.csv", *words]:
        assert word in str(fault.value)
    assert "\n" not in str(fault.value)
    truth, told = read_or_tell(write(tmp_path, *lines))
    assert (len(truth.windows), len(truth.entities), told) == (0, 0, str(fault.value))
