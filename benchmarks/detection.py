"""Shoal's detection quality on labelled sets, through the real nightly job, beside well-known detectors.

Here: which runs there are and how their figures are shown. Not here: what a run does (detection_runs), the sets, the
references and the metrics, which the shared tool knows.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import detection_runs
from measure import measure

SHARED = Path(__file__).resolve().parents[2] / "shared"
TOOL, DATA = SHARED / "tools" / "detection.py", SHARED / "data"
SETS = ("iot23_34_1", "kdd99_http", "kdd99_smtp", "nsl_kdd", "unsw_nb15")
SMALLEST = ("iot23_34_1",)
CONTAMINATION = {0: "c00", 2: "c02", 10: "c10"}
FIGURES = {"auc": "AUC", "ap": "AP", "p_budget": "P@1%"}
CONSENSUS = "consensus"
BARS = {"auc": 0.97, "ap": 0.65, "p_budget": 0.65}
LEAST_AUC = 0.90
HELP = """\
Makes labelled sets out of the shared data, each with baselines that hold 0, 2 or 10 % unlabelled attacks and one night
that is scored, gives them to Shoal as [[feature_tables]], runs both nights through the nightly job in a fresh home, and
compares the stored scores with the labels: ROC AUC, average precision, and precision in a budget of 1 % of the rows.
Prints Shoal's algorithms and consensus beside the references, the bars, and as its last line one JSON object. A missed
bar is said and is no error; without the shared data nothing is run.
"""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=3, help="splits of each set into baseline and night; default 3")
    parser.add_argument("--first-draw", type=int, default=0, help="number of the first split; default 0")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="some of the sets")
    parser.add_argument("--contamination", nargs="+", type=int, choices=CONTAMINATION, default=list(CONTAMINATION),
                        help="attacks in the baseline, in percent")  # fmt: skip
    parser.add_argument("--references", action="store_true", help="run the nine references, too (needs PyOD)")
    parser.add_argument("--prepared", type=Path, metavar="FOLDER",
                        help="keep the sets and the figures of references there, take what is there")  # fmt: skip
    parser.add_argument("--smoke", action="store_true", help="the smallest set once, without bars: does it still run?")
    chosen = parser.parse_args(given)
    if chosen.smoke:
        chosen.draws, chosen.sets, chosen.contamination, chosen.references = 1, SMALLEST, [2], False
    chosen.variants = [CONTAMINATION[share] for share in chosen.contamination]
    return chosen


def measured(chosen: argparse.Namespace, folder: Path) -> tuple[list[dict[str, Any]], float]:
    """A row of figures per draw, set, contamination and detector; how far Shoal's own evaluation differs from them."""
    rows, differs = [], 0.0
    for draw in range(chosen.first_draw, chosen.first_draw + chosen.draws):
        place = (chosen.prepared or folder) / f"draw{draw}"
        if missing := [name for name in chosen.sets if not (place / name / "columns.json").exists()]:
            measure(f"draw {draw}: sets", detection_runs.prepare, TOOL, DATA, place, draw, missing)
        for name in chosen.sets:
            there = [one for one in chosen.variants if (place / name / detection_runs.baseline_file(one)).exists()]
            if chosen.references and not all(detection_runs.known(place / name, one) for one in there):
                measure(f"draw {draw}, {name}: references", detection_runs.references, TOOL, place, there, [name])
            home = folder / f"draw{draw}-{name}"
            run = measure(f"draw {draw}, {name}: shoal", detection_runs.shoal, TOOL, place / name, home, there)
            differs = max(differs, run.result["differs"] or 0.0)
            for variant in there:
                head = {"draw": draw, "set": name, "variant": variant}
                figures = detection_runs.known(place / name, variant) | run.result["figures"][variant]
                rows += [head | {"detector": detector} | found for detector, found in figures.items()]
    return rows, differs


def means(rows: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], dict[str, float]]:
    """Mean figures of the rows that agree in some columns."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {
        group: {figure: sum(row[figure] for row in own) / len(own) for figure in FIGURES}
        for group, own in groups.items()
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By detector: means over sets, contaminations and draws, and the worst AUC of a set and contamination."""
    of_rows = means(rows, "detector", "set", "variant")
    overall = means(rows, "detector")
    return {
        name: figures | {"worst_auc": min(found["auc"] for (of, *_), found in of_rows.items() if of == name)}
        for (name,), figures in overall.items()
    }


def bars(of: dict[str, dict[str, float]]) -> dict[str, bool]:
    """Whether the consensus meets what is asked of it."""
    own, others = of[CONSENSUS], [one for name, one in of.items() if name in detection_runs.REFERENCES]
    judged = {f"{name} at least {BARS[figure]:.3f}": own[figure] >= BARS[figure] for figure, name in FIGURES.items()}
    judged[f"no AUC under {LEAST_AUC:.2f}"] = own["worst_auc"] >= LEAST_AUC
    if others:
        for figure, name in FIGURES.items():
            judged[f"{name} above every single reference"] = own[figure] > max(one[figure] for one in others)
    return judged


def show(rows: list[dict[str, Any]], of: dict[str, dict[str, float]]) -> None:
    """The figures for people: the consensus beside the best reference on each set, then all detectors."""
    best = means(rows, "set", "variant", "detector")
    heads = "".join(f"{f'{name}':>7}{'best reference':>18}" for name in FIGURES.values())
    print(f"{'set':<12}{'in baseline':>12}{heads}")
    for name, variant in means(rows, "set", "variant"):
        line = f"{name:<12}{int(variant[1:]):>10} %"
        for figure in FIGURES:
            others = {
                detector: found[figure]
                for (one, other, detector), found in best.items()
                if (one, other) == (name, variant) and detector in detection_runs.REFERENCES
            }
            first = max(others, key=lambda key: others[key], default="")
            told = f"{others[first]:.3f} {first}" if others else "-"
            line += f"{best[name, variant, CONSENSUS][figure]:>7.3f}{told:>18}"
        print(line)
    print(f"\n{'mean of all':<20}" + "".join(f"{name:>8}" for name in FIGURES.values()) + f"{'worst AUC':>11}")
    for name in sorted(of, key=lambda key: -of[key]["auc"]):
        found = of[name]
        print(f"{name:<20}" + "".join(f"{found[figure]:>8.4f}" for figure in FIGURES) + f"{found['worst_auc']:>11.3f}")


def main(given: Sequence[str] | None = None) -> None:
    """Measure, show, and print the figures."""
    chosen = arguments(given)
    if not TOOL.is_file() or not DATA.is_dir():
        print(f"skipped: there is no shared data in {SHARED}")
        print(json.dumps({"skipped": True}))
        return
    detection_runs.limit_threads()
    with tempfile.TemporaryDirectory(prefix="shoal-detection-") as folder:
        rows, differs = measured(chosen, Path(folder))
    of = summary(rows)
    show(rows, of)
    print(f"\nreport.evaluation differs from these figures by at most {differs:.1e}")
    judged = {} if chosen.smoke else bars(of)
    for text, is_met in judged.items():
        print(f"{'met' if is_met else 'MISSED':<8}{text}")
    print(json.dumps({"rows": rows, "mean": of, "bars": judged, "differs": differs}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
