"""What Windows events mean to us: the table that an event belongs to, and its fields.

Here: values, whichever notation they were written in. Not here: notations (`windows_events`). Only events of the
security log are logins, since other logs use the same numbers. Connections that the Windows firewall let through or
not are events with its verdict, like those of other firewalls: they tell neither duration nor bytes.
"""

import ibis
import ibis.expr.types as ir

from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import first_characters
from pipeline.ingest.patterns import address
from pipeline.ingest.texts import first_said, where

# names under which events keep their data
DATA = (
    *("TargetUserName", "TargetDomainName", "Account", "TargetAccount", "SubjectUserName", "TargetLogonId"),
    *("IpAddress", "IpPort", "SourceAddress", "SourceIp", "SourcePort", "ClientAddress"),
    *("DestAddress", "DestinationIp", "DestPort", "DestinationPort", "Protocol"),
    *("LogonType", "Status", "SubStatus", "FailureReason", "WorkstationName", "Workstation", "TargetServerName"),
    *("AuthenticationPackageName", "PackageName", "ServiceName", "TicketEncryptionType"),
    *(
        "NewProcessName",
        "Image",
        "SourceImage",
        "ProcessName",
        "Application",
        "ParentProcessName",
        "ParentImage",
        "CommandLine",
    ),
    *("TargetFilename", "TargetObject", "ObjectName", "ShareName", "QueryName", "TargetImage", "PipeName"),
)
LOGON, FAILED_LOGON, EXPLICIT = "4624", "4625", "4648"
TICKET, REFUSED_TICKET, NTLM = "4768", "4771", "4776"
# the engine would make a join of a list of more than four
_LOGINS = f"^({LOGON}|{FAILED_LOGON}|{EXPLICIT}|{TICKET}|{REFUSED_TICKET}|{NTLM})$"
LOGOFFS = ("4634", "4647")
LET_THROUGH, STOPPED = "5156", ("5152", "5157")
# sessions of the system's own accounts have the same identifier on every machine
_OWN_SESSION = r"(?i)^0x(0|3e[457])$"
LOGON_TYPES = {
    "2": "interactive",
    "3": "network",
    "4": "batch",
    "5": "service",
    "7": "unlock",
    "8": "network cleartext",
    "9": "new credentials",
    "10": "remote interactive",
    "11": "cached interactive",
    "12": "cached remote interactive",
    "13": "cached unlock",
}
ICMP = ("1", "58")
SUCCESS, FAILURE = "success", "failure"
NO_EVENT = "no EventID"
MAKER = "Microsoft-Windows-"
LONGEST_COMMAND = 500


def with_meaning(events: ibis.Table) -> ibis.Table:
    """Adds our fields and `target`.

    Args:
        events: with `fault`, `event_id`, `timestamp`, `host`, `channel`, `provider`, `task`, `audit`
            and in the struct `data` what stands under the names in `DATA`.
    """
    number = events.event_id
    is_security = ibis.coalesce(
        events.channel.lower() == "security", events.provider.contains("Security-Auditing"), True
    )
    named = events.mutate(
        **_ends(events),
        is_login=(is_security & number.re_search(_LOGINS)).fill_null(False),
        is_logoff=(is_security & number.isin(LOGOFFS)).fill_null(False),
        account=first_said(events.data.TargetUserName, events.data.Account, events.data.TargetAccount),
        outcome=_outcome(events.audit),
        is_icmp=events.data.Protocol.isin(ICMP).fill_null(False),
    )
    return named.mutate(
        fault=named.fault.fill_null(where(number.isnull(), NO_EVENT)),
        target=named.is_login.ifelse("logins", "security_events"),
        # 0 stands for no port
        source_port=where(~named.is_icmp, named.from_port.nullif("0")),
        dest_port=where(~named.is_icmp, named.to_port.nullif("0")),
        icmp_type=where(named.is_icmp, named.from_port),
        icmp_code=where(named.is_icmp, named.to_port),
        protocol=where(named.source_ip.notnull(), named.data.Protocol),
        action=_action(named, is_security),
        user=_user(named),
        service=_service(named),
        success=_success(named),
        session_id=where(~named.data.TargetLogonId.re_search(_OWN_SESSION), named.data.TargetLogonId.lower()),
        details=details_of(_facts(named)),
    )


