"""Sessions: how long a login lasted, from the logoff that names the same session in the same file.

A login and its logoff share `session_id` and `host`; the first logoff that is not before the login ends it.
"""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipeline.ingest.targets import TARGETS, Target

LOGOFF = "logoff"
FIELDS = ("session_id", "host")
CLOSE = f"""
update staged set session_minutes = closed.minutes
from (
    select logins.position, epoch(logoffs.timestamp - logins.timestamp) / 60 as minutes
    from (from staged where fault is null and target = 'logins' and session_minutes is null) logins
    asof join (
        from staged where fault is null and target = 'security_events' and action = '{LOGOFF}'
    ) logoffs
    on logoffs.session_id = logins.session_id and coalesce(logoffs.host, '') = coalesce(logins.host, '')
        and logoffs.timestamp >= logins.timestamp
) closed
where closed.position = staged.position
"""  # noqa: S608 - the action is ours


def have_ends(targets: Sequence[Target]) -> bool:
    """Whether files that fill these tables can tell of logins and of logoffs."""
    return TARGETS["logins"] in targets and TARGETS["security_events"] in targets


def close(connection: DuckDBPyConnection) -> None:
    """Fill `session_minutes` of the logins in `staged` whose logoff is there too."""
    connection.execute(CLOSE)
