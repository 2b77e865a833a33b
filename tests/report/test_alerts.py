import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.alerts import allocate


def findings(*rows: tuple[float, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"finding_id": f"f{number}", "severity": severity, "size": size}
            for number, (severity, size) in enumerate(rows)
        ],
        columns=["finding_id", "severity", "size"],
    )


@given(st.lists(st.tuples(st.floats(20, 100), st.integers(1, 10_000)), max_size=12), st.integers(0, 300))
def test_the_budget_is_kept_and_used(rows: list[tuple[float, int]], budget: int) -> None:
    shares = allocate(findings(*rows), budget)
    assert sum(shares.values()) == min(budget, sum(size for _, size in rows))
    assert all(0 <= shares[f"f{number}"] <= size for number, (_, size) in enumerate(rows))


def test_severe_findings_show_more_and_small_ones_are_not_starved() -> None:
    shares = allocate(findings((90, 5000), (60, 5000), (30, 7)), 200)
    assert shares["f0"] > shares["f1"] > shares["f2"] == 7


@pytest.mark.parametrize("budget", [0, 1])
def test_a_tiny_budget_goes_to_the_first(budget: int) -> None:
    assert allocate(findings((90, 10), (80, 10)), budget) == {"f0": budget, "f1": 0}
