"""Sessions: how long a login lasted, from the logoff that names the same session in the same file.

A login and its logoff share `session_id` and `host`; the first logoff that is not before the login ends it, unless the
id was given to another login in between, or it names another user. A login that failed opens no session.
"""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipeline.ingest.targets import TARGETS, Target

LOGOFF = "logoff"
FIELDS = ("session_id", "host")
# a window, because the engine's join of the nearest compares each login with all logoffs where sessions are many
CLOSE = f"""
update staged set session_minutes = epoch(sessions.logoff.ended - sessions.timestamp) / 60
from (
    select position, target, session_minutes, timestamp, "user",
        min(struct_pack(ended := timestamp, "user" := "user")) filter (target <> 'logins') over rest as logoff,
        min(timestamp) filter (target = 'logins') over later as next_login
    from staged
    where fault is null and session_id is not null
        and (target = 'logins' and success is distinct from false
            or target = 'security_events' and action = '{LOGOFF}')
    window
        rest as (
            partition by session_id, host order by timestamp range between current row and unbounded following
        ),
        later as (
            partition by session_id, host
            order by timestamp range between interval 1 microsecond following and unbounded following
        )
) sessions
where sessions.position = staged.position and sessions.target = 'logins' and sessions.session_minutes is null
    and sessions.logoff.ended <= coalesce(sessions.next_login, 'infinity')
    and coalesce(lower(sessions."user") = lower(sessions.logoff."user"), true)
"""  # noqa: S608 - the action is ours


def have_ends(targets: Sequence[Target]) -> bool:
    """Whether files that fill these tables can tell of logins and of logoffs."""
    return TARGETS["logins"] in targets and TARGETS["security_events"] in targets


def close(connection: DuckDBPyConnection) -> None:
    """Fill `session_minutes` of the logins in `staged` whose logoff is there too."""
    connection.execute(CLOSE)
