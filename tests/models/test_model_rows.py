import ibis
import pyarrow as pa
import pytest
from model_baselines import collapsed, event_rows, trained

from pipeline.models.registry import ALGORITHMS
from pipeline.models.rows import from_rows, to_rows
from schemas.models import TABLES
from schemas.validation import judge

pytestmark = pytest.mark.parametrize("algorithm", ALGORITHMS)


def test_rows_fit_the_tables(algorithm: str) -> None:
    tables = to_rows(trained(algorithm))
    assert list(tables) == [spec.name for spec in TABLES]
    for spec in TABLES:
        assert tables[spec.name].schema == spec.arrow_schema()
        judge(spec, ibis.memtable(tables[spec.name]))
        keys = tables[spec.name].select(list(spec.key)).to_pandas()
        assert not keys.duplicated().any()


def test_a_model_comes_back_bit_for_bit(algorithm: str) -> None:
    model = trained(algorithm)
    tables = to_rows(model)
    components = tables["models.components"]
    backwards = components.take(pa.array(range(len(components))[::-1]))
    again = from_rows(tables["models.fits"].to_pylist()[0], backwards)
    later = collapsed(event_rows(800, seed=4))
    points = model.encoder.transform(later)
    assert again.encoder.transform(later).tobytes() == points.tobytes()
    for name, expected in vars(model.assign(points)).items():
        found = getattr(again.assign(points), name)
        assert (found is None) if expected is None else (found.tobytes() == expected.tobytes())
    assert again.score_levels.tobytes() == model.score_levels.tobytes()
    stored_again = to_rows(again)
    assert stored_again["models.fits"] == tables["models.fits"]
    assert stored_again["models.components"] == components


def test_core_points_are_numbered_within_their_cluster(algorithm: str) -> None:
    model = trained(algorithm)
    rows = to_rows(model)["models.components"].to_pandas()
    for cluster, members in rows.groupby("component_id"):
        assert members["point"].tolist() == list(range(len(members)))
        assert members["kind"].tolist() == ["cluster"] + ["core_point"] * (len(members) - 1)
        assert set(members["stable_id"]) == {model.clusters.stable_ids[cluster]}
        assert len(members) - 1 == (model.clusters.core_clusters == cluster).sum()
