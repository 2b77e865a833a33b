"""Shoal's algorithms beside scikit-learn's own estimators on the same feature rows, measured in one run.

Here: which runs there are, their figures, the bars. Not here: what a run does (model_runs), how a process is measured
(measure).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import model_runs
from measure import Measured, measure
from model_runs import seconds

KINDS = ("events", "users", "connections")
ALGORITHMS = ("kmeans", "dbscan", "mean_shift", "gaussian_mixture")
USUAL, SMOKE = (1_000, 10_000, 100_000, 1_000_000), (1_000,)
# rows that scikit-learn's own estimator takes in minutes and in 16 GiB; DBSCAN holds every pair of equals
MOST_ROWS = {"kmeans": 1_000_000, "dbscan": 10_000, "mean_shift": 10_000, "gaussian_mixture": 1_000_000}
BARS_FROM, LEAST_TIMES_FASTER, COLLAPSES, MOST_MIB = 10_000, 20.0, 10.0, 2048.0
HELP = """\
Writes feature rows and measures, each in a process of its own, for every algorithm:
  shoal         collapse to patterns, choose the parameters, fit, score all rows
  scikit-learn  encode all rows, fit the estimator with these parameters, score them, up to the size that it survives
Prints processor seconds, peak resident memory, agreement (adjusted Rand index of the labels, rank correlation of the
scores, on 3,000 rows), the bars, and as its last line one JSON object with all figures. Shoal's seconds stand beside
scikit-learn's without the choice of parameters, which scikit-learn leaves to its user. Both have ten starts of k-means,
scikit-learn on all rows, Shoal on a sample, and the mixture the same tolerance. What takes less than three seconds is
repeated, and the quickest counts. A missed bar is said and is no error.
"""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", help=f"sizes; default {USUAL}, with --smoke {SMOKE}")
    parser.add_argument("--only", nargs="+", choices=ALGORITHMS, default=ALGORITHMS, help="some of the algorithms")
    parser.add_argument("--smoke", action="store_true", help="small, and without bars: does it still run?")
    chosen = parser.parse_args(given)
    chosen.rows = chosen.rows or (SMOKE if chosen.smoke else USUAL)
    return chosen


def measured(kind: str, rows: int, algorithm: str, file: Path, distinct: int) -> dict[str, Any]:
    """The figures of one algorithm on one file."""
    title = f"{algorithm}, {rows:,} {kind}"
    ours = measure(f"{title}: shoal", model_runs.shoal, algorithm, file)
    found = ours.result
    row = {"kind": kind, "rows": rows, "distinct": distinct, "algorithm": algorithm, "shoal": _figures(ours)}
    row["shoal"]["fallback"] = found["parameters"]["fallback"]
    if rows <= MOST_ROWS[algorithm]:
        plain = measure(f"{title}: scikit-learn", model_runs.plain, algorithm, file, found["parameters"])
        row["plain"] = _figures(plain)
        row["agreement"] = _agreement(found, plain.result)
        row["times_faster"] = round(seconds(row["plain"]) / max(seconds(row["shoal"]), 1e-9), 2)
    return row


def _figures(run: Measured) -> dict[str, Any]:
    steps = {name: round(value, 3) for name, value in run.result.items() if isinstance(value, float)}
    return steps | {"peak_mib": run.peak_mib, "others": run.others}


def _agreement(ours: dict[str, Any], plain: dict[str, Any]) -> dict[str, float]:
    from scipy.stats import spearmanr
    from sklearn.metrics import adjusted_rand_score

    scores = spearmanr(ours["distance"], plain["distance"]).statistic
    return {"ari": round(adjusted_rand_score(ours["label"], plain["label"]), 3), "scores": round(float(scores), 3)}


def bars(rows: list[dict[str, Any]]) -> dict[str, bool]:
    """Whether each row that the bars are about meets them."""
    judged = {}
    for row in rows:
        title = f"{row['algorithm']}, {row['rows']:,} {row['kind']}"
        judged[f"{title}: at most {MOST_MIB:,.0f} MiB"] = row["shoal"]["peak_mib"] <= MOST_MIB
        if "plain" in row and row["rows"] >= BARS_FROM:
            least = LEAST_TIMES_FASTER if row["rows"] >= COLLAPSES * row["distinct"] else 1.0
            judged[f"{title}: at least {least:g} times as fast"] = row["times_faster"] >= least
    return judged


def shown(rows: list[dict[str, Any]]) -> str:
    lines = [
        f"{'rows':<22}{'distinct':>9} {'algorithm':<17}{'choose':>7}{'rest':>8}{'MiB':>7}"
        f"{'sklearn':>9}{'MiB':>7}{'faster':>8}{'ARI':>7}{'scores':>8}"
    ]
    for row in rows:
        ours, plain = row["shoal"], row.get("plain")
        line = f"{row['rows']:>10,} {row['kind']:<11}{row['distinct']:>9,} {row['algorithm']:<17}"
        line += f"{ours.get('choose', 0):>7.2f}{seconds(ours):>8.2f}{ours['peak_mib']:>7.0f}"
        if plain:
            line += f"{seconds(plain):>9.2f}{plain['peak_mib']:>7.0f}{row['times_faster']:>8.1f}"
            line += f"{row['agreement']['ari']:>7.3f}{row['agreement']['scores']:>8.3f}"
        lines.append(line)
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    chosen, rows = arguments(given), []
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS[:1] if chosen.smoke else KINDS:
            for size in chosen.rows:
                file = Path(folder) / f"{kind}-{size}.parquet"
                distinct = measure(f"{size:,} {kind}", model_runs.write_rows, kind, size, file).result
                rows += [measured(kind, size, algorithm, file, distinct) for algorithm in chosen.only]
    print(shown(rows))
    judged = {} if chosen.smoke else bars(rows)
    for text, is_met in judged.items():
        print(f"{'met' if is_met else 'MISSED':<8}{text}")
    print(json.dumps({"rows": rows, "bars": judged}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
