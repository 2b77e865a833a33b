"""Features of destination addresses: what is asked of them, by how many, and how it went."""

import ibis

from pipeline.config import Site
from pipeline.features.address_behaviour import addresses
from pipeline.features.raw_night import RawNight
from schemas.raw import CONNECTIONS, SECURITY_EVENTS

RAW = (SECURITY_EVENTS, CONNECTIONS)


def build(night: RawNight, site: Site) -> ibis.Table:
    """Rows of `features.destination_ips`, but for pattern and revision."""
    return addresses(night, site, "dest_ip", RAW)