def _ends(events: ibis.Table) -> dict[str, ir.StringValue]:
    """Both ends of the traffic or of the login, under whichever names."""
    source = first_said(
        events.data.IpAddress, events.data.SourceAddress, events.data.SourceIp, events.data.ClientAddress
    )
    return {
        "source_ip": address(source),
        "from_port": first_said(events.data.IpPort, events.data.SourcePort),
        "dest_ip": address(first_said(events.data.DestAddress, events.data.DestinationIp)),
        "to_port": first_said(events.data.DestPort, events.data.DestinationPort),
    }


def _outcome(audit: ir.StringValue) -> ir.StringValue:
    """What an audit says in words or by its keywords."""
    return ibis.cases((audit.re_search("success|0x8020"), SUCCESS), (audit.re_search("fail|0x8010"), FAILURE))


def _action(events: ibis.Table, is_security: ir.BooleanValue) -> ir.StringValue:
    """What the Windows firewall did, `logoff`, or the provider and the number of the event."""
    number = events.event_id
    provider = ibis.coalesce(events.provider, events.channel, "Windows").replace(MAKER, "")
    return ibis.cases(
        (events.is_logoff, "logoff"),
        (is_security & (number == LET_THROUGH), "permitted"),
        (is_security & number.isin(STOPPED), "blocked"),
        else_=provider + " " + number,
    )


def _user(events: ibis.Table) -> ir.StringValue:
    """The name of an account without its domain, which Azure writes before it."""
    return events.account.re_replace(r"^.*\\", "")


def _domain(events: ibis.Table) -> ir.StringValue:
    return first_said(events.data.TargetDomainName, events.account.re_extract(r"^(.*)\\", 1).nullif(""))


def _service(events: ibis.Table) -> ir.StringValue:
    """How a login came about: by its type, or what checked it."""
    number = events.event_id
    return ibis.cases(
        (number == EXPLICIT, "explicit credentials"),
        (number == NTLM, "ntlm"),
        (number.isin((TICKET, REFUSED_TICKET)), "kerberos"),
        else_=events.data.LogonType.substitute(LOGON_TYPES),
    )


def _success(events: ibis.Table) -> ir.StringValue:
    """Whether a login succeeded: by what the event stands for, its status, or the audit; 4648 is but an attempt."""
    number, status, outcome = events.event_id, events.data.Status.lower(), events.outcome
    return ibis.cases(
        (number == LOGON, "true"),
        (number.isin((FAILED_LOGON, REFUSED_TICKET)), "false"),
        (number == EXPLICIT, ibis.null(str)),
        (status.re_search("^(0x)?0+$"), "true"),
        (status.notnull(), "false"),
        (outcome == SUCCESS, "true"),
        (outcome == FAILURE, "false"),
    )


def _facts(events: ibis.Table) -> dict[str, ir.StringValue]:
    elsewhere = ~events.is_login
    return {
        "event_id": events.event_id,
        "task": events.task,
        "outcome": events.outcome,
        "host": where(elsewhere, events.host),
        "user": where(elsewhere, _user(events)),
        "domain": _domain(events),
        "subject": events.data.SubjectUserName,
        "logon_type": events.data.LogonType,
        "status": events.data.Status,
        "sub_status": events.data.SubStatus,
        "workstation": first_said(events.data.WorkstationName, events.data.Workstation),
        "package": first_said(events.data.AuthenticationPackageName, events.data.PackageName),
        "target_server": events.data.TargetServerName,
        "service": events.data.ServiceName,
        "encryption": events.data.TicketEncryptionType,
        "process": first_said(
            events.data.NewProcessName,
            events.data.Image,
            events.data.SourceImage,
            events.data.ProcessName,
            events.data.Application,
        ),
        "parent_process": first_said(events.data.ParentProcessName, events.data.ParentImage),
        "command_line": first_characters(events.data.CommandLine, LONGEST_COMMAND),
        "object": first_said(
            events.data.TargetFilename,
            events.data.TargetObject,
            events.data.ObjectName,
            events.data.ShareName,
            events.data.QueryName,
            events.data.TargetImage,
            events.data.PipeName,
        ),
    }
