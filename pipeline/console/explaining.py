"""Says what a configuration means, after everything in it that can be checked has been checked."""

from rich.console import Console

from pipeline.config import Settings
from pipeline.features.own_tables import check_own_tables
from pipeline.ingest.landing import check_path, landed
from pipeline.ingest.timestamps import check_format
from pipeline.report.terminal import safe_text
from pipeline.scoring.truth import read_truth


def explain(settings: Settings, console: Console) -> None:
    """Print what will be read, fitted and shown.

    Raises:
        ConfigError: a source cannot be read as configured.
    """
    check_sources(settings)
    console.print("home: ", safe_text(settings.home_folder), sep="", soft_wrap=True)
    for source in settings.sources:
        found = f"source {source.name}: {source.format}, {len(landed(settings, source)):,} files at "
        console.print(found, safe_text(source.path), sep="", soft_wrap=True)
    _explain_tables(settings, console)
    training, thresholds = settings.training, settings.thresholds
    console.print(
        f"training: {', '.join(training.algorithms)} on the {training.window_days} nights before the scored one\n"
        f"threshold: {thresholds.method}, at most {thresholds.max_alerts_per_night:,} alerts a night\n"
        f"schedule: {settings.schedule.hour:02}:{settings.schedule.minute:02} {settings.schedule.timezone}, "
        f"nights from {settings.schedule.first_night}"
    )
    for channel in settings.notifications:
        told = f"{channel.kind}, findings from {channel.severity} on" + ", failed runs" * channel.failures
        console.print(f"notification {channel.name}: {told}", soft_wrap=True)


def check_sources(settings: Settings) -> None:
    """Make the checks of ingestion before anything is done.

    Raises:
        ConfigError: a source's path or format of timestamps cannot work, or rows of a feature table or the side file
            of labels cannot be read; names the key, the value and the remedy.
    """
    for source in settings.sources:
        check_format(source)
        check_path(settings, source)
    check_own_tables(settings)
    read_truth(settings.labels_file)


def _explain_tables(settings: Settings, console: Console) -> None:
    for own in settings.feature_tables:
        roles = {"numeric": own.numeric, "log": own.log, "categorical": own.categorical}
        counted = ", ".join(f"{len(names):,} {role}" for role, names in roles.items() if names)
        label = f", labels in {own.label}" if own.label else ""
        rows = (
            "a query over the raw tables"
            if own.sql is not None
            else f"{len(landed(settings, own)):,} files at {own.path}"
        )
        what = f"rows of {own.entity} and {own.date} from {rows}; {counted}{label}"
        console.print(f"feature table {own.name}: ", safe_text(what), sep="", soft_wrap=True)
