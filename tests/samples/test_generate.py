import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.samples.generate import write_samples
from pipeline.samples.sensors import SENSORS

SMALL = 600


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(folder: Path, **arguments: Any) -> dict[str, bytes]:
    write_samples(folder / "landing", folder / "ground_truth.csv", **{"events_per_night": SMALL, **arguments})
    return contents(folder)


def sensors(folder: Path) -> dict[str, Path]:
    return {form: folder / form for form in SENSORS}


def test_same_arguments_give_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert written(one, nights=2, sensors=sensors(one)) == written(two, nights=2, sensors=sensors(two))


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.samples.generate import write_samples; "
        "from pipeline.samples.sensors import SENSORS; "
        "f = Path(sys.argv[1]); folders = {form: f / form for form in SENSORS}; "
        f"write_samples(f / 'landing', f / 'ground_truth.csv', nights=5, events_per_night={SMALL}, sensors=folders)"
    )
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": hash_seed}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / hash_seed)], check=True, env=environment)
    here = tmp_path / "here"
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == written(here, nights=5, sensors=sensors(here))
    # firewall and Zeek have a file for each night
    assert len(contents(here)) == 2 * 5 + 3 + 2


def test_another_seed_gives_other_logs(tmp_path: Path) -> None:
    assert written(tmp_path / "one", nights=1, seed=7) != written(tmp_path / "two", nights=1, seed=8)


def test_a_night_does_not_depend_on_how_many_are_written(tmp_path: Path) -> None:
    few, many = (
        written(tmp_path / str(nights), nights=nights, sensors=sensors(tmp_path / str(nights))) for nights in (7, 8)
    )
    logs = [name for name in few if not name.startswith("ground_truth")]
    assert len(logs) == 2 * 7 + 3
    assert all(few[name] == many[name] for name in logs)
    for name in ("ground_truth.csv", "ground_truth_sources.csv"):
        assert many[name].startswith(few[name])


def test_one_complete_file_per_night_and_nothing_else(tmp_path: Path) -> None:
    seen: list[date] = []

    def remember(night: date) -> None:
        assert (tmp_path / "landing" / f"data_log_firewall_{night}.json").exists()
        seen.append(night)

    files = written(tmp_path, nights=3, first_night=date(2026, 2, 27), progress=remember)
    assert seen == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert sorted(files) == [*(f"data_log_firewall_{night}.json" for night in seen), "ground_truth.csv"]


def test_a_failed_write_leaves_no_file_behind(tmp_path: Path) -> None:
    (tmp_path / "landing" / "data_log_firewall_2026-01-05.json").mkdir(parents=True)
    with pytest.raises(OSError, match="data_log_firewall_2026-01-05"):
        written(tmp_path, nights=1)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("arguments", [{"nights": 0}, {"events_per_night": 0}, {"seed": -1}])
def test_arguments_out_of_range_are_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="sample logs need nights >= 1"):
        written(tmp_path, **arguments)
    assert contents(tmp_path) == {}


def test_size_follows_the_option(tmp_path: Path) -> None:
    sizes = {
        events: written(tmp_path / str(events), nights=1, events_per_night=events)[
            "data_log_firewall_2026-01-05.json"
        ].count(b'"@timestamp"')
        for events in (2_000, 20_000)
    }
    assert all(0.85 * events < size < 1.15 * events for events, size in sizes.items())


def test_the_week_of_attacks_repeats_from_other_addresses(tmp_path: Path) -> None:
    written(tmp_path, nights=14)
    rows = [line.split(",") for line in (tmp_path / "ground_truth.csv").read_text().splitlines()[1:]]
    attacks = [(night, name, sources, targets) for night, kind, name, sources, targets, *_ in rows if kind == "attack"]
    first, second = attacks[: len(attacks) // 2], attacks[len(attacks) // 2 :]
    assert [row[1] for row in first] == [row[1] for row in second]
    for one, other in zip(first, second, strict=True):
        outside = [
            {ip for ip in f"{row[2]} {row[3]}".split() if not ip.startswith(("10.", "203.", "198."))}
            for row in (one, other)
        ]
        assert outside[0]
        assert outside[0].isdisjoint(outside[1])
    assert sum(row[2] == "new_application" for row in rows) == 13
