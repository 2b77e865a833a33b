"""Sample logs of an invented site, night by night, and the list of what is planted in them.

What belongs here: nights, files, and the one function that others call. What does not: traffic, attacks, the
format. A file is in the order of a real export, newest record first. A night depends on the seed, its date, its
place in the run and the size, never on how many nights are written.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

from pipeline.samples.activity import Activity
from pipeline.samples.ecs import export
from pipeline.samples.night import Night
from pipeline.samples.planted import Planted, planted_in
from pipeline.samples.radiation import radiation
from pipeline.samples.records import Records, joined
from pipeline.samples.sensors import SENSORS, log_of
from pipeline.samples.site import USUAL_EVENTS, Site
from pipeline.samples.traffic import ordinary_traffic
from pipeline.samples.truth import COLUMNS, SOURCE_COLUMNS, truth_csv, truth_row

FIRST_NIGHT = date(2026, 1, 5)  # a Monday
Rows = list[tuple[str, ...]]


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
    sensors: Mapping[str, Path] | None = None,
    progress: Callable[[date], None] = ignore,
) -> None:
    """Write one log file per night and source, and what is planted; the same arguments give the same bytes.

    Args:
        landing: folder for `data_log_firewall_YYYY-MM-DD.json`; made if need be.
        truth_file: CSV of planted things, replaced as a whole.
        first_night: first UTC day.
        nights: how many days; the plan of attacks repeats every seven.
        events_per_night: records of a working day, planted ones aside; weekends have about 60 %.
        seed: of all draws, not negative.
        sensors: folders of the other sensors' logs, by their format (see `SENSORS`); made if need be. If there are any,
            `ground_truth_sources.csv` beside the truth file counts what is planted in each of them.
        progress: called with each night whose files are complete.

    Raises:
        ValueError: an argument is out of range.
        OSError: a file cannot be written.
    """
    if nights < 1 or events_per_night < 1 or seed < 0:
        got = f"got {nights}, {events_per_night} and {seed}"
        message = f"sample logs need nights >= 1, events_per_night >= 1 and seed >= 0; {got}"
        raise ValueError(message)
    for folder in (landing, truth_file.parent, *(sensors or {}).values()):
        folder.mkdir(parents=True, exist_ok=True)
    site = Site.of(seed, events_per_night)
    truth: Rows = []
    counts: Rows = []
    for number in range(1, nights + 1):
        night = Night(first_night + timedelta(days=number - 1), number, seed, events_per_night, site)
        background, planted = joined([ordinary_traffic(night), radiation(night)]), planted_in(night)
        _write_firewall(landing, night, background, planted)
        truth += [truth_row(night.day, thing) for thing in planted]
        if sensors:
            counts += _write_others(sensors, Activity.of(night, background, planted))
        progress(night.day)
    _write(truth_file, [truth_csv(COLUMNS, truth)])
    if sensors:
        _write(truth_file.with_stem(f"{truth_file.stem}_sources"), [truth_csv(SOURCE_COLUMNS, counts)])


def _write_firewall(landing: Path, night: Night, background: Records, planted: list[Planted]) -> None:
    records = joined([background, *(thing.records for thing in planted)]).newest_first()
    file = landing / f"data_log_firewall_{night.day.isoformat()}.json"
    _write(file, export(records, night.day, night.rng("style")))


def _write_others(sensors: Mapping[str, Path], activity: Activity) -> Rows:
    """The logs of a night, and how many records of each planted thing are in them."""
    day = activity.night.day.isoformat()
    counts: Rows = []
    for name, folder in sensors.items():
        log, found = log_of(SENSORS[name], activity)
        _write(folder / SENSORS[name].file.format(day=day), [log.encode()])
        counts += [(day, planted, name, str(found[planted])) for planted in activity.names if planted in found]
    return counts


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """All or nothing: until it is complete the file has a name that no log source looks for."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
