"""What a night asks of the models: fit on the baseline window, all algorithms and the consensus."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from pipeline.config import Training
from pipeline.features.patterns import add_up
from pipeline.features.revisions import revisions
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.models import consensus_rows, store
from pipeline.models.base import FittedModel, Occasion
from pipeline.models.cleaning import clean
from pipeline.models.consensus import fit_consensus
from pipeline.models.evidence import Known, evidence_of, read_known
from pipeline.models.guard import Evidence, Fitted, guarded
from pipeline.models.numerics import reproducible
from pipeline.models.parallel import processes, side_by_side
from pipeline.models.rows import to_rows
from pipeline.models.stored import Model
from pipeline.models.training import Prepared, fit_prepared, prepare
from pipeline.warehouse.engine import Warehouse
from schemas.models import FITS
from schemas.models import TABLES as MODEL_TABLES
from schemas.scores import CONSENSUS

# what takes longest of what is fitted or scored by on many patterns; all others take about as long as each other
LONGEST = (CONSENSUS, "dbscan")


def model_names(settings: Training) -> list[str]:
    """What is fitted on every feature table: the algorithms, and the consensus but for the published recipes."""
    return [*settings.algorithms, *([CONSENSUS] if settings.consensus and not settings.seed_compatible else [])]


def longest_first(names: Sequence[str]) -> list[str]:
    """The names of algorithms and the consensus in the order to begin with them."""
    return sorted(names, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))


@dataclass(frozen=True, eq=False)
class NightlyBaseline:
    """What the models of one feature table are fitted on for one night.

    Attributes:
        occasion: the night, and the nights that its models are fitted on.
        prepared: their patterns, encoded once for all algorithms.
        champions: by algorithm and for the consensus, the latest accepted model before, where there is one.
        evidence: what a new model and its champion are compared on; none where nothing is compared.
        cleaned: facts of what was left out of the patterns, as parameters of the models have them.
    """

    occasion: Occasion
    prepared: Prepared
    champions: Mapping[str, store.Fitted]
    evidence: Evidence | None = None
    cleaned: Mapping[str, Any] = field(default_factory=dict)


def read_baseline(
    warehouse: Warehouse, table: FeatureTable, night: date, patterns: ibis.Table, settings: Training, most: int = 1
) -> NightlyBaseline | None:
    """The baseline of a night; None for a night without data.

    `patterns` are those of the baseline window and of the night itself; `most` processes may work on them.
    """
    with warehouse.connect():
        nights = warehouse.fetch(_nights(table, night, patterns, settings)).to_pylist()
        if not any(row["log_date"] == night and row["has_patterns"] for row in nights):
            return None
        occasion = _occasion(table, night, nights)
        window = patterns.filter(patterns.log_date.between(occasion.trained_from, occasion.trained_to))
        rows = warehouse.fetch(add_up(window, table).order_by("pattern_id")).to_pandas()
        champions = store.latest_before(warehouse, table.name, night)
        if settings.seed_compatible or occasion.bootstrap:
            columns = table.seed_columns if settings.seed_compatible else table.columns
            return NightlyBaseline(occasion, prepare(rows, columns, settings), champions)
        known = read_known(warehouse, table, occasion.trained_from, occasion.trained_to, rows["pattern_id"])
    return _guarded_baseline(table, occasion, rows, known, champions, settings, most)


def _guarded_baseline(
    table: FeatureTable,
    occasion: Occasion,
    rows: pd.DataFrame,
    known: Known,
    champions: Mapping[str, store.Fitted],
    settings: Training,
    most: int,
) -> NightlyBaseline:
    """The baseline without what the consensus before found extreme and what analysts called malicious."""
    consensus = champions.get(CONSENSUS) if settings.clean else None
    with reproducible():
        cleaned = clean(rows, known.malicious, known.harmless, consensus, settings.cleaning_cap, most)
    evidence = evidence_of(rows, known, settings.random_state)
    return NightlyBaseline(occasion, prepare(cleaned.rows, table.columns, settings), champions, evidence, cleaned.facts)


def processes_for(settings: Training) -> int:
    """In how many processes a night fits and scores."""
    return processes(len(model_names(settings)) * len(FEATURE_TABLES), settings.n_jobs)


def train_all(
    baselines: Mapping[str, Callable[[int], NightlyBaseline | None]],
    chosen: Mapping[str, Sequence[str]],
    settings: Training,
) -> Iterator[tuple[str, str, dict[str, pa.Table]]]:
    """Each feature table, the name of what is fitted on it, and what `train` gives.

    Args:
        baselines: what reads the baseline of each feature table; it is called when the baseline is needed, and told how
            many processes may work on it.
        chosen: what is fitted on each feature table.
        settings: of the fits.

    Raises:
        Exception: what a fit or a baseline raised, after the rows of all others.
    """
    faults: list[tuple[str, Exception]] = []
    without_data = []
    most = processes_for(settings)

    def calls() -> Iterator[list[tuple[tuple[str, str], tuple[NightlyBaseline, str, Training]]]]:
        for place, (table, read) in enumerate(baselines.items()):
            try:
                # behind the fits of the first table, parts of later baselines would wait in the workers
                baseline = read(1 if place else most)
            except Exception as fault:  # noqa: BLE001 - raised when all other tables are done
                faults.append((table, fault))
                continue
            if baseline is None:
                without_data.append(table)
                continue
            ordered = longest_first(chosen[table])
            yield [((table, name), (_for(name, baseline), name, settings)) for name in ordered]

    for (table, name), (rows, fault) in side_by_side(train, calls(), most):
        if fault is None:
            yield table, name, rows
        else:
            faults.append((f"{table}_{name}", fault))
    nothing = {spec.name: spec.arrow_schema().empty_table() for spec in MODEL_TABLES}
    yield from ((table, name, nothing) for table in without_data for name in chosen[table])
    _raise_first(faults)


def _raise_first(faults: Sequence[tuple[str, Exception]]) -> None:
    """Raise the first fault by name, if there is one; it says what it was about, and which others there were."""
    if faults:
        (name, first), *others = sorted(faults, key=lambda fault: fault[0])
        first.add_note(f"while {name} was fitted")
        for other, fault in others:
            first.add_note(f"{other} failed, too: {fault!r}")
        raise first


def _for(name: str, baseline: NightlyBaseline) -> NightlyBaseline:
    """The baseline with the one champion that a fit needs: those of others may have to travel to a worker."""
    return replace(baseline, champions={own: it for own, it in baseline.champions.items() if own == name})


def train(baseline: NightlyBaseline, algorithm: str, settings: Training) -> dict[str, pa.Table]:
    """Rows of the model tables for one algorithm or the consensus."""
    champion = baseline.champions.get(algorithm)
    if algorithm == CONSENSUS:
        consensus = fit_consensus(baseline.prepared, baseline.occasion, settings.random_state)
        return consensus_rows.to_rows(_judged(consensus, champion, baseline, settings))
    previous = champion if isinstance(champion, FittedModel) else None
    model = fit_prepared(algorithm, baseline.prepared, baseline.occasion, settings, previous)
    return to_rows(_judged(model, champion, baseline, settings))


def _judged(challenger: Fitted, champion: Model | None, baseline: NightlyBaseline, settings: Training) -> Fitted:
    """The new model with the guard's verdict, the champion that it follows, and what it was not fitted on."""
    told = replace(
        challenger,
        previous_id=champion.model_id if champion else None,
        parameters={**challenger.parameters, **baseline.cleaned},
    )
    with reproducible():
        return guarded(told, champion, baseline.evidence, settings)


