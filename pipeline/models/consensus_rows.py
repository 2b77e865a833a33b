"""The consensus as rows of `models.fits` and `models.components`, and back, bit for bit.

Columns that all models share, and how rows become tables, belong to `rows`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.models.consensus import ConsensusModel
from pipeline.models.ensemble_members import Large, Member, Scale
from pipeline.models.ensemble_spaces import EnsembleEncoder
from pipeline.models.patterns import FloatArray
from pipeline.models.rows import component_places, component_rows, fit_rows, read_column, read_fit, read_matrix
from schemas.models import COMPONENTS, FITS, SELECTION

GAUSSIAN = ("log_peak", "factor")


def to_rows(model: ConsensusModel) -> dict[str, pa.Table]:
    """The rows of the ensemble by table name, with the columns and types of their schemas."""
    components = [component_rows(model, _columns(number, member)) for number, member in enumerate(model.members)]
    return {
        FITS.name: fit_rows(model),
        COMPONENTS.name: pa.concat_tables(components),
        SELECTION.name: SELECTION.arrow_schema().empty_table(),
    }


def from_rows(fits_row: Mapping[str, Any], components: pa.Table) -> ConsensusModel:
    """The ensemble that `to_rows` stored; the order of the component rows does not matter.

    Args:
        fits_row: its row of `models.fits`.
        components: its rows of `models.components`.
    """
    carried = read_fit(fits_row)
    told_of = carried["parameters"]["members"]
    ordered = components.sort_by([(name, "ascending") for name in ("member", "component_id", "point")])
    ends = np.searchsorted(read_column(ordered, "member"), np.arange(len(told_of) + 1))
    members = [
        Member(told["algorithm"], told["space"], Scale(told["middle"], told["width"]), _large(ordered[start:end]))
        for told, start, end in zip(told_of, ends[:-1], ends[1:], strict=True)
    ]
    return ConsensusModel(**carried, encoder=EnsembleEncoder.from_json(fits_row["encoder"]), members=tuple(members))


def _columns(number: int, member: Member) -> dict[str, Any]:
    large = member.large
    places = component_places(len(large.centers), large.core_clusters)
    owner = places["component_id"]
    nothing = [None] * len(owner)
    return {
        **places,
        "member": [number] * len(owner),
        "stable_id": owner,
        "mass": large.masses[owner],
        "is_large": [True] * len(owner),
        "center": list(np.concatenate([large.centers, large.core_points])),
        "spread": nothing,
        "log_peak": nothing if large.log_peaks is None else large.log_peaks,
        "factor": nothing if large.factors is None else [factor.ravel() for factor in large.factors],
        "levels": nothing,
    }


def _large(rows: pa.Table) -> Large:
    """What one member measures to, given its rows in their order."""
    is_cluster = read_column(rows, "point") == 0
    points = read_matrix(rows, "center")
    is_mixture = not any(rows[name].null_count for name in GAUSSIAN)
    factors: FloatArray | None = None
    if is_mixture:
        factors = read_matrix(rows, "factor").reshape(-1, points.shape[1], points.shape[1])
    return Large(
        centers=points[is_cluster],
        masses=read_column(rows, "mass")[is_cluster],
        core_points=points[~is_cluster],
        core_clusters=read_column(rows, "component_id")[~is_cluster],
        log_peaks=read_column(rows, "log_peak") if is_mixture else None,
        factors=factors,
    )
