import json
from collections import Counter
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from pipeline.samples.draws import stream
from pipeline.samples.ecs import RECORDS_PER_CHUNK, Template, export
from pipeline.samples.records import TCP, Records, accepted
from pipeline.samples.site import address

FIELDS = {
    "@timestamp", "event.action", "event.dataset", "source.ip", "destination.ip", "network.transport", "network.bytes",
    "observer.name", "message", "log.level", "tags",
}  # fmt: skip


def some_records(count: int) -> Records:
    times = np.arange(count)
    client, server = address("10.20.1.11"), address("203.0.113.80")
    return accepted(
        stream(1, 1, "test"), time=times, source=client, dest=server, transport=TCP, dest_port=443, size=times
    )


def test_a_file_is_an_array_with_one_record_a_line(samples: Any) -> None:
    for path in sorted(samples.landing.iterdir())[:1]:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        assert (lines[0], lines[-1], text[-1]) == ("[", "]", "\n")
        assert all(line.endswith("},") for line in lines[1:-2])
        assert [json.loads(line.removesuffix(",")) for line in lines[1:-1]] == json.loads(text)


def test_nested_objects_and_dotted_keys_both_occur(samples: Any) -> None:
    for path in sorted(samples.landing.iterdir())[:2]:
        records = json.loads(path.read_bytes())
        nested = sum("ip" in record.get("source", {}) for record in records)
        assert nested + sum("source.ip" in record for record in records) == len(records)
        assert 0.6 < nested / len(records) < 0.8


def test_every_record_has_the_fields_of_an_export(samples: Any) -> None:
    for record in samples.everything():
        assert record.keys() >= FIELDS
        assert isinstance(record["network.bytes"], int)
        assert record["event.action"] in record["message"]
        assert record["source.ip"] in record["message"]


def test_timestamps_have_milliseconds_and_zone_and_run_backwards(samples: Any) -> None:
    for night, records in samples.nights.items():
        stamps = [record["@timestamp"] for record in records]
        assert all(stamp.startswith(f"{night}T") and len(stamp) == 24 and stamp.endswith("Z") for stamp in stamps)
        moments = [datetime.fromisoformat(stamp) for stamp in stamps]
        assert moments == sorted(moments, reverse=True)
        assert len({stamp[-4:-1] for stamp in stamps}) > 500


def test_icmp_gre_and_their_numbers_have_no_ports_all_else_has(samples: Any) -> None:
    transports = Counter(record["network.transport"] for record in samples.everything())
    assert transports.keys() == {"tcp", "udp", "icmp", "1", "gre", "47", "41"}
    for record in samples.everything():
        has_ports = record["network.transport"] in {"tcp", "udp"}
        assert ("source.port" in record) == ("destination.port" in record) == has_ports


def test_private_sources_have_no_country_and_few_public_ones_lack_it(samples: Any) -> None:
    public = [record for record in samples.everything() if not record["source.ip"].startswith("10.")]
    private = [record for record in samples.everything() if record["source.ip"].startswith("10.")]
    assert not any("source.geo.country_name" in record for record in private)
    missing = sum("source.geo.country_name" not in record for record in public) / len(public)
    assert 0.0005 < missing < 0.02
    assert "Türkiye" in {record.get("source.geo.country_name") for record in public}


@pytest.mark.parametrize("count", [0, 1, RECORDS_PER_CHUNK, RECORDS_PER_CHUNK + 1])
def test_chunks_leave_no_seam(count: int) -> None:
    text = b"".join(export(some_records(count), date(2026, 1, 5), stream(1, 1, "style")))
    sizes = [
        record["network.bytes"] if "network.bytes" in record else record["network"]["bytes"]
        for record in json.loads(text)
    ]
    assert sizes == list(range(count))


def test_a_template_fills_its_gaps_in_order_and_leaves_other_text_alone() -> None:
    template = Template.of({"message": "100 % of <size> from <source_ip>", "size": "<size>", "note": '"{}"'})
    filled = template.fill({"size": ["7", "8"], "source_ip": ["a", "b"]})
    assert [json.loads(text) for text in filled] == [
        {"message": "100 % of 7 from a", "size": 7, "note": '"{}"'},
        {"message": "100 % of 8 from b", "size": 8, "note": '"{}"'},
    ]
