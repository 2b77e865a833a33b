"""What the columns of Zeek's logs mean to us: the table that a record belongs to, and its fields.

Here: values, whichever notation they were written in. Not here: notations (`zeek`), names (`zeek_names`).
"""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.ingest.details import details_of, quoted
from pipeline.ingest.engine_functions import TEXTS, json_valid
from pipeline.ingest.texts import first_said, where
from pipeline.ingest.zeek_names import CONNECTION

LOGINS = ("ssh", "kerberos", "ntlm", "rdp")
RELATIVE = "relative time: seconds since the capture began, not since 1970"
NO_FACT = ("", "-", "(empty)", "[]")
LISTS = ("answers",)
# each login begins with this refusal
FIRST_STEP = "KDC_ERR_PREAUTH_REQUIRED"
HARMLESS = ("benign", "normal", "background")
_IS_RELATIVE = r"^[0-9]{1,8}(\.|$)"
_REALM = r"/[^/]*$"
_ADDRESS = r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*"


@ibis.udf.scalar.builtin(name="to_json", signature=((TEXTS,), dt.string))
def quoted_each(texts: Any) -> Any:
    """The texts as a JSON array."""


def with_meaning(logs: ibis.Table) -> ibis.Table:
    """Adds our fields and `target`.

    Args:
        logs: with `log_type`, `fault`, `facts` and the columns of `zeek_names`.
    """
    kind = logs.log_type
    is_connection, is_login = kind == CONNECTION, kind.isin(LOGINS)
    is_icmp = logs.proto.startswith("icmp").fill_null(False)
    is_relative = logs.ts.re_search(_IS_RELATIVE)
    return logs.mutate(
        fault=logs.fault.fill_null(where(is_relative, RELATIVE)),
        target=ibis.cases((is_connection, "connections"), (is_login, "logins"), else_="security_events"),
        timestamp=logs.ts,
        source_ip=first_said(logs.orig_h, logs.src.re_extract(_ADDRESS, 0)),
        source_port=where(~is_icmp, logs.orig_p),
        dest_ip=first_said(logs.resp_h, logs.dst.re_extract(_ADDRESS, 0)),
        dest_port=where(~is_icmp, first_said(logs.resp_p, logs.dst_p)),
        icmp_type=where(is_icmp, logs.orig_p),
        icmp_code=where(is_icmp, logs.resp_p),
        protocol=logs.proto,
        action=kind,
        bytes=logs.size,
        label=_label(logs),
        service=ibis.cases((is_connection, logs.service.nullif("(empty)")), (is_login, kind)),
        state=logs.conn_state,
        bytes_out=logs.orig_bytes,
        bytes_in=logs.resp_bytes,
        packets_out=logs.orig_pkts,
        packets_in=logs.resp_pkts,
        user=ibis.cases(
            (kind == "kerberos", logs.client.re_replace(_REALM, "")),
            (kind == "ntlm", logs.username),
            (kind == "rdp", logs.cookie),
        ),
        host=logs.resp_h,
        success=where(is_login, _success(logs)),
        details=is_connection.ifelse(details_of({"uid": logs.uid}), _details(logs.facts)),
    )


def _details(facts: ir.ArrayValue) -> ir.StringValue:
    """A JSON object of the facts that say anything."""
    told = facts.filter(lambda fact: fact.f2.notnull() & fact.f2.notin(NO_FACT))
    members = told.map(lambda fact: quoted(fact.f1) + ":" + _written(fact.f1, fact.f2)).join(",")
    return (ibis.literal("{") + members + "}").nullif("{}")


def _written(name: ir.StringValue, text: ir.StringValue) -> ir.StringValue:
    """The fact as JSON: an array, which TSV writes with commas, or a text."""
    return ibis.cases(
        (name.notin(LISTS), quoted(text)),
        (text.startswith("[") & json_valid(text), text),
        else_=quoted_each(text.split(",")),
    )


def _label(logs: ibis.Table) -> ir.StringValue:
    """The detailed label of what is not harmless, otherwise the plain one."""
    parts = logs["labels"].split("   ")
    plain = first_said(logs.label, parts[1])
    detailed = first_said(logs.detailed_label, parts[2])
    return plain.lower().isin(HARMLESS).ifelse(plain, ibis.coalesce(detailed, plain))


def _success(logs: ibis.Table) -> ir.StringValue:
    """Whether a login succeeded, as a flag or as a status in words; null where the log does not know."""
    flag, status = logs.success.lower(), logs.status.nullif("-").lower()
    return ibis.cases(
        (logs.error == FIRST_STEP, ibis.null(str)),
        (flag.isin(("t", "true")) | (status == "success"), "true"),
        (flag.isin(("f", "false")) | (status != "undetermined"), "false"),
    )
