"""What sshd and PAM write of logins: who tried, from where, and whether it worked.

Here: patterns for the text after the program's name. Names of users are an attacker's to choose, so that addresses are
looked for from the end of a text wherever a name comes before them. Not here: the line around the text (`auth_log`).
"""

import ibis
import ibis.expr.types as ir

from pipeline.ingest.patterns import ADDRESS, address, extracted, extracted_where

# services that open sessions without anybody logging in; sshd tells of logins itself
_NO_LOGINS = r"^(sshd|sudo(-i)?|crond?|atd|systemd-user|runuser(-l)?|polkit-1)$"

_REPEATED = r"^message repeated (?P<times>[0-9]+) times: \[ ?(?P<message>.*)\]$"
_ATTEMPT = (
    r"^(?P<result>Accepted|Failed) (?P<method>[^ ]+) for (?P<unknown>(?:invalid|illegal) user )?(?P<user>.*) "
    r"from (?P<source>[^ ]+) port (?P<port>[0-9]+)(?: ssh[0-9]*)?(?:: [^ ]+ [^ ]+)?$"
)
# with what a certificate says, which is to be trusted only where it was accepted
_CERTIFIED = (
    r"^(?P<result>Accepted) (?P<method>[^ ]+) for (?P<unknown>)(?P<user>[^ ]+) "
    r"from (?P<source>[^ ]+) port (?P<port>[0-9]+) ssh[0-9]*: .*$"
)
_PAM = r"^pam_(?P<module>[a-z0-9_]+)\((?P<service>[^:)]+):(?P<kind>[a-z_]+)\): (?P<text>.*)$"
_PAM_SESSION = r"^session (?P<what>opened) for user (?P<user>.*?)(?:\(uid=[0-9]+\))?(?: by .*)?$"
_PAM_FAILURE = (
    r"^(?P<what>authentication failure); .* ruser=(?P<caller>.*) rhost=(?P<source>[^ ]*)(?: +user=(?P<user>.*))?$"
)

# how messages begin that are worth an action of their own
_PHRASES = (
    "Accepted",
    "Address",
    "Bad protocol version identification",
    "Connection closed",
    "Connection from",
    "Connection reset",
    "Did not receive identification string",
    "Disconnected",
    "Disconnecting",
    "Failed",
    "Illegal user",
    "Invalid user",
    "PAM",
    "Partial",
    "Postponed",
    "Received disconnect",
    "Unable to negotiate",
    "User",
    "authentication failure",
    "check pass; user unknown",
    "input_userauth_request: invalid user",
    "maximum authentication attempts exceeded",
    "reverse mapping checking",
    "session closed",
    "session opened",
)
_PHRASE = rf"^(?:error: |fatal: )?(?P<phrase>{'|'.join(_PHRASES)})(?P<rest>.*)$"
# an address follows at once, or there is none, only a name or what the other side sent; after all others it stands last
_NEAR = r"^(Address|Bad|Connection|Did|Disconnected|Received|Unable)"
_ALONE = r"^(Disconnecting|check|input|session)"
# User root from 203.0.113.9 not allowed because ...: in words that verdicts understand
_REFUSED = {"user": "login denied"}
_FIRST = rf"^(?: from| by| with)? (?P<source>{ADDRESS})(?:[: ]|$)"
_LAST = (
    rf"^.*[ \[=](?P<source>{ADDRESS})(?: port [0-9]+)?(?: ssh[0-9]*)?"
    r"(?: \[preauth\]|\] failed.*| not allowed because.*| +user=.*)? *$"
)


def with_repeats(lines: ibis.Table) -> ibis.Table:
    """Adds `repeated` and takes the message out of the one that says so."""
    is_repeat = lines.message.startswith("message repeated ")
    told = lines.mutate(repeat=extracted_where(is_repeat, lines.message, _REPEATED))
    return told.mutate(
        repeated=told.repeat["times"], message=ibis.coalesce(told.repeat["message"].nullif(""), told.message)
    )


def with_attempts(lines: ibis.Table) -> ibis.Table:
    """Adds what sshd and PAM tell of logins.

    `attempt` is one as sshd tells of it, `pam` what PAM says, `session` a login to another service, `failure` one that
    failed, and `is_end` whether a session of any of them was closed.
    """
    message = lines.message
    is_sshd = lines.tag.startswith("sshd")
    is_accepted = is_sshd & message.startswith("Accepted ")
    told = lines.mutate(
        is_sshd=is_sshd,
        is_accepted=is_accepted,
        attempt=extracted_where(is_accepted | (is_sshd & message.startswith("Failed ")), message, _ATTEMPT),
        pam=extracted_where(message.startswith("pam_"), message, _PAM),
    )
    is_certified = told.is_accepted & (told.attempt["result"] == "")
    text, service = told.pam["text"], told.pam["service"]
    by_pam = ((told.pam["module"] == "unix") & ~service.re_search(_NO_LOGINS)).fill_null(False)
    return told.mutate(
        attempt=is_certified.ifelse(extracted(told.message, _CERTIFIED), told.attempt),
        session=extracted_where(by_pam & text.startswith("session opened "), text, _PAM_SESSION),
        failure=extracted_where(by_pam & text.startswith("authentication failure;"), text, _PAM_FAILURE),
        is_end=((by_pam | (service == "sshd")) & text.startswith("session closed ")).fill_null(False),
    )


def with_phrases(lines: ibis.Table) -> ibis.Table:
    """Adds `phrase`, what a message that is no login is about, and `seen`, the address that it tells."""
    text = ibis.coalesce(lines.pam["text"].nullif(""), lines.message)
    is_known = lines.is_sshd | lines.pam["service"].notnull()
    told = lines.mutate(said=extracted_where(is_known & ~lines.is_login, text, _PHRASE))
    phrase, rest = told.said["phrase"], told.said["rest"]
    found = told.mutate(
        phrase=phrase.nullif("").lower(), rest=rest, seen=extracted_where(phrase.re_search(_NEAR), rest, _FIRST)
    )
    is_last = (found.seen["source"].fill_null("") == "") & ~found.said["phrase"].re_search(_ALONE)
    return found.mutate(
        seen=address(is_last.ifelse(extracted(found.rest, _LAST)["source"], found.seen["source"])),
        phrase=found.phrase.cases(*_REFUSED.items(), else_=found.phrase),
    )


def program(tag: ir.StringValue) -> ir.StringValue:
    """The name of the program, without its folder and process."""
    return extracted(tag, r"^(?:.*/)?(?P<name>[^\[( ]+)")["name"].lower()
