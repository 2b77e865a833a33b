"""Indicators of STIX bundles: only who attacks, only where an attack pattern says so, and only for a while."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stix2
from feed_helpers import NIGHT, Put, finding, moment

from pipeline.config import Settings
from pipeline.feeds.export import export
from pipeline.feeds.hostile import SIDES, hostile_side
from pipeline.report.attack_patterns import PATTERNS, VAGUE
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish

OUTSIDE, OTHER, INSIDE = "90.23.134.88", "179.212.249.62", "10.20.4.25"


def evidence(sources: list[str], targets: list[str], **more: Any) -> str:
    tops = {"top_sources": [[text, 3] for text in sources], "top_targets": [[text, 3] for text in targets]}
    distinct = {"distinct_sources": len(sources), "distinct_targets": len(targets)}
    return json.dumps(tops | distinct | more)


def parsed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"evidence": json.loads(row["evidence"])}


@pytest.fixture
def objects(settings: Settings, warehouse: Warehouse, put: Put) -> Any:
    """What the bundle of a night with one finding holds, by type."""

    def build(**row: Any) -> dict[str, list[Any]]:
        put("report.suspicious_clusters", [finding(1, **row)])
        put("report.nights", [{"log_date": NIGHT, "revision": 0}])
        publish(warehouse, settings.published_folder, NIGHT, {})
        content = bundle_of(settings.published_folder)
        assert content == bundle_of(settings.published_folder), "the same night is the same bytes"
        found: dict[str, list[Any]] = {}
        for item in stix2.parse(content).objects:
            found.setdefault(item["type"], []).append(item)
        return found

    return build


def bundle_of(folder: Path) -> str:
    return export(folder, NIGHT, "stix", "findings").decode()


def test_the_indicator_of_a_beacon_is_the_server_outside(objects: Any) -> None:
    known = {"severity": 72.49, "severity_level": "high", "technique_id": "T1071", "reasons": ["like a clock"]}
    found = objects(attack_pattern="beaconing", evidence=evidence([INSIDE], [OUTSIDE]), **known)
    (indicator,) = found["indicator"]
    assert indicator["pattern"] == f"[network-traffic:dst_ref.value = '{OUTSIDE}']"
    assert indicator["confidence"] == 72
    assert (indicator["valid_from"], indicator["valid_until"]) == (moment(1), moment(1) + timedelta(days=30))
    assert indicator["description"] == "9 events of finding 1; like a clock", "nothing is cut"
    (sighting,), (relationship,), (attack,) = found["sighting"], found["relationship"], found["attack-pattern"]
    assert sighting["sighting_of_ref"] == relationship["source_ref"] == indicator["id"]
    assert relationship["target_ref"] == attack["id"]
    assert "note" not in found, "the indicator says it"


def test_an_indicator_of_other_addresses_is_another_object(objects: Any) -> None:
    (first,) = objects(evidence=evidence(["9.9.9.9"], ["203.0.113.22"]))["indicator"]
    # another state of the same finding, beside the first
    both = objects(evidence=evidence(["8.8.4.4"], ["203.0.113.22"]))["indicator"]
    assert len({each["id"] for each in both} - {first["id"]}) == 1


def test_an_indicator_of_some_sources_says_of_how_many(objects: Any) -> None:
    sources = [f"188.18.183.{number}" for number in (9, 8, 7)] + ["10.0.0.9", "127.0.0.1"]
    (indicator,) = objects(evidence=evidence(sources, ["203.0.113.22"], distinct_sources=39))["indicator"]
    tests = " OR ".join(f"network-traffic:src_ref.value = '188.18.183.{number}'" for number in (7, 8, 9))
    assert indicator["pattern"] == f"[{tests}]"
    assert indicator["description"].endswith("; the pattern names 3 of 39 sources")


@pytest.mark.parametrize("source", [INSIDE, "127.0.0.1", "fe80::1", "2001:db8::1", "224.0.0.1", "WS-0023"])
def test_without_a_public_address_the_technique_is_sighted(objects: Any, source: str) -> None:
    found = objects(evidence=evidence([source], [OUTSIDE]))
    assert "indicator" not in found
    assert "relationship" not in found
    (sighting,), (attack,), (observed,) = found["sighting"], found["attack-pattern"], found["observed-data"]
    assert sighting["sighting_of_ref"] == attack["id"]
    assert sighting["observed_data_refs"] == [observed["id"]]
    (note,) = found["note"]
    assert note["object_refs"] == [observed["id"], attack["id"]]
    assert note["content"] == "9 events of finding 1; 90% blocked"


def test_an_unnamed_finding_is_observed_and_told_and_indicates_nothing(objects: Any) -> None:
    found = objects(attack_pattern="unnamed", technique_id=None, evidence=evidence([OUTSIDE], [INSIDE]))
    assert not {"indicator", "sighting", "relationship"} & set(found)
    assert found["note"][0]["object_refs"] == [found["observed-data"][0]["id"]]


def test_a_finding_of_nobody_is_told_all_the_same(objects: Any) -> None:
    found = objects(attack_pattern="unnamed", technique_id=None, evidence="{}")
    assert found["note"][0]["object_refs"] == [found["identity"][0]["id"]]


def test_of_a_theft_it_is_who_got_the_bytes_however_often_others_are_called() -> None:
    said = {"attack_pattern": "exfiltration", "reasons": [f"{INSIDE} sends 1,484 MB to {OTHER}", f"{OUTSIDE} is odd"]}
    hostile = hostile_side(parsed(finding(1, evidence=evidence([INSIDE], [OUTSIDE], distinct_targets=18), **said)))
    assert hostile is not None
    assert (hostile.side, hostile.addresses, hostile.distinct) == ("targets", (OTHER,), 18)


@pytest.mark.parametrize("pattern", VAGUE)
def test_a_vague_attack_pattern_accuses_no_address(pattern: str) -> None:
    assert hostile_side(parsed(finding(1, attack_pattern=pattern, evidence=evidence([OUTSIDE], [OTHER])))) is None


def test_of_every_other_attack_pattern_it_is_known_which_side_is_hostile() -> None:
    assert set(SIDES) == set(PATTERNS) - set(VAGUE)
