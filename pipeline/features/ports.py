"""What destination ports stand for."""

import ibis

WEB_PORTS = (80, 443, 8080, 8443)
MAIL_PORTS = (25, 110, 143, 465, 587, 993, 995)
DATABASE_PORTS = (1433, 3306, 5432, 6379, 9200, 27017)
REMOTE_PORTS = (22, 23, 3389, 5900, 5985, 5986)
FILE_PORTS = (20, 21, 139, 445, 2049)
DIRECTORY_PORTS = (53, 67, 68, 88, 123, 389, 636, 3268)
SYSTEM_PORTS_END = 1024
KINDS = {
    "web": WEB_PORTS,
    "mail": MAIL_PORTS,
    "database": DATABASE_PORTS,
    "remote": REMOTE_PORTS,
    "files": FILE_PORTS,
    "directory": DIRECTORY_PORTS,
}


def port_kind(port: ibis.Value) -> ibis.Value:
    """What a port is for; `system` below 1024, `user` from there on, `none` where there is no port."""
    named = [(port.isin(ports), kind) for kind, ports in KINDS.items()]
    return ibis.cases((port.isnull(), "none"), *named, (port < SYSTEM_PORTS_END, "system"), else_="user")
