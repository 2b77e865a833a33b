"""The format `suricata_eve`: Suricata's EVE JSON, one object per line or one array.

Here: where EVE keeps what, and which table a type of record belongs to. Flows become connections, what tells of a
login becomes a login, all else stays an event that is named after its type. An `ssh` record names neither user nor
outcome, so it is no login. Of `rdp` only the request that names its user is one, of `krb5` only the answer to a user
who asks to be let in, unless it is the demand for pre-authentication with which every such exchange begins.
"""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import MOMENT
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import json_records
from pipeline.ingest.json_shapes import shaped, texts
from pipeline.ingest.texts import where

_QUESTION = texts("rrname", "rrtype")
_TRAFFIC = texts("bytes_toserver", "bytes_toclient", "pkts_toserver", "pkts_toclient")
SHAPE = dt.Struct(
    texts("event_type", "timestamp", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "icmp_type", "icmp_code")
    | texts("app_proto")
    | {
        "flow_id": dt.json,
        "flow": _TRAFFIC | texts("start", "end", "age", "state", "reason") | {"alerted": dt.json},
        "netflow": texts("start", "end", "age", "bytes", "pkts"),
        "alert": texts("action", "signature", "category") | {"severity": dt.json, "signature_id": dt.json},
        "drop": texts("len", "reason"),
        "anomaly": texts("event", "type"),
        "dns": texts("type", "rcode") | _QUESTION | {"queries": dt.Array(_QUESTION), "query": dt.Array(_QUESTION)},
        "http": texts("http_method", "hostname", "url", "http_user_agent", "length") | {"status": dt.json},
        "tls": texts("sni", "version", "subject", "issuerdn") | {"ja3": texts("hash")},
        "ssh": dt.Struct({"client": texts("software_version"), "server": texts("software_version")}),
        "fileinfo": texts("filename", "state", "size", "sha256"),
        "smb": texts("command", "status", "filename", "share"),
        "rdp": texts("event_type", "cookie"),
        "krb5": texts("msg_type", "cname", "realm", "sname", "failed_request", "error_code"),
        "stats": dt.Struct({"capture": dt.Struct({"kernel_packets": dt.json, "kernel_drops": dt.json})}),
    }
)
FLOWS = ("flow", "netflow")
NO_TYPE = "no event_type"
NO_SERVICE = ("failed", "unknown")
ICMP = ("ICMP", "IPV6-ICMP", "ICMPV6")
NO_USER = ("", "<empty>")
FIRST_STEP = "KDC_ERR_PREAUTH_REQUIRED"
EXAMPLE = """\
{"timestamp": "2026-01-05T04:12:09.120000+0100", "flow_id": 1374195536821504, "event_type": "alert",
 "src_ip": "203.0.113.9", "src_port": 50930, "dest_ip": "198.51.100.20", "dest_port": 22, "proto": "TCP",
 "alert": {"action": "blocked", "signature_id": 2001219, "signature": "ET SCAN Potential SSH Scan",
 "category": "Attempted Information Leak", "severity": 2}}"""


