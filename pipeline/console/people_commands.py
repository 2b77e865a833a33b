"""`shoal suppress` and `shoal feedback`: what people say of findings."""

from datetime import date
from typing import Annotated

import typer

from pipeline.console.context import console, settings
from pipeline.console.options import First, Last, day, examples

app = typer.Typer()
_suppress = typer.Typer(
    help="Findings not to report again: they are left out from the next report on, counted and kept."
)
_feedback = typer.Typer(help="What analysts found to be benign or malicious: later fits and the evaluation use it.")
app.add_typer(_suppress, name="suppress")
app.add_typer(_feedback, name="feedback")

Kind = Annotated[str | None, typer.Argument(metavar="KIND", help="address, network, user, port or pattern")]
Value = Annotated[
    str | None, typer.Argument(metavar="VALUE", help="such as 192.0.2.7, 192.0.2.0/24, a user, 22 or a finding_id")
]
Side = Annotated[
    str | None,
    typer.Option(metavar="SIDE", help="where an address or network counts: source (by default), target or either"),
]
Finding = Annotated[str | None, typer.Option(metavar="ID", help="a group of a report, in place of KIND and VALUE")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="why")]
Owner = Annotated[str | None, typer.Option(metavar="NAME", help="who answers for it; by default who runs the command")]
Expires = Annotated[date | None, typer.Option(parser=day, metavar="DAY", help="first night that it does not hold for")]
Days = Annotated[int | None, typer.Option(min=1, help="in place of it: days from today")]
EntryId = Annotated[str, typer.Argument(metavar="ID", help="id of the entry, as list shows it")]


@_suppress.callback(invoke_without_command=True)
def suppressions(context: typer.Context) -> None:
    """Suppress findings that need no look; without a command, list what is suppressed."""
    if context.invoked_subcommand is None:
        suppress_list()


@_feedback.callback(invoke_without_command=True)
def feedback(context: typer.Context) -> None:
    """Say what was benign or malicious; without a command, list what was said."""
    if context.invoked_subcommand is None:
        feedback_list()


@_suppress.command(
    "add",
    epilog=examples(
        'shoal suppress add address 192.0.2.7 --reason "our own scanner"',
        'shoal suppress add network 198.51.100.0/24 --side target --reason "backups" --days 90',
        'shoal suppress add --finding 20260111-0a1b2c3d --reason "migration, ticket 4711" --owner ops',
    ),
)
def suppress_add(
    reason: Reason,
    kind: Kind = None,
    value: Value = None,
    side: Side = None,
    finding: Finding = None,
    owner: Owner = None,
    expires: Expires = None,
    days: Days = None,
) -> None:
    """Suppress findings all of whose records an entry covers; writing an entry again replaces it."""
    from pipeline.console.people import Told, suppress

    suppress(settings(), console, Told(kind, value, side, finding, owner, reason, expires, days))


@_suppress.command("list")
def suppress_list() -> None:
    """Show the suppressions as they are now, the oldest first."""
    from pipeline.console.people import show_suppressions

    show_suppressions(settings(), console)


@_suppress.command("remove")
def suppress_remove(entry_id: EntryId) -> None:
    """Take a suppression away; the next report shows again what it covered."""
    from pipeline.console.people import remove_suppression

    remove_suppression(settings(), console, entry_id)


@_suppress.command("apply", epilog=examples("shoal suppress apply --date 2026-01-11"))
def suppress_apply(
    night: Annotated[date, typer.Option("--date", parser=day, metavar="DAY", help="the night, a UTC day")],
) -> None:
    """Make a night's report again with the suppressions as they are now; nothing is read again and nothing fitted."""
    from pipeline.console.people import apply_suppressions

    apply_suppressions(settings(), console, night)


@_feedback.command(
    "add",
    epilog=examples(
        'shoal feedback add malicious address 203.0.113.9 --side either --reason "incident 12"',
        'shoal feedback add benign user backup --from 2026-01-05 --reason "nightly job"',
        'shoal feedback add benign --finding 20260111-0a1b2c3d --reason "migration"',
    ),
)
def feedback_add(
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="benign or malicious")],
    reason: Reason,
    kind: Kind = None,
    value: Value = None,
    side: Side = None,
    finding: Finding = None,
    first: First = None,
    last: Last = None,
    owner: Owner = None,
    expires: Expires = None,
    days: Days = None,
) -> None:
    """Judge an address, network, user, port or finding; without nights all are meant, of a finding its own."""
    from pipeline.console.people import Told, judge

    told = Told(kind, value, side, finding, owner, reason, expires, days)
    judge(settings(), console, told, verdict, first, last)


@_feedback.command("list")
def feedback_list() -> None:
    """Show the judgements as they are now, the oldest first."""
    from pipeline.console.people import show_feedback

    show_feedback(settings(), console)


@_feedback.command("remove")
def feedback_remove(entry_id: EntryId) -> None:
    """Take a judgement away."""
    from pipeline.console.people import remove_feedback

    remove_feedback(settings(), console, entry_id)
