"""A night's findings as a STIX 2.1 bundle: what was seen, the technique it points to, and a report of the night.

Ids follow from the content (UUIDv5) and times from the night, so the same night is the same bundle.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import stix2
from stix2.serialization import serialize

from pipeline.feeds.hostile import SOURCES, TARGETS, HostileSide, hostile_side
from pipeline.feeds.night import NightFindings, Row, is_address, records_of, top
from pipeline.feeds.techniques import Technique, technique_of

NAMESPACE = UUID("b3f0c7de-7f2c-5c7e-9d6c-3f1d6a0f8f43")
KNOWN_SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # of what is the same in all nights: an id has one time of creation
VALID = timedelta(days=30)  # an attacker keeps an address for weeks; later it is somebody else's
ENDS = {SOURCES: "src_ref", TARGETS: "dst_ref"}
MOST_OBSERVED = 999_999_999  # the specification's bound
Object: TypeAlias = Any  # the library ships no types


def bundle(night: NightFindings) -> str:
    """The bundle as JSON in ASCII."""
    times = {"created": KNOWN_SINCE, "modified": KNOWN_SINCE}
    shoal = stix2.Identity(id=_id("identity", "shoal"), name="Shoal", identity_class="system", **times)
    found = {item["id"]: item for row in night.findings for item in _finding(row, night, shoal)}
    report = stix2.Report(
        **_common("report", night.night, night.end, shoal),
        name=f"Suspicious clusters of the night {night.night}",
        report_types=["threat-report"],
        published=night.end,
        object_refs=[shoal.id, *found],
    )
    objects = [shoal, *found.values(), report]
    whole = stix2.Bundle(id=_id("bundle", *(item["id"] for item in objects), night.night), objects=objects)
    return str(serialize(whole, pretty=True, ensure_ascii=True)) + "\n"


def _finding(row: Row, night: NightFindings, shoal: Object) -> Iterator[Object]:
    """What was seen, and what it is taken for: an indicator where others can look for it, else a note."""
    key, technique = (row["finding_id"], night.night), technique_of(row["technique_id"])
    seen = _observables(row, night.events.get(row["finding_id"], []))
    observed = _observed(row, seen, _common("observed-data", key, night.end, shoal)) if seen else None
    attack = _attack(technique, shoal) if technique else None
    hostile = hostile_side(row)
    # what accuses others is another object: who has the old one must not take it for the same
    accused = (*key, *hostile.addresses) if hostile else key
    indicator = _indicator(row, hostile, _common("indicator", accused, night.end, shoal)) if hostile else None
    yield from seen
    yield from filter(None, (observed, attack, indicator))
    if indicator is None:
        about = list(filter(None, (observed, attack))) or [shoal]
        yield stix2.Note(**_common("note", key, night.end, shoal), **_told(row), object_refs=about)
    elif attack:
        common = _common("relationship", accused, night.end, shoal)
        yield stix2.Relationship(indicator, "indicates", attack, **common)
    if sighted := indicator or attack:
        yield _sighting(row, sighted, observed, _common("sighting", accused, night.end, shoal))


def _sighting(row: Row, sighted: Object, observed: Object | None, common: dict[str, Any]) -> Object:
    return stix2.Sighting(
        sighting_of_ref=sighted,
        **common,
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        count=min(records_of(row), MOST_OBSERVED),
        where_sighted_refs=[common["created_by_ref"]],
        **({"observed_data_refs": [observed]} if observed else {}),
    )


def _told(row: Row) -> dict[str, Any]:
    return {
        "abstract": row["explanation"],
        "content": "; ".join([row["explanation"], *row["reasons"]]),
        "labels": _labels(row),
    }


def _labels(row: Row) -> list[str]:
    return [f"severity:{row['severity_level']}", f"feature-table:{row['feature_table']}"]


def _observed(row: Row, seen: list[Object], common: dict[str, Any]) -> Object:
    return stix2.ObservedData(
        **common,
        first_observed=row["first_seen"],
        last_observed=row["last_seen"],
        number_observed=min(records_of(row), MOST_OBSERVED),
        object_refs=sorted(item.id for item in seen),
        labels=_labels(row),
    )


def _indicator(row: Row, hostile: HostileSide, common: dict[str, Any]) -> Object:
    """The hostile side of a finding as a pattern."""
    tests = (f"network-traffic:{ENDS[hostile.side]}.value = '{address}'" for address in hostile.addresses)
    named = len(hostile.addresses)
    cut = [f"the pattern names {named:,} of {hostile.distinct:,} {hostile.side}"] if named < hostile.distinct else []
    return stix2.Indicator(
        **common,
        name=f"{row['attack_pattern']}: {row['finding_id']}",
        description="; ".join([row["explanation"], *row["reasons"], *cut]),
        indicator_types=["anomalous-activity"],
        pattern=f"[{' OR '.join(tests)}]",
        pattern_type="stix",
        valid_from=row["first_seen"],
        valid_until=row["first_seen"] + VALID,
        confidence=round(row["severity"]),
        labels=_labels(row),
    )


def _attack(technique: Technique, shoal: Object) -> Object:
    reference = {"source_name": "mitre-attack", "external_id": technique.uid, "url": technique.url}
    common = _common("attack-pattern", technique.uid, KNOWN_SINCE, shoal)
    return stix2.AttackPattern(**common, name=technique.name, external_references=[reference])


def _observables(row: Row, records: list[Row]) -> list[Object]:
    """The addresses, connections and users of a finding, each once; the library takes their ids from their content."""
    ends = {*top(row, "top_sources"), *top(row, "top_targets")}
    ends |= {record[end] for record in records for end in ("source_ip", "dest_ip") if record[end]}
    addresses = {text: _address(text) for text in sorted(ends) if is_address(text)}
    flows = {
        (record["source_ip"] or "", record["dest_ip"] or "", record["dest_port"], record["protocol"] or "ip")
        for record in records
        if record["source_ip"] in addresses or record["dest_ip"] in addresses
    }
    users = {*top(row, "users"), *(record["user"] for record in records if record["user"])}
    return [
        *addresses.values(),
        *(_traffic(addresses, *flow) for flow in sorted(flows, key=str)),
        *(stix2.UserAccount(account_login=user) for user in sorted(users)),
    ]


def _address(text: str) -> Object:
    return stix2.IPv6Address(value=text) if ":" in text else stix2.IPv4Address(value=text)


def _traffic(addresses: dict[str, Object], source: str, target: str, port: int | None, protocol: str) -> Object:
    ends = {"src_ref": addresses.get(source), "dst_ref": addresses.get(target), "dst_port": port}
    return stix2.NetworkTraffic(
        protocols=[protocol], **{name: value for name, value in ends.items() if value is not None}
    )


def _common(kind: str, key: object, moment: datetime, shoal: Object) -> dict[str, Any]:
    return {"id": _id(kind, key), "created": moment, "modified": moment, "created_by_ref": shoal}


def _id(kind: str, *parts: object) -> str:
    return f"{kind}--{uuid5(NAMESPACE, '|'.join(map(str, (kind, *parts))))}"
