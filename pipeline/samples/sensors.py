"""The sensors beside the firewall, and the files that each writes.

What belongs here: which sensors there are, ordering their entries, counting what is planted in them. What does not:
what they see.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.samples import auth, suricata, windows, zeek
from pipeline.samples.activity import Activity, Entry
from pipeline.samples.files import write_whole


def nothing(_: date) -> str:
    """No header, no footer."""
    return ""


@dataclass(frozen=True)
class Sensor:
    """What writes a log.

    Attributes:
        file: name of a file, with a place for its last day.
        nights: how many nights it writes to a file before it starts another.
        entries: what it writes in a night, in any order.
        header: what stands before it.
        footer: what stands after it.
    """

    file: str
    nights: int
    entries: Callable[[Activity], Iterable[Entry]]
    header: Callable[[date], str] = nothing
    footer: Callable[[date], str] = nothing


# by the format of their logs; some rotate weekly, as they do by default
SENSORS = {
    "zeek": Sensor("conn_{day}.log", 1, zeek.entries, zeek.header, zeek.footer),
    "suricata_eve": Sensor("eve_{day}.json", 7, suricata.entries),
    "auth_log": Sensor("auth_{day}.log", 7, auth.entries),
    "windows_events": Sensor("security_{day}.json", 7, windows.entries),
}


class OtherLogs:
    """The files of the sensors, night after night.

    Attributes:
        counts: night, name of a planted thing, format, and how many records tell of it.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.counts: list[tuple[str, ...]] = []
        self._folders = folders
        self._unwritten: dict[str, list[bytes]] = {name: [] for name in folders}

    def add(self, activity: Activity, *, is_last: bool) -> None:
        """Log a night, and write the files that are complete with it."""
        day = activity.night.day.isoformat()
        for name, lines in self._unwritten.items():
            sensor = SENSORS[name]
            log, found = _log_of(sensor, activity)
            lines.append(log.encode())
            self.counts += [(day, planted, name, str(found[planted])) for planted in activity.names if found[planted]]
            if is_last or activity.night.number % sensor.nights == 0:
                write_whole(self._folders[name] / sensor.file.format(day=day), lines)
                lines.clear()


def _log_of(sensor: Sensor, activity: Activity) -> tuple[str, Counter[str]]:
    """What is logged in a night in order of time, and how many entries each planted thing has in it."""
    entries = sorted(sensor.entries(activity), key=lambda entry: entry.time)
    day = activity.night.day
    lines = [sensor.header(day), *(entry.text for entry in entries), sensor.footer(day)]
    found = Counter(entry.planted for entry in entries if entry.planted)
    return "".join(f"{line}\n" for line in lines if line), found
