"""Names in Zeek's logs: the columns that are wanted, where they stand, and how the type of a log is told.

Here: which names mean what. Not here: notations (`zeek_header`, `zeek`), what becomes of the values (`zeek_fields`).
"""

import re
from collections.abc import Collection

TIME = "ts"

# by our name for it, the names that a column has in one version or another; the first that is there counts
COLUMNS: dict[str, tuple[str, ...]] = {
    TIME: ("ts",),
    "uid": ("uid",),
    "orig_h": ("id.orig_h", "id_orig_h"),
    "orig_p": ("id.orig_p", "id_orig_p"),
    "resp_h": ("id.resp_h", "id_resp_h"),
    "resp_p": ("id.resp_p", "id_resp_p"),
    "src": ("src", "client_addr", "tx_hosts"),
    "dst": ("dst", "server_addr", "rx_hosts"),
    "dst_p": ("p",),
    "proto": ("proto",),
    "service": ("service",),
    "conn_state": ("conn_state",),
    "duration": ("duration",),
    "orig_bytes": ("orig_bytes",),
    "resp_bytes": ("resp_bytes",),
    "orig_pkts": ("orig_pkts",),
    "resp_pkts": ("resp_pkts",),
    "size": ("response_body_len", "seen_bytes"),
    "label": ("label",),
    "detailed_label": ("detailed-label", "detailedlabel", "detailed_label"),
    # one column for three, as in the IoT-23 data set
    "labels": ("tunnel_parents   label   detailed-label",),
    "success": ("auth_success", "success"),
    "status": ("status",),
    "client": ("client",),
    "username": ("username",),
    "cookie": ("cookie",),
    "error": ("error_msg",),
}

# by the name that a column has what it is called in `details`, mostly as other formats call it
FACTS = {
    "uid": "uid",
    "fuid": "file_id",
    "query": "query",
    "qtype_name": "query_type",
    "rcode_name": "answer_code",
    "answers": "answers",
    "method": "method",
    "host": "host",
    "uri": "uri",
    "status_code": "status",
    "user_agent": "user_agent",
    "version": "version",
    "cipher": "cipher",
    "server_name": "server_name",
    "validation_status": "validation",
    "subject": "subject",
    "certificate.subject": "subject",
    "certificate_subject": "subject",
    "issuer": "issuer",
    "issuer_subject": "issuer",
    "certificate.issuer": "issuer",
    "certificate_issuer": "issuer",
    "ja3": "ja3",
    "note": "note",
    "msg": "message",
    "sub": "sub_message",
    "name": "name",
    "addl": "additional",
    "mime_type": "content_type",
    "filename": "file_name",
    "md5": "file_md5",
    "sha1": "file_sha1",
    "request_type": "message",
    "client": "client",
    "server": "server",
    "error_msg": "error",
    "result": "result",
    "auth_attempts": "attempts",
    "operation": "operation",
    "action": "operation",
    "endpoint": "endpoint",
    "path": "path",
    "analyzer": "analyzer",
    "failure_reason": "reason",
    "command": "command",
    "arg": "argument",
}
# of these logs all else has columns
CONNECTION = "conn"

# columns that no other type of log has
MARKS = {
    "conn_state": "conn",
    "AA": "dns",
    "request_body_len": "http",
    "resumed": "ssl",
    "auth_attempts": "ssh",
    "request_type": "kerberos",
    "domainname": "ntlm",
    "security_protocol": "rdp",
    "suppress_for": "notice",
    "seen_bytes": "files",
}
UNTYPED = "zeek"

_IN_FILE_NAME = re.compile(
    r"(?<![a-z0-9])(capture_loss|conn|dce_rpc|dhcp|dnp3|dns|dpd|files|ftp|http|intel|irc|kerberos|known_certs"
    r"|known_hosts|known_services|ldap|modbus|mysql|notice|ntlm|ntp|ocsp|packet_filter|pe|quic|radius|rdp|reporter|rfb"
    r"|sip|smb_cmd|smb_files|smb_mapping|smtp|snmp|socks|software|ssh|ssl|stats|syslog|tunnel|weird|x509)(?![a-z0-9])"
)


def type_in_file_name(name: str) -> str | None:
    """The type of log that a file is named after, such as conn of `netflow_conn.json.log`."""
    found = _IN_FILE_NAME.findall(name.lower())
    return found[-1] if found else None


def type_by_columns(names: Collection[str]) -> str | None:
    """The type of log that has these columns."""
    return next((kind for mark, kind in MARKS.items() if mark in names), None)
