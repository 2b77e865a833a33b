"""The demo: sample logs of seven nights, all of them run, and what was found."""

from datetime import date, timedelta
from pathlib import Path

from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import ConfigError
from pipeline.console.evaluating import show_over_nights
from pipeline.console.running import run_nights, span
from pipeline.report.tables import published_findings
from pipeline.report.terminal import findings_table
from pipeline.samples.generate import write_samples
from pipeline.samples.sensors import SENSORS
from pipeline.warehouse.published import connect

TOP = 12
TRUTH = "ground_truth.csv"
FOUND = """
    with planted as (
        select * from read_csv($truth, header = true, all_varchar = true) where kind = 'attack'
    ), hits as (
        select p.night, p.name, min(c.rank) as rank
        from planted as p
        join report.suspicious_clusters as c on c.log_date = p.night::date
        join report.suspicious_events as s using (log_date, finding_id)
        join (
            select event_id, timestamp, source_ip, dest_ip from raw.security_events
            union all select connection_id, timestamp, source_ip, dest_ip from raw.connections
        ) as e using (event_id)
        where e.timestamp between p.first_event::timestamptz and p.last_event::timestamptz
          and list_contains(string_split(p.source_ips, ' '), e.source_ip)
          and list_contains(string_split(p.dest_ips, ' '), e.dest_ip)
        group by all
    )
    select night, name, rank from planted left join hits using (night, name) order by night, name
"""


def demo(settings: Settings, console: Console, nights: int, events_per_night: int, seed: int) -> None:
    """Write sample logs, run every night of them, and print what was found beside what was planted.

    Raises:
        ConfigError: the configuration has no ECS JSON source whose folder the samples can go to.
    """
    first = date.fromisoformat(settings.schedule.first_night)
    last = first + timedelta(days=nights - 1)
    landing, others = _landing(settings), _others(settings)
    with console.status(f"writing sample logs for {nights} nights"):
        write_samples(
            landing, settings.home_folder / TRUTH, first_night=first, nights=nights,
            events_per_night=events_per_night, seed=seed, sensors=others,
        )  # fmt: skip
    for folder in (landing, *others.values()):
        console.print(f"sample logs: {nights} nights in {folder}")
    run_nights(settings, span(first, last), console)
    findings = published_findings(settings.published_folder, first, last)
    console.print(findings_table(findings, limit=TOP))
    _print_planted(settings, console)
    show_over_nights(settings, first, last, console)
    page = settings.reports_folder / last.isoformat() / "index.html"
    console.print(f"\nreport: [bold]{page}[/bold] (all nights: {settings.reports_folder / 'index.html'})")
    console.print(
        'next:   shoal report --date DAY   shoal query "select * from report.suspicious_clusters"   '
        "shoal status   shoal ui\n"
        "        your own logs: add a [[sources]] section to shoal.toml, then shoal config check and shoal run",
        markup=False,
    )


def _landing(settings: Settings) -> Path:
    for source in settings.sources:
        if source.format == "ecs_json":
            return settings.source_glob(source).parent
    message = 'the demo writes ECS JSON, and no source has format = "ecs_json"; use the sample shoal.toml'
    raise ConfigError(message)


def _others(settings: Settings) -> dict[str, Path]:
    """Folders for the other sensors' logs, by format: of the first source of each that reads from the home folder."""
    folders = ((source.format, settings.source_glob(source).parent) for source in reversed(settings.sources))
    return {name: folder for name, folder in folders if name in SENSORS and folder.is_relative_to(settings.home_folder)}


def _print_planted(settings: Settings, console: Console) -> None:
    truth = settings.home_folder / TRUTH
    with connect(settings.published_folder) as connection:
        rows = connection.execute(FOUND, {"truth": str(truth)}).fetchall()
    console.print(f"\nplanted attacks ({truth.name}), and where they rank in the report of their night:")
    for night, name, rank in rows:
        console.print(f"  {night}  {name.replace('_', ' '):28} {'not found' if rank is None else f'rank {rank}'}")