def _nights(table: FeatureTable, night: date, patterns: ibis.Table, settings: Training) -> ibis.Table:
    """The nights up to this one that patterns rest on, with their revisions; also those whose logs gave none."""
    built = patterns.group_by("log_date").agg(built=_.revision.max())
    logged = revisions(table, settings.window_days)
    first = night - timedelta(days=settings.window_days)
    logged = logged.filter(logged.rows > 0, logged.log_date.between(first, night)).drop("rows")
    both = built.outer_join(logged, "log_date")
    return both.select(
        log_date=ibis.coalesce(both.log_date, both.log_date_right),
        revision=ibis.coalesce(both.built, both.revision),
        has_patterns=both.built.notnull(),
    ).order_by("log_date")


def _occasion(table: FeatureTable, night: date, nights: list[dict[str, Any]]) -> Occasion:
    dates = [row["log_date"] for row in nights if row["has_patterns"] and row["log_date"] < night] or [night]
    listed = [row for row in nights if row["log_date"] < night] or nights
    return Occasion(
        feature_table=table.name,
        log_date=night,
        trained_from=dates[0],
        trained_to=dates[-1],
        bootstrap=dates == [night],
        baseline=" ".join(f"{row['log_date']}:{row['revision']}" for row in listed),
    )


def summary(rows: dict[str, pa.Table]) -> dict[str, Any]:
    """What a person wants to know of a fit: its parameters, columns left out among them, and its metrics."""
    fits = rows[FITS.name].to_pylist()
    return {name: json.loads(fit_row[name]) for fit_row in fits for name in ("parameters", "metrics")}
