"""Allowed traffic of an ordinary night: a business profile by hour and weekday, and a nightly backup.

What belongs here: what the site's own people and servers and its visitors do. What does not: what the firewall
drops, what is planted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.samples import site
from pipeline.samples.draws import Ints, Weighted, around, between, lognormal_sizes, sizes_between
from pipeline.samples.night import Night
from pipeline.samples.records import GRE, GRE_BY_NUMBER, HOUR_MS, ICMP, TCP, UDP, Records, accepted, joined

HOURS = range(24)
WORK = Weighted.of(HOURS, (2, 1, 1, 1, 1, 2, 6, 22, 65, 95, 100, 92, 68, 84, 96, 90, 80, 55, 24, 12, 8, 6, 4, 3))
LEISURE = Weighted.of(
    HOURS, (14, 9, 7, 6, 6, 8, 14, 24, 38, 50, 58, 60, 60, 58, 56, 56, 58, 62, 70, 78, 76, 62, 42, 24)
)
STEADY = Weighted.of(HOURS)

BY_TCP, BY_UDP, BY_ICMP = Weighted.only(TCP), Weighted.only(UDP), Weighted.only(ICMP)
BY_GRE = Weighted.of((GRE, GRE_BY_NUMBER), (3, 1))

WEB_SIZES = lognormal_sizes(14_000, 1.5)
LARGE_DOWNLOADS = lognormal_sizes(5_000_000, 0.7)
SMALL_REPLIES = lognormal_sizes(160, 0.4)
QUERIES = lognormal_sizes(2_400, 1.1)
MESSAGES = lognormal_sizes(9_000, 1.2)
DOCUMENTS = lognormal_sizes(60_000, 1.6)
TUNNELS = lognormal_sizes(30_000, 1.2)
SESSIONS = lognormal_sizes(7_000, 0.9)
PINGS = Weighted.only(84)
BACKUPS = sizes_between(300_000_000, 3_000_000_000)

BACKUP_PORT = 9103
BACKUPS_PER_NIGHT = 12


@dataclass(frozen=True)
class Flow:
    """One kind of allowed traffic.

    Attributes:
        share: its records per 1,000 of a working day.
        sources: who opens the connections.
        destinations: who is called.
        transports: indices into `TRANSPORTS`.
        port: destination port; of no meaning where the transport has none.
        sizes: bytes of a connection.
        hours: when.
        weekend: percent of a working day's volume that remains on Saturdays and Sundays.
    """

    share: int
    sources: Weighted
    destinations: Weighted
    transports: Weighted
    port: int
    sizes: Weighted
    hours: Weighted = WORK
    weekend: int = 12

    def records(self, rng: Generator, events: int, *, is_weekend: bool) -> Records:
        """A day's records; `events` is the size of a working day with all its traffic."""
        percent = self.weekend if is_weekend else 100
        count = around(rng, events * self.share * percent // 100_000, 6)
        return accepted(
            rng,
            time=times(rng, self.hours, count),
            source=self.sources.draw(rng, count),
            dest=self.destinations.draw(rng, count),
            transport=self.transports.draw(rng, count),
            dest_port=self.port,
            size=self.sizes.draw(rng, count),
        )


def times(rng: Generator, hours: Weighted, count: int) -> Ints:
    """Milliseconds since midnight, spread evenly within weighted hours."""
    return hours.draw(rng, count) * HOUR_MS + rng.integers(0, HOUR_MS, size=count, dtype=np.int64)


def ordinary_traffic(night: Night) -> Records:
    """All allowed traffic that any night has."""
    events = around(night.rng("volume"), night.events, 5)
    visitors = Weighted.of(site.internet_addresses(night.rng("visitors"), site.VISITING, max(1, events // 40)))
    flows = [*_of_clients(night.site), *_of_servers(night.site), *_from_outside(night.site, visitors)]
    rng = night.rng("ordinary traffic")
    parts = [flow.records(rng, events, is_weekend=night.is_weekend) for flow in flows]
    return joined([*parts, _backup(night.rng("backup"))])


def _of_clients(people: site.Site) -> list[Flow]:
    clients = Weighted.of(people.clients, [4 + number * 7 % 9 for number in range(len(people.clients))])
    admins = Weighted.of(people.clients[:3])
    popular = Weighted.zipf(people.internet_servers)
    return [
        Flow(165, clients, popular, BY_TCP, 443, WEB_SIZES),
        Flow(35, clients, popular, BY_UDP, 443, WEB_SIZES),
        Flow(22, clients, popular, BY_TCP, 80, WEB_SIZES),
        Flow(2, clients, popular, BY_TCP, 443, LARGE_DOWNLOADS),
        Flow(75, clients, Weighted.only(site.DNS), BY_UDP, 53, SMALL_REPLIES),
        Flow(24, clients, Weighted.only(site.INTRANET), BY_TCP, 443, WEB_SIZES),
        Flow(10, clients, Weighted.only(site.INTRANET), BY_TCP, 8080, WEB_SIZES),
        Flow(26, clients, Weighted.only(site.MAIL), BY_TCP, 993, MESSAGES),
        Flow(8, clients, Weighted.only(site.MAIL), BY_TCP, 587, MESSAGES),
        Flow(24, clients, Weighted.only(site.FILES), BY_TCP, 445, DOCUMENTS),
        Flow(4, admins, Weighted.of(site.INTERNAL_SERVERS), BY_TCP, 22, SESSIONS),
        Flow(4, admins, Weighted.only(site.POSTGRES), BY_TCP, 5432, QUERIES),
    ]


def _of_servers(people: site.Site) -> list[Flow]:
    """What machines do among themselves and towards the internet, at all hours."""
    machines, application = Weighted.of(site.INTERNAL_SERVERS), Weighted.only(site.APPLICATION)
    dns, ntp, mail = Weighted.only(site.DNS), Weighted.only(site.NTP), Weighted.only(site.MAIL)
    forwarders, clocks = Weighted.of(people.internet_servers[:2]), Weighted.of(people.internet_servers[2:5])
    mail_servers = Weighted.zipf(people.internet_servers)
    return [
        Flow(22, dns, forwarders, BY_UDP, 53, SMALL_REPLIES, STEADY, 45),
        Flow(10, machines, ntp, BY_UDP, 123, PINGS, STEADY, 100),
        Flow(3, ntp, clocks, BY_UDP, 123, PINGS, STEADY, 100),
        Flow(20, application, Weighted.only(site.POSTGRES), BY_TCP, 5432, QUERIES, STEADY, 45),
        Flow(10, application, Weighted.only(site.MYSQL), BY_TCP, 3306, QUERIES, STEADY, 45),
        Flow(6, application, Weighted.only(site.SQL_SERVER), BY_TCP, 1433, QUERIES, STEADY, 45),
        Flow(8, mail, mail_servers, BY_TCP, 25, MESSAGES, STEADY, 30),
        Flow(10, Weighted.only(site.MONITORING), machines, BY_ICMP, 0, PINGS, STEADY, 100),
    ]


def _from_outside(people: site.Site, visitors: Weighted) -> list[Flow]:
    """Visitors of the public servers, other mail servers, people who work from elsewhere."""
    partners = Weighted.of(people.partners)
    mail_servers = Weighted.zipf(people.internet_servers)
    web = Weighted.of((site.PUBLIC_WEB, site.PUBLIC_SHOP), (3, 2))
    return [
        Flow(46, visitors, web, BY_TCP, 443, WEB_SIZES, LEISURE, 75),
        Flow(8, visitors, web, BY_TCP, 80, WEB_SIZES, LEISURE, 75),
        Flow(12, mail_servers, Weighted.only(site.PUBLIC_MAIL), BY_TCP, 25, MESSAGES, LEISURE, 40),
        Flow(6, partners, Weighted.only(site.PUBLIC_VPN), BY_UDP, 1194, TUNNELS, WORK, 15),
        Flow(3, partners, Weighted.only(site.PUBLIC_SSH), BY_TCP, 22, SESSIONS, WORK, 15),
        Flow(3, partners, Weighted.only(site.PUBLIC_VPN), BY_GRE, 0, TUNNELS, STEADY, 100),
    ]


def _backup(rng: Generator) -> Records:
    """The nightly backup: big transfers between one and half past two, always to the same server."""
    count = BACKUPS_PER_NIGHT
    machines = Weighted.of((site.FILES, site.POSTGRES, site.MYSQL, site.MAIL))
    when = HOUR_MS + between(rng, 0, HOUR_MS * 3 // 2, count)
    return accepted(
        rng,
        time=when,
        source=machines.draw(rng, count),
        dest=site.BACKUP,
        transport=TCP,
        dest_port=BACKUP_PORT,
        size=BACKUPS.draw(rng, count),
    )
