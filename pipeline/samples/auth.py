"""The servers' auth.log: SSH sessions, guessed passwords, and what cron does at night.

What belongs here: what sshd and PAM write. What does not: who connects when, which the night's connections say.
"""

from collections.abc import Iterator

import numpy as np

from pipeline.samples import people
from pipeline.samples.activity import Activity, Entry
from pipeline.samples.connections import COMPLETE, Connection
from pipeline.samples.draws import Weighted, between, stream, words
from pipeline.samples.planted import MINUTE_MS
from pipeline.samples.records import HOUR_MS, TCP
from pipeline.samples.site import dotted

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GUESSED = ("root", "admin", "test", "ubuntu", "oracle", "postgres", "git", "user", "pi", "ftpuser")
GUESSES = Weighted.of(range(len(GUESSED)), (48, 14, 8, 7, 6, 5, 4, 4, 2, 2))
EXISTING = {"root"}
FIRST_UID = 1_001
PASSWORD_PERCENT, MISTYPED_PERCENT = 12, 40  # of sessions; of those with a password
LOGIN_MS = 1_000
CRON_HOURS = (0, 6, 12, 18)
CRON_MINUTE = 17
SESSION = "pam_unix(sshd:session): session"
CRON = "pam_unix(cron:session): session"


def entries(activity: Activity) -> Iterator[Entry]:
    """Lines of all servers, as the log host collects them."""
    every = activity.connections
    is_ssh = (every.records.transport == TCP) & (every.records.dest_port == 22) & (every.ending >= COMPLETE)
    logins = every.take(np.flatnonzero(is_ssh))
    rng, accounts = activity.night.rng("auth"), _accounts(activity)
    processes = between(rng, 2_000, 60_000, len(logins)).tolist()
    names = GUESSES.draw(rng, len(logins)).tolist()
    luck = between(rng, 0, 9_999, len(logins)).tolist()
    for one, process, name, chance in zip(logins.each(), processes, names, luck, strict=True):
        planted = activity.name_of(one.planted)
        is_guess = planted == "ssh_brute_force"
        messages = _guess(one, GUESSED[name]) if is_guess else _session(one, accounts[one.source], chance)
        for time, message in messages:
            yield Entry(time, _line(activity, time, one.dest, f"sshd[{process}]", message), planted)
    for time, server, process in _cron_jobs(activity):
        for step in ("opened for user root(uid=0) by (uid=0)", "closed for user root"):
            yield Entry(time, _line(activity, time, server, f"CRON[{process}]", f"{CRON} {step}"))


def _accounts(activity: Activity) -> dict[str, tuple[int, str]]:
    """Number and key of the person behind each address from which people log in."""
    members = np.concatenate([activity.night.site.clients, activity.night.site.partners]).tolist()
    keys = words(stream(activity.night.seed, 0, "keys"), len(members), 43)
    return {dotted(member): (number, key) for number, (member, key) in enumerate(zip(members, keys, strict=True))}


def _guess(one: Connection, name: str) -> Iterator[tuple[int, str]]:
    """A password that is refused."""
    origin = f"{name} from {one.source} port {one.source_port}"
    if name not in EXISTING:
        yield one.start, f"Invalid user {origin}"
    yield one.start, f"Failed password for {'' if name in EXISTING else 'invalid user '}{origin} ssh2"


def _session(one: Connection, account: tuple[int, str], chance: int) -> Iterator[tuple[int, str]]:
    """A login that succeeds, sometimes after a slip, and its end."""
    number, key = account
    user = people.user(number)
    origin = f"{user} from {one.source} port {one.source_port} ssh2"
    opened, proof = min(one.start + LOGIN_MS, one.end), f": ED25519 SHA256:{key}"
    has_password = chance % 100 < PASSWORD_PERCENT
    if has_password and chance // 100 < MISTYPED_PERCENT:
        yield one.start, f"Failed password for {origin}"
    yield opened, f"Accepted {'password' if has_password else 'publickey'} for {origin}{'' if has_password else proof}"
    yield opened, f"{SESSION} opened for user {user}(uid={FIRST_UID + number}) by (uid=0)"
    yield one.end, f"Disconnected from user {user} {one.source} port {one.source_port}"
    yield one.end, f"{SESSION} closed for user {user}"


def _cron_jobs(activity: Activity) -> Iterator[tuple[int, str, int]]:
    """When, on which server and in which process."""
    servers = list(people.SERVERS)
    seconds = between(activity.night.rng("cron"), 1, 59, len(servers)).tolist()
    for hour in CRON_HOURS:
        for place, (server, second) in enumerate(zip(servers, seconds, strict=True)):
            yield hour * HOUR_MS + CRON_MINUTE * MINUTE_MS + second * 1_000, server, 1_000 + 10 * hour + place


def _line(activity: Activity, time: int, server: str, program: str, message: str) -> str:
    moment = activity.moment(time)
    stamp = f"{MONTHS[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"
    return f"{stamp} {people.SERVERS[server]} {program}: {message}"
