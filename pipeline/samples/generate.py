"""Sample logs of an invented site, night by night, and the list of what is planted in them.

What belongs here: nights, files, and the one function that others call. What does not: traffic, attacks, the
format. A file is in the order of a real export, newest record first. A night depends on the seed, its date, its
place in the run and the size, never on how many nights are written.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

from pipeline.samples.ecs import export
from pipeline.samples.night import Night
from pipeline.samples.planted import planted_in
from pipeline.samples.radiation import radiation
from pipeline.samples.records import joined
from pipeline.samples.site import USUAL_EVENTS, Site
from pipeline.samples.traffic import ordinary_traffic
from pipeline.samples.truth import truth_csv, truth_row

FIRST_NIGHT = date(2026, 1, 5)  # a Monday


def ignore(_: date) -> None:
    """Take no notice."""


def write_samples(
    landing: Path,
    truth_file: Path,
    *,
    first_night: date = FIRST_NIGHT,
    nights: int = 7,
    events_per_night: int = USUAL_EVENTS,
    seed: int = 7,
    progress: Callable[[date], None] = ignore,
) -> None:
    """Write one log file per night and the list of what is planted; the same arguments give the same bytes.

    Args:
        landing: folder for `data_log_firewall_YYYY-MM-DD.json`; made if need be.
        truth_file: CSV of planted things, replaced as a whole.
        first_night: first UTC day.
        nights: how many days; the plan of attacks repeats every seven.
        events_per_night: records of a working day, planted ones aside; weekends have about 60 %.
        seed: of all draws, not negative.
        progress: called with each night whose file is complete.

    Raises:
        ValueError: an argument is out of range.
        OSError: a file cannot be written.
    """
    if nights < 1 or events_per_night < 1 or seed < 0:
        got = f"got {nights}, {events_per_night} and {seed}"
        message = f"sample logs need nights >= 1, events_per_night >= 1 and seed >= 0; {got}"
        raise ValueError(message)
    landing.mkdir(parents=True, exist_ok=True)
    truth_file.parent.mkdir(parents=True, exist_ok=True)
    site = Site.of(seed, events_per_night)
    rows: list[tuple[str, ...]] = []
    for number in range(1, nights + 1):
        night = Night(first_night + timedelta(days=number - 1), number, seed, events_per_night, site)
        rows += _write_night(landing, night)
        progress(night.day)
    _write(truth_file, [truth_csv(rows)])


def _write_night(landing: Path, night: Night) -> list[tuple[str, ...]]:
    planted = planted_in(night)
    parts = [ordinary_traffic(night), radiation(night), *(thing.records for thing in planted)]
    records = joined(parts).newest_first()
    _write(
        landing / f"data_log_firewall_{night.day.isoformat()}.json",
        export(records, night.day, night.rng("style")),
    )
    return [truth_row(night.day, thing) for thing in planted]


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """All or nothing: until it is complete the file has a name that no log source looks for."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
