"""Exports of a night: valid for those who read them, the same each time, and hostile content is content."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.parquet as pq
import pytest
import stix2
from feed_helpers import EARLIER, HOSTILE, NIGHT, Put, finding, put_night
from night_helpers import put_into
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.feeds import ocsf
from pipeline.feeds.export import FORMATS, export
from pipeline.feeds.techniques import technique_of
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish

# the fields of ECS 8.17 that exports use, by the type that its reference gives them
ECS = {
    "@timestamp": "date", "message": "text", "ecs.version": "keyword", "event.action": "keyword",
    "event.category": "keywords", "event.created": "date", "event.dataset": "keyword", "event.duration": "long",
    "event.end": "date", "event.id": "keyword", "event.kind": "keyword", "event.module": "keyword",
    "event.outcome": "keyword", "event.provider": "keyword", "event.reason": "keyword", "event.risk_score": "float",
    "event.severity": "long", "event.start": "date", "event.type": "keywords", "source.ip": "ip", "source.port": "long",
    "source.geo.country_name": "keyword", "destination.ip": "ip", "destination.port": "long",
    "network.transport": "keyword", "network.bytes": "long", "user.name": "keyword", "host.name": "keyword",
    "log.file.path": "keyword", "related.ip": "ips", "related.user": "keywords", "rule.id": "keyword",
    "rule.name": "keyword", "rule.category": "keyword", "threat.framework": "keyword",
    "threat.tactic.id": "keywords", "threat.tactic.name": "keywords", "threat.technique.id": "keywords",
    "threat.technique.name": "keywords", "threat.technique.reference": "keywords",
    "threat.technique.subtechnique.id": "keywords", "threat.technique.subtechnique.name": "keywords",
    "threat.technique.subtechnique.reference": "keywords",
}  # fmt: skip
PYTHON_TYPES = {"long": int, "float": float, "keywords": list, "ips": list}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    warehouse = Warehouse.of(settings)
    with warehouse.connect():
        put_night(put_into(warehouse))
        publish(warehouse, settings.published_folder, EARLIER, {})
        publish(warehouse, settings.published_folder, NIGHT, {})
    return settings.published_folder


def lines(folder: Path, name: str, what: str = "findings") -> list[dict[str, Any]]:
    return [json.loads(line) for line in export(folder, NIGHT, name, what).decode().splitlines()]


def fields(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def test_the_same_night_is_the_same_bytes_in_every_format(folder: Path) -> None:
    for name, chosen in FORMATS.items():
        for what in chosen.holds:
            assert export(folder, NIGHT, name, what) == export(folder, NIGHT, name, what), name


def test_tables_are_exported_as_they_are(folder: Path) -> None:
    rows = lines(folder, "json")
    assert [row["finding_id"] for row in rows] == ["f1", "f2", "f3"]
    assert rows[0]["evidence"]["distinct_sources"] == 1
    assert rows[1]["explanation"] == HOSTILE
    events = pq.read_table(io.BytesIO(export(folder, NIGHT, "parquet", "events"))).to_pylist()
    assert [(row["finding_id"], row["record"], row["user"]) for row in events] == [
        ("f1", "event", None), ("f2", "login", HOSTILE), ("f3", None, None)
    ]  # fmt: skip


def test_a_spreadsheet_runs_no_cell(folder: Path) -> None:
    for what in ("findings", "events"):
        cells = [cell for row in csv.reader(io.StringIO(export(folder, NIGHT, "csv", what).decode())) for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert any(cell == f"'{HOSTILE}" for cell in cells)


@pytest.mark.parametrize("what", ["findings", "events"])
def test_documents_are_of_the_elastic_common_schema(folder: Path, what: str) -> None:
    documents = lines(folder, "ecs", what)
    assert len(documents) == 3
    assert len({document["event"]["id"] for document in documents}) == 3
    for document in documents:
        assert document["ecs"]["version"] == "8.17.0"
        assert document["event"]["kind"] == ("alert" if what == "findings" else "event")
        for name, value in fields(document):
            if not name.startswith("shoal."):
                assert isinstance(value, PYTHON_TYPES.get(ECS[name], str)), name


def test_an_alert_says_what_elastic_shows_of_it(folder: Path) -> None:
    first, hostile, bare = lines(folder, "ecs")
    assert first["source"] == {"ip": "203.0.113.1"}
    assert first["destination"] == {"port": 22}, "of two targets none is the target"
    assert first["related"]["ip"] == ["10.0.0.1", "10.0.0.2", "203.0.113.1"]
    assert first["threat"]["technique"]["id"] == ["T1110"]
    assert first["threat"]["technique"]["subtechnique"]["name"] == ["Password Guessing"]
    assert first["shoal"]["algorithms"] == ["dbscan", "kmeans"], "each once"
    assert first["event"]["created"] == "2026-01-12T00:00:00.000Z"
    assert "threat" not in hostile
    assert bare["user"]["name"] == HOSTILE


def test_findings_are_detection_findings_of_ocsf(folder: Path) -> None:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(ocsf.VERSION)).get_class_schema("detection_finding")
    validator = jsonschema.Draft202012Validator(schema)
    found = lines(folder, "ocsf")
    assert [list(validator.iter_errors(event)) for event in found] == [[], [], []]
    assert [event["activity_id"] for event in found] == [2, 1, 1], "the first was there the night before"
    assert {event["class_uid"] for event in found} == {2004}
    assert [event["finding_info"]["uid"] for event in found] == ["f1", "f2", "f3"]
    assert len({event["metadata"]["uid"] for event in found}) == 3
    assert found[0]["finding_info"]["attacks"][0]["sub_technique"]["uid"] == "T1110.001"
    assert found[1]["evidences"][0]["user"] == {"name": HOSTILE}
    assert "evidences" not in found[2]


def test_the_bundle_is_stix_and_refers_to_what_it_holds(folder: Path) -> None:
    content = export(folder, NIGHT, "stix", "findings").decode()
    assert content.isascii()
    bundle = stix2.parse(content)  # the library judges each object
    ids = {item["id"] for item in bundle.objects}
    refs = {ref for item in bundle.objects for name in item for ref in referred(name, item[name])}
    assert refs <= ids
    kinds = [item["type"] for item in bundle.objects]
    assert kinds.count("observed-data") == 3
    assert kinds.count("indicator") == 0, "addresses of the documentation are nobody's"
    assert kinds.count("sighting") == 2, "of techniques"
    notes = [item for item in bundle.objects if item["type"] == "note"]
    assert HOSTILE in [note["abstract"] for note in notes], "what no indicator says is said all the same"
    assert len(notes) == 3
    assert kinds.count("attack-pattern") == 2
    (report,) = (item for item in bundle.objects if item["type"] == "report")
    assert set(report["object_refs"]) == ids - {report["id"]}


def test_what_is_counted_are_records_and_entities_where_there_are_none(
    settings: Settings, warehouse: Warehouse, put: Put
) -> None:
    put("report.suspicious_clusters", [finding(1, size=1, records=173), finding(2, size=12, records=0)])
    put("report.nights", [{"log_date": NIGHT, "revision": 0}])
    publish(warehouse, settings.published_folder, NIGHT, {})
    assert [event["count"] for event in lines(settings.published_folder, "ocsf")] == [173, 12]
    assert [alert["shoal"]["records"] for alert in lines(settings.published_folder, "ecs")] == [173, 0]
    objects = stix2.parse(export(settings.published_folder, NIGHT, "stix", "findings")).objects
    observed = [item["number_observed"] for item in objects if item["type"] == "observed-data"]
    assert observed == [173, 12]
    assert [item["count"] for item in objects if item["type"] == "sighting"] == observed


def test_a_host_by_its_name_is_no_address(settings: Settings, warehouse: Warehouse, put: Put) -> None:
    ends = {"top_sources": [["127.0.0.1", 9]], "top_targets": [["gate-1", 9]]}
    evidence = json.dumps(ends | {"distinct_sources": 1, "distinct_targets": 1})
    put("report.suspicious_clusters", [finding(1, evidence=evidence)])
    put("report.nights", [{"log_date": NIGHT, "revision": 0}])
    publish(warehouse, settings.published_folder, NIGHT, {})
    (alert,), (event,) = (lines(settings.published_folder, name) for name in ("ecs", "ocsf"))
    assert (alert["source"], alert["destination"]) == ({"ip": "127.0.0.1"}, {"domain": "gate-1"})
    assert alert["related"] == {"ip": ["127.0.0.1"], "hosts": ["gate-1"]}
    assert [(seen["type"], seen["value"]) for seen in event["observables"]] == [
        ("IP Address", "127.0.0.1"), ("Hostname", "gate-1")
    ]  # fmt: skip


def referred(name: str, value: Any) -> list[str]:
    if not name.endswith(("_ref", "_refs")):
        return []
    return [str(ref) for ref in (value if isinstance(value, list) else [value])]


def test_a_night_without_findings_is_an_empty_feed(settings: Settings, warehouse: Warehouse, put: Put) -> None:
    put("report.nights", [{"log_date": NIGHT, "revision": 0}])
    publish(warehouse, settings.published_folder, NIGHT, {})
    for name in ("ecs", "ocsf", "json"):
        assert export(settings.published_folder, NIGHT, name, "findings") == b""
    kinds = [item["type"] for item in stix2.parse(export(settings.published_folder, NIGHT, "stix", "findings")).objects]
    assert kinds == ["identity", "report"]


def test_a_night_that_was_not_run_is_a_sentence(folder: Path) -> None:
    with pytest.raises(UsageError, match="night 2026-01-10 has no report; run it"):
        export(folder, EARLIER, "csv", "findings")


@pytest.mark.parametrize("name", ["ocsf", "stix"])
def test_events_of_findings_need_no_export_of_their_own(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="stand in the findings"):
        export(folder, NIGHT, name, "events")


def test_a_technique_without_an_entry_is_named_by_its_id() -> None:
    technique = technique_of("T9999.1")
    assert technique is not None
    assert (technique.name, technique.parent and technique.parent.uid) == ("T9999.1", "T9999")
    assert technique_of(None) is None
