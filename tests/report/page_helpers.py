"""Nights as the page shows them, made up: findings with evidence, feature tables with scores, hostile texts."""

import json
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.models.scaling import Dimension
from pipeline.report.page.content import Density, Marks, NightPage, Profile, Scored, TableNight, Topic
from pipeline.scoring.expectations import Verdict
from schemas.base import TableSpec
from schemas.report import NIGHTS, SUSPICIOUS_CLUSTERS

NIGHT = date(2026, 1, 12)
HOSTILE = "\"'><script>alert(1)</script></script><img src=x onerror=alert(2)>\x1b[31m\x00\u202egnp\u2028{{ 7*7 }}"
LONG = "n" * 10_000
PARTS = {"isolation": 30.0, "novelty": 20.0, "size": 14.5, "agreement": 10.0, "rules": 9.0}
ATTACKS = (
    ("203.0.113.77", "192.0.2.10", "tcp", 22, 2, "brute force on port 22 from 48 sources"),
    ("198.51.100.9", "192.0.2.0", "tcp", 443, 3, "one source tries 1,800 ports of one host"),
    ("10.1.4.23", "203.0.113.200", "tcp", 8443, 1, "large transfers in the night"),
    ("198.51.100.44", "192.0.2.12", "udp", 53, 14, "flood from 310 sources on one server"),
    ("203.0.113.5", "192.0.2.40", "icmp", None, 20, "sweep over 200 addresses"),
    ("10.1.7.80", "203.0.113.31", "tcp", 6379, 11, "a new application"),
)
ALGORITHMS = ("dbscan", "kmeans")


