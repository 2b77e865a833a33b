"""The format `cloudtrail`: the audit log of AWS, as it is delivered (`{"Records": [...]}`), as lines or as an array.

Here: where CloudTrail keeps what. Every call of the API is an event, sign-ins and assumed roles too. The action is the
name of the call and, where it did not succeed, that it was denied or failed.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.aws_calls import action
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import records_within
from pipeline.ingest.json_shapes import shaped, texts
from pipeline.ingest.patterns import address

WRAPPER = "Records"
SHAPE = dt.Struct(
    texts("eventTime", "eventName", "eventSource", "awsRegion", "sourceIPAddress", "userAgent")
    | texts("errorCode", "errorMessage", "recipientAccountId")
    | {
        "readOnly": dt.json,
        "userIdentity": texts("type", "userName", "arn", "principalId", "accountId", "invokedBy"),
        "requestParameters": texts("bucketName", "roleArn", "userName"),
        "responseElements": texts("ConsoleLogin"),
        "additionalEventData": texts("MFAUsed", "bytesTransferredIn", "bytesTransferredOut"),
    }
)
NO_CALL = "no eventName"
EXAMPLE = """\
{"Records": [{"eventVersion": "1.08", "eventTime": "2026-01-05T03:12:09Z", "eventSource": "s3.amazonaws.com",
 "eventName": "GetObject", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.9", "errorCode": "AccessDenied",
 "userIdentity": {"type": "IAMUser", "userName": "backup", "accountId": "123456789012"},
 "requestParameters": {"bucketName": "example-logs"}}]}"""


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of a call; who made it and what it was about are details."""
    del source
    valid = with_fields(records, {})
    found = valid.mutate(trail=shaped(valid.canonical, SHAPE))
    calls = found.mutate(**{name: found.trail[name] for name in SHAPE.names})
    # a service of AWS that calls in a user's stead gives its name
    source_ip = address(calls.sourceIPAddress)
    caller = source_ip.isnull().ifelse(calls.sourceIPAddress, ibis.null(str))
    return calls.mutate(
        fault=calls.fault.fill_null(calls.eventName.isnull().ifelse(NO_CALL, ibis.null(str))),
        timestamp=calls.eventTime,
        source_ip=source_ip,
        action=action(calls.eventName, _error(calls)),
        bytes=_transferred(calls.additionalEventData),
        details=details_of(_facts(calls) | {"caller": caller}),
    )


def recognise(head: Head) -> Recognition | None:
    """By the call, the service and the caller, which every record names; an object that wraps them is opened."""
    why = "CloudTrail: eventName with eventSource and userIdentity"
    return recognised(head, {"eventName", "eventSource", "userIdentity"}.issubset, why, 0.97, WRAPPER)


def _error(calls: ibis.Table) -> ir.StringValue:
    """What went wrong; a sign-in that failed may say so only in its answer."""
    return ibis.coalesce(calls.errorCode, calls.errorMessage, calls.responseElements.ConsoleLogin.nullif("Success"))


def _transferred(data: ir.StructValue) -> ir.StringValue:
    received, sent = (data[name].try_cast("float64") for name in ("bytesTransferredIn", "bytesTransferredOut"))
    # either may be missing
    return ibis.coalesce(received + sent, sent, received).cast(str)


def _facts(calls: ibis.Table) -> dict[str, ir.Value]:
    who, asked = calls.userIdentity, calls.requestParameters
    return {
        "service": calls.eventSource,
        "region": calls.awsRegion,
        "user": ibis.coalesce(who.userName, who.arn, who.principalId, who.invokedBy),
        "user_type": who["type"],
        "account": ibis.coalesce(who.accountId, calls.recipientAccountId),
        "user_agent": calls.userAgent,
        "error": calls.errorCode,
        "error_message": calls.errorMessage,
        "bucket": asked.bucketName,
        "role": asked.roleArn,
        "target_user": asked.userName,
        "mfa": calls.additionalEventData.MFAUsed,
        "read_only": calls.readOnly,
    }


FORMAT = Format(
    name="cloudtrail",
    description="the audit log of AWS: files of CloudTrail as delivered, or its records as lines or one array",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events",),
    reader=Reader(RECORDS, records_within(WRAPPER), fields),
    recognise=recognise,
)
