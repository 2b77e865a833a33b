"""The sensors beside the firewall, and the log file that each writes in a night.

What belongs here: which sensors there are, ordering their entries, counting what is planted in them. What does not:
what they see.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.samples import auth, suricata, windows, zeek
from pipeline.samples.activity import Activity, Entry


def nothing(_: date) -> str:
    """No header, no footer."""
    return ""


@dataclass(frozen=True)
class Sensor:
    """What writes a log.

    Attributes:
        file: name of a night's file, with a place for the day.
        entries: what it writes, in any order.
        header: what stands before it.
        footer: what stands after it.
    """

    file: str
    entries: Callable[[Activity], Iterable[Entry]]
    header: Callable[[date], str] = nothing
    footer: Callable[[date], str] = nothing


# by the format of their logs
SENSORS = {
    "zeek": Sensor("conn_{day}.log", zeek.entries, zeek.header, zeek.footer),
    "suricata_eve": Sensor("eve_{day}.json", suricata.entries),
    "auth_log": Sensor("auth_{day}.log", auth.entries),
    "windows_events": Sensor("security_{day}.json", windows.entries),
}


def log_of(sensor: Sensor, activity: Activity) -> tuple[str, Counter[str]]:
    """A night's log in order of time, and how many entries each planted thing has in it."""
    entries = sorted(sensor.entries(activity), key=lambda entry: entry.time)
    day = activity.night.day
    lines = [sensor.header(day), *(entry.text for entry in entries), sensor.footer(day)]
    found = Counter(entry.planted for entry in entries if entry.planted)
    return "".join(f"{line}\n" for line in lines if line), found