def frame(spec: TableSpec, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as they come from the engine."""
    return pa.Table.from_pylist(rows, schema=spec.arrow_schema()).to_pandas()


def example(attack: tuple[Any, ...], place: int) -> dict[str, Any]:
    source, target, protocol, port, hour, _ = attack
    return {
        "timestamp": f"2026-01-12T{hour:02d}:{place % 60:02d}:31+00:00",
        "source_ip": source,
        "source_port": 40_000 + place if port else None,
        "dest_ip": target,
        "dest_port": port,
        "action": "chs dropped input",
        "protocol": protocol,
        "bytes": None if place == 2 else 60 + place,
        "country": None if source.startswith("10.") else "Netherlands",
        "source_file": "data_log_firewall_2026-01-12.json",
        "line_number": 1_200 + 17 * place,
    }


def evidence(attack: tuple[Any, ...], size: int) -> dict[str, Any]:
    source, target, protocol, port, hour, _ = attack
    network = source.rsplit(".", 1)[0]
    return {
        "top_sources": [[f"{network}.{20 + place}", size // (place + 2)] for place in range(5)],
        "top_targets": [[target, size]],
        "top_ports": [[str(port), size]] if port else [],
        "protocols": [[protocol, size]],
        "actions": [["chs dropped input", size // 2], ["chs add blocker 3", size // 2]],
        "countries": [["Netherlands", size // 2], ["Brazil", size // 3]],
        "verdicts": [["blocked", size]],
        "hours": [[str(hour), 2 * size // 3], [str(hour + 1), size // 3]],
        "distinct_sources": 48,
        "distinct_targets": 1,
        "distinct_ports": 1,
        "bytes": 60 * size,
        "examples": [example(attack, place) for place in range(5)],
        "unusual": [
            {
                "feature": "source_ports_log2",
                "value": 8.69,
                "usual_low": 0.0,
                "usual_high": 1.0,
                "sentence": "256 or more distinct ports per source and hour, usually 1 to 7",
            }
        ],
        "exemplars": [{"entity_id": f"{source} → {target}", "score": 0.99}],
        "boundary": [{"entity_id": source, "score": 0.5}],
        "clusters": [{"feature_table": "events", "algorithm": "kmeans", "cluster_id": 3, "size": size}],
    }


def finding(rank: int, attack: tuple[Any, ...]) -> dict[str, Any]:
    size, fall = 4_000 // rank, 1 - 0.14 * (rank - 1)
    parts = {part: round(points * fall, 1) for part, points in PARTS.items()}
    severity = sum(parts.values())
    return {
        "finding_id": f"20260112-{rank:08x}",
        "log_date": NIGHT,
        "rank": rank,
        "severity": severity,
        "severity_level": next(
            word for least, word in ((75, "critical"), (50, "high"), (30, "medium"), (0, "low")) if severity >= least
        ),
        "severity_parts": json.dumps(parts),
        "feature_table": "users" if rank == 5 else "events",
        "algorithm": "kmeans" if rank % 2 else "dbscan",
        "algorithms": ["kmeans", "dbscan"] if rank % 3 else ["dbscan"],
        "feature_tables": ["users" if rank == 5 else "events"] * (2 if rank % 3 else 1),
        "records": size,
        "state": "growing" if rank == 2 else "new",
        "first_night": date(2026, 1, 11) if rank == 2 else NIGHT,
        "nights": 2 if rank == 2 else 1,
        "cluster_id": 20 + rank,
        "cluster_ids": [20 + rank, 20 + rank] if rank % 3 else [20 + rank],
        "size": size,
        "share": size / 60_000,
        "first_seen": pd.Timestamp(f"2026-01-12T{attack[4]:02d}:00:04", tz="UTC"),
        "last_seen": pd.Timestamp(f"2026-01-12T{attack[4] + 1:02d}:58:59", tz="UTC"),
        "is_new": rank != 6,
        "score": 1 - rank / 100,
        "reasons": [
            "256 or more distinct ports per source and hour, usually 1 to 7",
            f"{size:,} events form a group that the baseline does not know",
            "1.2% of the night's events, 3.4 times as far from the large clusters as 99 % of the baseline",
        ],
        "attack_pattern": "unnamed",
        "technique_id": None,
        "explanation": f"{size:,} blocked events from {attack[0]} to {attack[1]}, {attack[4]:02d}:00 UTC: {attack[5]}",
        "evidence": json.dumps(evidence(attack, size)),
    }


def groups(number: int = 7, found: tuple[int, ...] = (1, 2)) -> list[dict[str, Any]]:
    """Clusters of an algorithm, the largest first; the smallest ones became the findings `found`, the last is noise."""
    ids = [*range(number - 1), -1]
    ranks = dict(zip(ids[-1 - len(found) : -1], found, strict=True))
    return [
        {
            "cluster_id": cluster, "size": 1000 // (place + 1), "patterns": 40, "is_new": cluster == number - 2,
            "mean_score": 0.9 - place / 10, "finding": ranks.get(cluster),
        }
        for place, cluster in enumerate(ids)
    ]  # fmt: skip


def scored(number: int, clusters: list[dict[str, Any]] | None, seed: int = 7, reason: str = "unusual") -> Scored:
    """What an algorithm makes of patterns; one in twenty is an anomaly, with a reason."""
    draw = np.random.default_rng(seed)
    status = np.where(draw.random(number) < 0.05, 2, draw.integers(0, 2, number))
    ids = None if clusters is None else np.array([row["cluster_id"] for row in clusters])
    return Scored(
        cluster=None if ids is None else ids[draw.integers(0, len(ids), number)],
        status=status,
        score=draw.random(number),
        distance=draw.random(number) * 3,
        reason=[reason if code == 2 else "" for code in status],
        threshold=0.95,
    )


def marks(number: int, seed: int = 3, **places: Any) -> Marks:
    draw = np.random.default_rng(seed)
    coordinates = {name: draw.normal(size=number) for name in ("x", "y", "tsne_x", "tsne_y")}
    entities = [f"10.0.0.{place % 250} → 192.0.2.10:{place}" for place in range(number)]
    return Marks(entities, draw.integers(1, 500, number), [None] * number, coordinates | places)


def a_profile(clusters: tuple[int, ...] = (0, 5, -1)) -> Profile:
    axes = [
        Dimension("bytes_log", None, 5.0, 2.0),
        Dimension("hour_sin", None, 0.0, 0.7),
        Dimension("is_web_port", None, 0.5, 1.0),
        Dimension("protocol", "tcp", 0.8, 1.4),
    ]
    deviations = np.array([[0.1, 3.0, -0.2, 0.0], [2.5, 3.0, 0.5, -0.5], [np.nan, 3.0, 0.0, 0.1]])[: len(clusters)]
    means = deviations * [axis.scale for axis in axes] + [axis.center for axis in axes]
    return Profile(clusters, axes, [False, False, True, True], means, deviations)


def a_density() -> Density:
    edges = np.linspace(0, 4, 9)
    return Density(edges, np.full(8, 0.125), np.full(8, 0.125), limit=3.1, beyond=0.2, expected=0.05)


def tried() -> dict[str, list[dict[str, Any]]]:
    """Candidates of k-means and DBSCAN."""
    nothing = dict.fromkeys(("inertia", "silhouette", "rank", "weight"))
    elbow = [
        nothing | {
            "algorithm": "kmeans", "parameter": "n_clusters", "candidate": float(k), "inertia": 9_000 / k + 300,
            "silhouette": None if k == 14 else 0.62 - abs(k - 9) / 25, "chosen": k == 9,
        }
        for k in range(2, 15)
    ]  # fmt: skip
    knee = [
        nothing | {"algorithm": "dbscan", "parameter": "eps", "candidate": share, "rank": share, "chosen": share == 0.9}
        for share in (0.1, 0.5, 0.9, 1.0)
    ]
    return {"kmeans": elbow, "dbscan": knee}


def fits() -> list[dict[str, Any]]:
    row = {
        "algorithm": "kmeans", "trained_from": date(2026, 1, 5), "trained_to": date(2026, 1, 11), "bootstrap": False,
        "rows": 412_331, "patterns": 1_702, "parameters": json.dumps({"n_clusters": 9, "random_state": 42}),
        "metrics": json.dumps({"inertia": 1300.123456, "silhouette": 0.62, "note": "sampled"}),
    }  # fmt: skip
    other = {"algorithm": "dbscan", "parameters": json.dumps({"eps": 1.33, "min_samples": 5}), "metrics": "{}"}
    return [row, row | other]


def a_table(name: str = "events", number: int = 60, found: tuple[int, ...] = (1, 2), **changed: Any) -> TableNight:
    """A feature table with two algorithms and the consensus."""
    clusters = {algorithm: groups(found=found) for algorithm in ALGORITHMS}
    hours = [{"cluster_id": 0, "hour": hour, "entities": 10 + hour} for hour in range(24)]
    judged = {algorithm: scored(number, clusters[algorithm]) for algorithm in ALGORITHMS}
    made = TableNight(
        name=name,
        findings=found,
        counts={"entities": 60_000, "patterns": 1_022, "anomalies": 3_204},
        marks=marks(number),
        scored=judged | {"consensus": scored(number, None)},
        clusters=clusters,
        centers={"kmeans": [{"cluster_id": 0, "x": 0.1, "y": 0.2}]},
        explained_variance=[0.5, 0.3, 0.2],
        profiles={algorithm: a_profile() for algorithm in ALGORITHMS},
        densities={algorithm: a_density() for algorithm in (*ALGORITHMS, "consensus")},
        selection=tried(),
        fits=fits(),
        hours=dict.fromkeys(ALGORITHMS, hours),
        octets=[],
        means={},
    )
    return replace(made, **changed)


def users(number: int = 40) -> TableNight:
    minutes = np.where(np.arange(number) % 3, 30.0, np.nan)
    means = [{"cluster_id": 0, "attempts": 3.0, "minutes": 30.0}, {"cluster_id": 5, "attempts": 90.0, "minutes": None}]
    drawn = marks(number, attempts=np.arange(1.0, number + 1), minutes=minutes)
    return a_table("users", number, (5,), marks=drawn, hours={}, means={"kmeans": means})


def addresses(number: int = 40) -> TableNight:
    octets = [
        {"octet": octet, "value": value, "addresses": value + octet, "anomalies": int(value == 77)}
        for octet in (1, 2, 3, 4)
        for value in (10, 77, 192)
    ]
    return a_table("source_ips", number, (), hours={}, octets=octets)


def a_night(number: int = 60) -> NightPage:
    """A night as it comes from the pipeline: six findings, three feature tables, models, further tables."""
    findings = frame(SUSPICIOUS_CLUSTERS, [finding(rank, attack) for rank, attack in enumerate(ATTACKS, start=1)])
    events = [
        example(attack, place) | {"finding_id": key, "event_id": f"{rank}-{place}", "score": 0.99 - place / 1_000}
        for rank, (attack, key) in enumerate(zip(ATTACKS, findings["finding_id"], strict=True))
        for place in range(33)
    ]
    return NightPage(
        night=NIGHT,
        summary={
            "events": 60_000, "patterns": 1_022, "rejected": 12, "anomalies": 3_204, "alerts": 198, "budget": 200,
            "findings": 6, "baseline_from": date(2026, 1, 5), "baseline_to": date(2026, 1, 11),
            "bootstrap": False, "sources": 1,
        },
        findings=findings,
        events=pd.DataFrame(events),
        trend=nights().iloc[::-1],
        health=[Verdict(False, "12 of 900 lines rejected (1.3%)"), Verdict(True, "every file was read to its end")],
        tables=[a_table(number=number), users(), addresses()],
        topics=[Topic("drift", "Drift", "What changed.", ["feature", "psi"], [["bytes", 0.4123], ["hour", None]], 3)],
        history=history(list(findings["finding_id"])),
    )  # fmt: skip


def history(findings: list[str]) -> list[dict[str, Any]]:
    """The second finding lasts, all others are new; one of the night before is gone, and one that was not shown."""
    before = date(2026, 1, 11)
    nothing = dict.fromkeys(("rank", "records", "explanation"))
    own = [nothing | {"finding_id": name, "log_date": NIGHT, "state": "new", "severity": 60.0} for name in findings]
    own[1] |= {"state": "growing", "rank": 2, "records": 2_000}
    earlier = {"finding_id": findings[1], "log_date": date(2026, 1, 10), "state": "new", "severity": 21.4}
    shown = {"rank": 3, "records": 1_234, "explanation": "a scan that ended"}
    gone = {"log_date": NIGHT, "state": "gone", "severity": 0.0}
    lost = [
        nothing | {"finding_id": name} | row
        for name, told in (("20260111-a", shown), ("20260111-b", nothing))
        for row in ({"log_date": before, "state": "new", "severity": 40.0} | told, gone)
    ]
    return [
        own[0],
        nothing | earlier,
        nothing | gone | {"finding_id": findings[1], "log_date": before},
        *own[1:],
        *lost,
    ]


def nights() -> pd.DataFrame:
    """Two finished nights, the later one first."""
    quiet = {
        "log_date": date(2026, 1, 11), "revision": 1, "events": 51_000, "patterns": 900, "rejected": 0,
        "anomalies": 2_000, "alerts": 0, "findings": 0,
    }  # fmt: skip
    busy = {"log_date": NIGHT, "events": 60_000, "rejected": 12, "anomalies": 3_204, "alerts": 198, "findings": 6}
    levels = {"low": [1, 0], "medium": [2, 0], "high": [2, 0], "critical": [1, 0]}
    return frame(NIGHTS, [quiet | busy, quiet]).assign(explanation=[HOSTILE, None], **levels)


def an_empty_night(**summary: Any) -> NightPage:
    """A night that nothing was delivered for: every table has its columns and no rows."""
    night = a_night()
    nothing = dict.fromkeys(night.summary, 0) | {"baseline_from": None, "baseline_to": None, "bootstrap": False}
    frames = {name: getattr(night, name).head(0) for name in ("findings", "events", "trend")}
    return replace(night, **frames, tables=[], topics=[], history=[], health=[], summary=nothing | summary)


def a_hostile_night() -> NightPage:
    """Every text that comes from a log tries to get out of its place."""
    night = a_night()
    text = HOSTILE + LONG
    evil = dict.fromkeys(("source_ip", "dest_ip", "action", "protocol", "country", "source_file"), text)
    shown = json.loads(night.findings["evidence"].iloc[0])
    shown["examples"] = [example_event | evil for example_event in shown["examples"]]
    for name in ("top_sources", "top_targets", "protocols", "actions", "countries", "verdicts"):
        shown[name] = [[text, 3]]
    shown["exemplars"] = shown["boundary"] = [{"entity_id": text, "score": 0.99}]
    shown["unusual"] = [{"feature": "n" * 200, "value": text, "usual_low": text, "usual_high": text}]
    findings = night.findings.assign(
        explanation=text, evidence=json.dumps(shown), reasons=[[text, HOSTILE]] * len(night.findings)
    )
    return replace(
        night,
        findings=findings,
        events=night.events.assign(**evil),
        tables=[hostile_table(table, text) for table in night.tables],
        topics=[Topic("drift", "Drift", "What has changed.", [HOSTILE], [[text]])],
        health=[Verdict(False, text)],
        history=[row | {"explanation": row["explanation"] and text} for row in night.history],
    )


def hostile_table(table: TableNight, text: str) -> TableNight:
    profile = a_profile()
    axes = [replace(axis, category=text if axis.category else None) for axis in profile.axes]
    return replace(
        table,
        marks=replace(table.marks, entities=[text] * len(table.marks.entities)),
        scored={name: replace(one, reason=[text] * len(one.reason)) for name, one in table.scored.items()},
        profiles=dict.fromkeys(ALGORITHMS, replace(profile, axes=axes)),
        fits=[fit | {"parameters": json.dumps({HOSTILE: text})} for fit in table.fits],
    )


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def drawn(self) -> list[dict[str, Any]]:
        """What the sections draw from, as the scripts read it."""
        found = [json.loads(data) for tag, data in self.texts if tag == "script" and data.startswith("{")]
        return [one for one in found if "figures" in one]

    def text(self) -> str:
        return " ".join(" ".join(data for tag, data in self.texts if tag != "script").split())
