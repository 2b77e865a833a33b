"""Windows security events as a collector forwards them, one JSON object a line: logons, failures, logoffs.

What belongs here: a day at the workstations and at the file server, and what an attack leaves there. What does not:
the network's view of it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from pipeline.samples import people
from pipeline.samples.activity import Activity, Entry, json_line
from pipeline.samples.draws import Weighted, between, lognormal_sizes, sample
from pipeline.samples.planted import MINUTE_MS
from pipeline.samples.records import DAY_MS, HOUR_MS
from pipeline.samples.site import dotted
from pipeline.samples.traffic import WORK, times

LOGON, FAILURE, LOGOFF = 4624, 4625, 4634
AT_THE_SCREEN, OVER_THE_NETWORK, UNLOCKING = 2, 3, 7
FILE_SERVER = "FILES-1"
LOCAL = "127.0.0.1"
SID = "S-1-5-21-1004336348-1177238915-682003330"
PRESENT_PERCENT, PRESENT_WEEKEND_PERCENT = 94, 12
SLIPS = Weighted.of((0, 1, 2), (90, 8, 2))  # before a logon at the screen
UNLOCKS_PER_PERSON, VISITS_PER_PERSON = 2, 3  # of locked screens, to the file server
VISIT_MS = lognormal_sizes(600_000, 1.0)
KINDS = {
    LOGON: {"EventType": "AUDIT_SUCCESS", "Severity": "INFO", "Category": "Logon", "Task": 12544},
    FAILURE: {
        "EventType": "AUDIT_FAILURE", "Severity": "ERROR", "Category": "Logon", "Task": 12544,
        "Status": "0xc000006d", "SubStatus": "0xc000006a", "FailureReason": "%%2313",
    },
    LOGOFF: {"EventType": "AUDIT_SUCCESS", "Severity": "INFO", "Category": "Logoff", "Task": 12545},
}  # fmt: skip


class Session(NamedTuple):
    """One session.

    Attributes:
        person: number of the client whose user it is.
        kind: logon type.
        machine: that is logged on to.
        address: from where.
        port: from which port, 0 at the screen.
        start: milliseconds since midnight UTC.
        end: milliseconds since midnight UTC.
        slips: wrong passwords before it.
        planted: name of the planted thing that it belongs to, or nothing.
    """

    person: int
    kind: int
    machine: str
    address: str
    port: int
    start: int
    end: int
    slips: int = 0
    planted: str = ""


def entries(activity: Activity) -> Iterator[Entry]:
    """The records of all machines."""
    rng = activity.night.rng("windows")
    sessions = chain(_at_the_screens(activity, rng), _at_the_file_server(activity, rng), _of_thieves(activity, rng))
    for number, one in enumerate(sessions):
        for slip in range(one.slips, 0, -1):
            time = one.start - slip * 6_000
            yield Entry(time, _line(activity, time, FAILURE, one, number), one.planted)
        yield Entry(one.start, _line(activity, one.start, LOGON, one, number), one.planted)
        yield Entry(one.end, _line(activity, one.end, LOGOFF, one, number), one.planted)


def _at_the_screens(activity: Activity, rng: Generator) -> Iterator[Session]:
    """Who is there works from morning to evening, with breaks."""
    crowd = _present(activity, rng)
    starts = (7 * HOUR_MS + between(rng, 0, 150 * MINUTE_MS, len(crowd))).tolist()
    ends = (15 * HOUR_MS + between(rng, 30 * MINUTE_MS, 210 * MINUTE_MS, len(crowd))).tolist()
    slips = SLIPS.draw(rng, len(crowd)).tolist()
    for person, start, end, slip in zip(crowd, starts, ends, slips, strict=True):
        screen = (people.workstation(person), LOCAL, 0)
        yield Session(person, AT_THE_SCREEN, *screen, start, end, slip)
        for back in between(rng, start, end, UNLOCKS_PER_PERSON).tolist():
            yield Session(person, UNLOCKING, *screen, back, min(back + 1_000, end))


def _at_the_file_server(activity: Activity, rng: Generator) -> Iterator[Session]:
    """Whoever is there fetches files in working hours."""
    crowd = _present(activity, rng)
    count = len(crowd) * VISITS_PER_PERSON
    columns = (
        Weighted.of(crowd).draw(rng, count).tolist(),
        between(rng, 49_152, 65_535, count).tolist(),
        times(rng, WORK, count).tolist(),
        VISIT_MS.draw(rng, count).tolist(),
    )
    for person, port, start, length in zip(*columns, strict=True):
        client = dotted(int(activity.night.site.clients[person]))
        yield Session(person, OVER_THE_NETWORK, FILE_SERVER, client, port, start, min(start + length, DAY_MS - 1))


def _of_thieves(activity: Activity, rng: Generator) -> Iterator[Session]:
    """What is carried off comes from the file server, while it is sent away."""
    clients = {dotted(client): person for person, client in enumerate(activity.night.site.clients.tolist())}
    stolen = activity.of_planted("exfiltration")
    ports = between(rng, 49_152, 65_535, len(stolen)).tolist()
    for one, port in zip(stolen.each(), ports, strict=True):
        visit = (clients[one.source], OVER_THE_NETWORK, FILE_SERVER, one.source, port)
        yield Session(*visit, one.start, one.end, planted="exfiltration")


def _present(activity: Activity, rng: Generator) -> list[int]:
    """Numbers of the clients whose users are at work."""
    everybody = np.arange(len(activity.night.site.clients))
    percent = PRESENT_WEEKEND_PERCENT if activity.night.is_weekend else PRESENT_PERCENT
    return sorted(sample(rng, everybody, max(1, len(everybody) * percent // 100)).tolist())


def _line(activity: Activity, time: int, event: int, one: Session, number: int) -> str:
    moment = activity.moment(time)
    record = {
        "@timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{time % 1000:03}Z",
        "EventTime": f"{moment:%Y-%m-%d %H:%M:%S}",
        "EventID": event,
        "Channel": "Security",
        "SourceName": "Microsoft-Windows-Security-Auditing",
        "Hostname": f"{one.machine}.{people.DOMAIN}",
        **KINDS[event],
        "TargetUserName": people.user(one.person),
        "TargetDomainName": "CORP",
        "TargetUserSid": "S-1-0-0" if event == FAILURE else f"{SID}-{1101 + one.person}",
        "LogonType": str(one.kind),
        **({} if event == FAILURE else {"TargetLogonId": f"0x{0x1A000 + 0x2F3 * number:x}"}),
        **({} if event == LOGOFF else _origin(one)),
    }
    return json_line(record)


def _origin(one: Session) -> dict[str, Any]:
    is_remote = one.kind == OVER_THE_NETWORK
    return {
        "IpAddress": one.address,
        "IpPort": str(one.port),
        "WorkstationName": "-" if is_remote else one.machine,
        "LogonProcessName": "Kerberos" if is_remote else "User32 ",
        "AuthenticationPackageName": "Kerberos" if is_remote else "Negotiate",
    }