@ibis.udf.scalar.builtin(signature=((MOMENT,), dt.float64))
def epoch(moment: Any) -> Any:
    """Seconds since 1970."""


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of every type of record, and the table that it belongs to."""
    del source
    valid = with_fields(records, {})
    eve = valid.mutate(eve=shaped(valid.canonical, SHAPE))
    parts = eve.mutate(**{name: eve.eve[name] for name in SHAPE.names}).drop("eve")
    return _with_meaning(parts.mutate(is_flow=parts.event_type.isin(FLOWS).fill_null(False)))


def recognise(head: Head) -> Recognition | None:
    """By the type and the time that every record has, and an end of the traffic or the counters of the sensor."""
    return recognised(head, _is_eve, "Suricata EVE: timestamp and event_type with src_ip or stats", 0.97)


def _is_eve(keys: set[str]) -> bool:
    return {"timestamp", "event_type"} <= keys and not keys.isdisjoint(("src_ip", "dest_ip", "flow_id", "stats"))


def _with_meaning(eve: ibis.Table) -> ibis.Table:
    kind, flow, netflow = eve.event_type, eve.flow, eve.netflow
    is_flow = eve.is_flow
    is_kerberos, is_rdp = _is_kerberos_login(eve), _is_rdp_login(eve)
    has_ports = eve.proto.upper().notin(ICMP).fill_null(True)
    begun, ended = ibis.coalesce(flow.start, netflow.start), ibis.coalesce(flow.end, netflow.end)
    return eve.mutate(
        fault=eve.fault.fill_null(where(kind.isnull(), NO_TYPE)),
        target=ibis.cases((is_flow, "connections"), (is_kerberos | is_rdp, "logins"), else_="security_events"),
        timestamp=ibis.coalesce(where(is_flow, begun), eve.timestamp),
        source_ip=eve.src_ip,
        source_port=where(has_ports, eve.src_port),
        dest_port=where(has_ports, eve.dest_port),
        protocol=eve.proto,
        action=ibis.coalesce(where(kind == "alert", eve.alert.action), kind),
        bytes=where(~is_flow, ibis.coalesce(eve["drop"].len, eve.fileinfo.size, eve.http.length, _traffic(flow))),
        duration=ibis.coalesce(_seconds(begun, ended), flow.age, netflow.age),
        service=ibis.cases(
            (is_kerberos, "kerberos"), (is_rdp, "rdp"), (eve.app_proto.notin(NO_SERVICE), eve.app_proto)
        ),
        state=flow.state,
        bytes_out=ibis.coalesce(flow.bytes_toserver, netflow["bytes"]),
        bytes_in=flow.bytes_toclient,
        packets_out=ibis.coalesce(flow.pkts_toserver, netflow.pkts),
        packets_in=flow.pkts_toclient,
        user=ibis.cases((is_kerberos, eve.krb5.cname), (is_rdp, eve.rdp.cookie)),
        host=eve.dest_ip,
        success=where(is_kerberos, (eve.krb5.msg_type == "KRB_AS_REP").cast(str)),
        # flows, which are most, are spared the facts that they never have
        details=is_flow.ifelse(details_of(_facts_of_flow(eve)), details_of(_facts(eve))),
    )


def _facts_of_flow(eve: ibis.Table) -> dict[str, ir.Value]:
    return {"flow_id": eve.flow_id, "reason": eve.flow.reason, "alerted": eve.flow.alerted}


def _facts(eve: ibis.Table) -> dict[str, ir.Value]:
    return {"flow_id": eve.flow_id} | _facts_of_detection(eve) | _facts_of_protocols(eve) | _facts_of_files(eve)


def _facts_of_detection(eve: ibis.Table) -> dict[str, ir.Value]:
    return {
        "signature": eve.alert.signature,
        "category": eve.alert.category,
        "severity": eve.alert.severity,
        "sid": eve.alert.signature_id,
        "reason": eve["drop"].reason,
        "anomaly": eve.anomaly.event,
        "anomaly_type": eve.anomaly["type"],
        "packets_captured": eve.stats.capture.kernel_packets,
        "packets_dropped": eve.stats.capture.kernel_drops,
    }


def _facts_of_protocols(eve: ibis.Table) -> dict[str, ir.Value]:
    dns, http, tls, krb5 = eve.dns, eve.http, eve.tls, eve.krb5
    return {
        "dns_type": dns["type"],
        "query": ibis.coalesce(dns.rrname, dns.queries[0].rrname, dns.query[0].rrname),
        "query_type": ibis.coalesce(dns.rrtype, dns.queries[0].rrtype, dns.query[0].rrtype),
        "answer_code": dns.rcode,
        "method": http.http_method,
        "host": http.hostname,
        "uri": http.url,
        "status": http.status,
        "user_agent": http.http_user_agent,
        "server_name": tls.sni,
        "tls_version": tls.version,
        "subject": tls.subject,
        "issuer": tls.issuerdn,
        "ja3": tls.ja3["hash"],
        "client_software": eve.ssh.client.software_version,
        "server_software": eve.ssh.server.software_version,
        "rdp_step": eve.rdp.event_type,
        "rdp_user": eve.rdp.cookie,
        "user": krb5.cname,
        "realm": krb5.realm,
        "requested_service": krb5.sname,
        "message": krb5.msg_type,
        "failed_request": krb5.failed_request,
        "error": krb5.error_code,
    }


def _facts_of_files(eve: ibis.Table) -> dict[str, ir.Value]:
    return {
        "file_name": ibis.coalesce(eve.fileinfo.filename, eve.smb.filename),
        "file_state": eve.fileinfo.state,
        "file_sha256": eve.fileinfo.sha256,
        "command": eve.smb.command,
        "smb_status": eve.smb.status,
        "share": eve.smb.share,
    }


def _is_kerberos_login(eve: ibis.Table) -> ir.BooleanValue:
    """Whether the answer lets a user in or turns one away."""
    krb5 = eve.krb5
    is_refused = (
        (krb5.msg_type == "KRB_ERROR")
        & (krb5.failed_request.fill_null("KRB_AS_REQ") == "KRB_AS_REQ")
        & (krb5.error_code != FIRST_STEP)
    )
    is_answer = (krb5.msg_type == "KRB_AS_REP") | is_refused
    return ((eve.event_type == "krb5") & is_answer & krb5.cname.notin(NO_USER)).fill_null(False)


def _is_rdp_login(eve: ibis.Table) -> ir.BooleanValue:
    is_request = (eve.event_type == "rdp") & (eve.rdp.event_type == "initial_request")
    return (is_request & (eve.rdp.cookie != "")).fill_null(False)


def _seconds(begun: ir.StringValue, ended: ir.StringValue) -> ir.StringValue:
    """What lies between; null where the clock was set back."""
    passed = (epoch(ended.try_cast(MOMENT)) - epoch(begun.try_cast(MOMENT))).round(6)
    return where(passed >= 0, passed.cast(str))


def _traffic(flow: ir.StructValue) -> ir.StringValue:
    both = flow.bytes_toserver.try_cast("float64") + flow.bytes_toclient.try_cast("float64")
    return both.cast(str)


FORMAT = Format(
    name="suricata_eve",
    description="Suricata's EVE JSON, as lines or as one array",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.connections", "raw.logins"),
    reader=Reader(RECORDS, json_records, fields),
    recognise=recognise,
)
