"""Feature tables: one row per entity and night, and their patterns: one row per distinct feature row and night."""

from schemas.features.addresses import DESTINATION_IP_PATTERNS, DESTINATION_IPS, SOURCE_IP_PATTERNS, SOURCE_IPS
from schemas.features.common import EMPTY_NIGHTS
from schemas.features.connections import CONNECTION_PATTERNS, CONNECTIONS
from schemas.features.events import EVENT_PATTERNS, EVENTS
from schemas.features.users import USER_PATTERNS, USERS

__all__ = [
    "CONNECTIONS", "CONNECTION_PATTERNS", "DESTINATION_IPS", "DESTINATION_IP_PATTERNS", "EMPTY_NIGHTS", "EVENTS",
    "EVENT_PATTERNS", "SOURCE_IPS", "SOURCE_IP_PATTERNS", "TABLES", "USERS", "USER_PATTERNS",
]  # fmt: skip

TABLES = (
    EVENTS,
    EVENT_PATTERNS,
    USERS,
    USER_PATTERNS,
    SOURCE_IPS,
    SOURCE_IP_PATTERNS,
    DESTINATION_IPS,
    DESTINATION_IP_PATTERNS,
    CONNECTIONS,
    CONNECTION_PATTERNS,
    EMPTY_NIGHTS,
)
