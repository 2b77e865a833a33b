"""What is planted in known nights: attacks of one night, a beacon of several, and a change that is none.

What belongs here: one small function for each planted thing, and the plan of the week. What does not:
ordinary traffic, and how the truth about planted things is written down.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.samples import site
from pipeline.samples.draws import Ints, Weighted, around, between, lognormal_sizes, sample, sizes_between
from pipeline.samples.night import Night
from pipeline.samples.records import DAY_MS, HOUR_MS, TCP, Records, accepted, dropped
from pipeline.samples.traffic import WORK, times

MINUTE_MS = 60_000
ATTACK, BENIGN = "attack", "benign"

PROBES = Weighted.of((40, 44, 60), (30, 50, 20))
GUESSES = lognormal_sizes(2_600, 0.25)
STOLEN = sizes_between(20_000_000, 80_000_000)
HEARTBEATS = sizes_between(310, 350)
APPLICATION_CALLS = lognormal_sizes(3_500, 0.8)

LATEST_START_HOUR = 21
APPLICATION_PORT = 9443
APPLICATION_SHARE = 25  # records per 1,000 of a working day
APPLICATION_WEEKEND_PERCENT = 12


@dataclass(frozen=True)
class Planted:
    """One planted thing in one night: whether it is an attack or benign, its name, all its log records."""

    kind: str
    name: str
    records: Records


def vertical_port_scan(night: Night, rng: Generator) -> Records:
    """One source tries some 800 ports of one host within 25 minutes; the edge drops all of it."""
    ports = sample(rng, np.arange(1, 10_001), night.grown(around(rng, 800, 5)))
    return dropped(
        rng,
        time=_start(rng, first_hour=7) + between(rng, 0, 25 * MINUTE_MS, len(ports)),
        source=_attackers(night, 1),
        dest=sample(rng, site.PUBLIC_ADDRESSES, 1),
        transport=TCP,
        dest_port=ports,
        size=PROBES.draw(rng, len(ports)),
    )


def horizontal_port_scan(night: Night, rng: Generator) -> Records:
    """One source tries a port of some 250 public addresses within an hour; the edge drops all of it."""
    targets = sample(rng, site.PUBLIC_ADDRESSES, around(rng, 250, 8))
    return dropped(
        rng,
        time=_start(rng, first_hour=1) + between(rng, 0, 55 * MINUTE_MS, len(targets)),
        source=_attackers(night, 1),
        dest=targets,
        transport=TCP,
        dest_port=sample(rng, np.array([445, 3389]), 1),
        size=PROBES.draw(rng, len(targets)),
    )


def ssh_brute_force(night: Night, rng: Generator) -> Records:
    """Some 40 bots guess passwords of the public SSH server for two hours; the edge lets SSH pass."""
    bots = _attackers(night, night.grown(around(rng, 40, 10)))
    sources = np.repeat(bots, between(rng, 20, 60, len(bots)))
    return accepted(
        rng,
        time=_start(rng, first_hour=0) + between(rng, 0, 2 * HOUR_MS, len(sources)),
        source=sources,
        dest=site.PUBLIC_SSH,
        transport=TCP,
        dest_port=22,
        size=GUESSES.draw(rng, len(sources)),
    )


def exfiltration(night: Night, rng: Generator) -> Records:
    """One client sends 20 to 80 MB some thirty times to one outside host between two and four at night."""
    count = around(rng, 30, 10)
    return accepted(
        rng,
        time=2 * HOUR_MS + between(rng, 0, 2 * HOUR_MS, count),
        source=sample(rng, night.site.clients[::2], 1),
        dest=_attackers(night, 1),
        transport=TCP,
        dest_port=443,
        size=STOLEN.draw(rng, count),
    )


def distributed_flood(night: Night, rng: Generator) -> Records:
    """Some 400 sources send the web server thousands of packets in ten minutes; the edge drops them."""
    bots = _attackers(night, night.grown(around(rng, 400, 5)))
    count = night.grown(around(rng, 3_000, 10))
    return dropped(
        rng,
        time=_start(rng, first_hour=8) + between(rng, 0, 10 * MINUTE_MS, count),
        source=np.concatenate([bots, Weighted.of(bots).draw(rng, count - len(bots))]),
        dest=site.PUBLIC_WEB,
        transport=TCP,
        dest_port=sample(rng, np.array([443, 80]), 1),
        size=PROBES.draw(rng, count),
    )


def low_and_slow_beacon(night: Night, rng: Generator) -> Records:
    """One client makes a small call to an outside host about every ten minutes, for days."""
    calls = np.arange(0, DAY_MS, 10 * MINUTE_MS)
    return accepted(
        rng,
        time=calls + between(rng, 0, MINUTE_MS, len(calls)),
        source=sample(night.rng_of_week("beaconing client"), night.site.clients[1::2], 1),
        dest=site.attacker_addresses(night.seed, 2 * night.week, 1),
        transport=TCP,
        dest_port=443,
        size=HEARTBEATS.draw(rng, len(calls)),
    )


def new_application(night: Night, rng: Generator) -> Records:
    """No attack: from some night on, clients use a new internal server in business hours."""
    percent = APPLICATION_WEEKEND_PERCENT if night.is_weekend else 100
    count = max(1, around(rng, night.events * APPLICATION_SHARE * percent // 100_000, 6))
    return accepted(
        rng,
        time=times(rng, WORK, count),
        source=Weighted.of(night.site.clients[::2]).draw(rng, count),
        dest=site.NEW_APPLICATION,
        transport=TCP,
        dest_port=APPLICATION_PORT,
        size=APPLICATION_CALLS.draw(rng, count),
    )


FIRST_NIGHT_OF_APPLICATION = 2
FIRST_NIGHT_OF_BEACON = 3
ATTACKS: dict[int, tuple[str, Callable[[Night, Generator], Records]]] = {
    3: ("vertical_port_scan", vertical_port_scan),
    4: ("ssh_brute_force", ssh_brute_force),
    5: ("exfiltration", exfiltration),
    6: ("distributed_flood", distributed_flood),
    7: ("horizontal_port_scan", horizontal_port_scan),
}


def planted_in(night: Night) -> list[Planted]:
    """What is planted in a night: the attack of the day, the beacon of the week, the lasting change."""
    plan = []
    if night.night_of_week in ATTACKS:
        plan.append((ATTACK, *ATTACKS[night.night_of_week]))
    if night.night_of_week >= FIRST_NIGHT_OF_BEACON:
        plan.append((ATTACK, "low_and_slow_beacon", low_and_slow_beacon))
    if night.number >= FIRST_NIGHT_OF_APPLICATION:
        plan.append((BENIGN, "new_application", new_application))
    return [Planted(kind, name, attack(night, night.rng(name))) for kind, name, attack in plan]


def _start(rng: Generator, first_hour: int) -> int:
    """When an attack begins: any minute from an hour on, early enough to end before midnight."""
    return int(rng.integers(first_hour * 60, LATEST_START_HOUR * 60)) * MINUTE_MS


def _attackers(night: Night, count: int) -> Ints:
    """Addresses of the night's own; even ranks are left to beacons, which keep theirs for a week."""
    return site.attacker_addresses(night.seed, 2 * night.number + 1, count)
