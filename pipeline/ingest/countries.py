"""Countries of addresses, from a database in MaxMind's format that a source names.

Here: opening such a database, and what it says of an address. Not here: which addresses are asked for (meanings).
"""

from collections.abc import Mapping
from pathlib import Path

import maxminddb
import pyarrow as pa

from pipeline.config import Settings
from pipeline.config_errors import ConfigError

NO_COUNTRY = ""
PROBE = "192.0.2.1"


class Countries:
    """An open database of countries."""

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader = reader

    def country(self, address: str) -> str | None:
        """The country of an address: its English name if the database has names, otherwise its code."""
        try:
            found = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            # an IPv6 address in a database of IPv4, or a part of it that is damaged: neither may cost a log
            return None
        if not isinstance(found, Mapping):
            return None
        country = found.get("country")
        if isinstance(country, Mapping):
            names = country.get("names")
            name = names.get("en") if isinstance(names, Mapping) else None
            return _text(name) or _text(country.get("iso_code"))
        return _text(found.get("country_name")) or _text(country) or _text(found.get("country_code"))

    def of_each(self, addresses: pa.Array) -> pa.Array:
        """The countries of addresses, `NO_COUNTRY` where none is known."""
        return pa.array([self.country(address) or NO_COUNTRY for address in addresses.to_pylist()], pa.string())


def opened(settings: Settings) -> dict[str, Countries]:
    """The databases of the sources that name one, by source.

    Raises:
        ConfigError: one is missing or is no such database.
    """
    files = {source.name: settings.geoip_file(source) for source in settings.sources}
    return {name: _opened(name, file) for name, file in files.items() if file}


def _opened(source: str, file: Path) -> Countries:
    try:
        database = Countries(maxminddb.open_database(file))
        database.country(PROBE)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        fault = getattr(error, "strerror", None) or "it is no database in MaxMind's format"
        message = f"sources.{source}.geoip = {str(file)!r} cannot be used: {fault}; correct the path or remove the key"
        raise ConfigError(message) from None
    return database


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
