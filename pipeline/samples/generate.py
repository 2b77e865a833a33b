"""Sample logs of an invented site, night by night, and the list of what is planted in them.

What belongs here: nights, files, and the one function that others call. What does not: traffic, attacks, the
format. A file is in the order of a real export, newest record first. A night depends on the seed, its date, its
place in the run and the size, never on how many nights are written.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

from pipeline.samples.activity import Activity
from pipeline.samples.ecs import export
from pipeline.samples.files import write_whole
from pipeline.samples.night import Night
from pipeline.samples.planted import Planted, planted_in
from pipeline.samples.radiation import radiation
from pipeline.samples.records import Records, joined
from pipeline.samples.sensors import OtherLogs
from pipeline.samples.site import USUAL_EVENTS, Site
from pipeline.samples.traffic import ordinary_traffic
from pipeline.samples.truth import COLUMNS, SOURCE_COLUMNS, truth_csv, truth_row

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
    sensors: Mapping[str, Path] | None = None,
    progress: Callable[[date], None] = ignore,
) -> None:
    """Write the logs of all sources and the list of what is planted; the same arguments give the same bytes.

    Args:
        landing: folder for `data_log_firewall_YYYY-MM-DD.json`; made if need be.
        truth_file: CSV of planted things, replaced as a whole.
        first_night: first UTC day.
        nights: how many days; the plan of attacks repeats every seven.
        events_per_night: records of a working day, planted ones aside; weekends have about 60 %.
        seed: of all draws, not negative.
        sensors: folders of the other sensors' logs, by their format (see `SENSORS`); made if need be. If there are any,
            `ground_truth_sources.csv` beside the truth file counts what is planted in each of them.
        progress: called with each night whose firewall log is complete.

    Raises:
        ValueError: an argument is out of range.
        OSError: a file cannot be written.
    """
    _check(nights, events_per_night, seed)
    for folder in (landing, truth_file.parent, *(sensors or {}).values()):
        folder.mkdir(parents=True, exist_ok=True)
    site = Site.of(seed, events_per_night)
    others = OtherLogs(sensors or {})
    truth: list[tuple[str, ...]] = []
    for number in range(1, nights + 1):
        night = Night(first_night + timedelta(days=number - 1), number, seed, events_per_night, site)
        background, planted = joined([ordinary_traffic(night), radiation(night)]), planted_in(night)
        _write_firewall(landing, night, background, planted)
        truth += [truth_row(night.day, thing) for thing in planted]
        if sensors:
            others.add(Activity.of(night, background, planted), is_last=number == nights)
        progress(night.day)
    write_whole(truth_file, [truth_csv(COLUMNS, truth)])
    if sensors:
        write_whole(truth_file.with_stem(f"{truth_file.stem}_sources"), [truth_csv(SOURCE_COLUMNS, others.counts)])


def _check(nights: int, events_per_night: int, seed: int) -> None:
    if nights < 1 or events_per_night < 1 or seed < 0:
        got = f"got {nights}, {events_per_night} and {seed}"
        message = f"sample logs need nights >= 1, events_per_night >= 1 and seed >= 0; {got}"
        raise ValueError(message)


def _write_firewall(landing: Path, night: Night, background: Records, planted: list[Planted]) -> None:
    records = joined([background, *(thing.records for thing in planted)]).newest_first()
    file = landing / f"data_log_firewall_{night.day.isoformat()}.json"
    write_whole(file, export(records, night.day, night.rng("style")))
