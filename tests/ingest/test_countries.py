"""Countries of addresses: from the log, else from the source's database, else none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import maxminddb
import pyarrow as pa
import pytest
from ingest_helpers import Landing, event

from pipeline.config_errors import ConfigError
from pipeline.ingest import countries
from pipeline.ingest.countries import Countries
from pipeline.warehouse.engine import Warehouse

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "geoip"
CODES, NAMES = FOLDER / "geo-whois-asn-country-ipv4.mmdb", FOLDER / "GeoLite2-Country-Test.mmdb"
COUNTRIES = "select source_ip, country from raw.security_events order by dest_port"

real = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


class Answers:
    """A database that says the same of every address."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def get(self, address: str) -> object:
        if ":" in address:
            message = "an IPv6 address in an IPv4-only database"
            raise ValueError(message)
        return self.answer


@pytest.mark.parametrize(
    ("answer", "country"),
    [
        ({"country": {"iso_code": "BR", "names": {"en": "Brazil", "de": "Brasilien"}}}, "Brazil"),
        ({"country": {"iso_code": "BR"}}, "BR"),
        ({"country_code": "BR"}, "BR"),
        ({"country": "BR", "country_name": "Brazil"}, "Brazil"),
        ({"country": "BR"}, "BR"),
        ({"registered_country": {"iso_code": "BR"}}, None),
        ({"country": {}}, None),
        ({"country_code": 7}, None),
        ("BR", None),
        (None, None),
    ],
)
def test_databases_name_countries_in_several_ways(answer: Any, country: str | None) -> None:
    assert Countries(Answers(answer)).country("192.0.2.1") == country


def test_a_database_of_ipv4_knows_no_ipv6() -> None:
    database = Countries(Answers({"country_code": "BR"}))
    assert database.of_each(pa.array(["2001:db8::1", "192.0.2.1"])).to_pylist() == ["", "BR"]


class Damaged:
    """A database that is damaged where its first address is."""

    def get(self, address: str) -> object:
        if address == "8.8.8.8":
            message = "the database's data section contains bad data"
            raise maxminddb.InvalidDatabaseError(message)
        return {"country_code": "BR"}


def test_a_damaged_part_of_a_database_names_no_country() -> None:
    assert Countries(Damaged()).of_each(pa.array(["8.8.8.8", "8.8.4.4"])).to_pylist() == ["", "BR"]


def addressed(*addresses: str | None, **fields: Any) -> list[dict[str, Any]]:
    return [event(number, source_ip=address, **fields) for number, address in enumerate(addresses)]


@real
def test_the_database_fills_what_the_log_leaves_open(landing: Callable[..., Landing]) -> None:
    site = landing(geoip=str(CODES))
    addresses = ("8.8.8.8", "10.0.0.1", "8.8.8.8", None, "2001:4860:4860::8888")
    site.put("a.json", [*addressed(*addresses), event(9, source_ip="8.8.4.4", country="Brazil")])
    (report,) = site.read()
    assert site.rows(COUNTRIES) == [
        ("8.8.8.8", "US"),
        ("10.0.0.1", None),
        ("8.8.8.8", "US"),
        (None, None),
        ("2001:4860:4860::8888", None),
        ("8.8.4.4", "Brazil"),
    ]
    assert report.unlocated == 1
    assert site.column("select unlocated from raw.files") == [1]


@real
def test_names_are_preferred_to_codes(landing: Callable[..., Landing]) -> None:
    site = landing(geoip=str(NAMES), table="logins")
    site.put("a.json", addressed("2.125.160.216", "2001:218::1", "8.8.8.8", "8.8.8.8"))
    (report,) = site.read()
    assert site.rows("select source_ip, country from raw.logins order by timestamp") == [
        ("2.125.160.216", "United Kingdom"),
        ("2001:218::1", "Japan"),
        ("8.8.8.8", None),
        ("8.8.8.8", None),
    ]
    assert report.unlocated == 2


def test_a_lookup_that_fails_loses_its_file_and_no_other(flat: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Countries):
        def of_each(self, addresses: pa.Array) -> pa.Array:
            if "8.8.8.8" in addresses.to_pylist():
                message = "no such country"
                raise ValueError(message)
            return super().of_each(addresses)

    monkeypatch.setattr(countries, "opened", lambda _: {"edge": Failing(Answers({"country_code": "BR"}))})
    # a real file, whose connection is shared by what follows
    flat.warehouse = Warehouse.of(flat.settings)
    for name, address in (("a.json", "8.8.4.4"), ("b.json", "8.8.8.8"), ("c.json", "9.9.9.9")):
        flat.put(name, addressed(address, dest_port=len(address) + ord(name[0])))
    assert flat.state() == ["new", "unreadable", "new"]
    assert set(flat.rows("select source_ip, country from raw.security_events")) == {
        ("8.8.4.4", "BR"),
        ("9.9.9.9", "BR"),
    }
    monkeypatch.undo()
    assert flat.state() == ["unchanged", "new", "unchanged"]


def test_without_a_database_addresses_are_counted(flat: Landing) -> None:
    flat.put("a.json", [*addressed("8.8.8.8", "8.8.4.4", "8.8.4.4", "192.168.0.1"), event(9, country="Brazil")])
    (report,) = flat.read()
    assert report.unlocated == 3
    assert flat.state() == ["unchanged"]
    assert flat.read()[0].unlocated == 3


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "No such file or directory"), (b"no database", "it is no database")]
)
def test_a_database_that_cannot_be_used_stops_before_any_work(
    landing: Callable[..., Landing], tmp_path: Path, content: bytes | None, fault: str
) -> None:
    site = landing(geoip="countries.mmdb")
    site.put("a.json", [event(1)])
    if content:
        (site.settings.folder / "countries.mmdb").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"sources\.edge\.geoip = '.*countries\.mmdb' cannot be used: {fault}"):
        site.read()
    assert site.rows("select * from raw.files") == []
