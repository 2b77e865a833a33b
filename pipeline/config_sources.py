"""One configured stream of log files: which formats and tables there are, and what a source may say of its files."""

from difflib import get_close_matches
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config_sections import Section, known_zone, without_nul
from schemas.fields import FIELDS

Format = Literal[
    "ecs_json",
    "flat_json",
    "csv",
    "parquet",
    "zeek",
    "suricata_eve",
    "cisco_asa",
    "iptables",
    "mikrotik",
    "pf",
    "cef",
    "argus",
    "vpc_flow",
    "auth_log",
    "windows_events",
    "user_csv",
    "packet_csv",
    "pcap",
    "cloudtrail",
    "s3_access",
    "auto",
]
TableName = Literal["security_events", "connections", "logins"]


class Source(Section):
    """One configured stream of log files."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower-case name")
    format: Format = Field(description="how its files are read, see `shoal formats`")
    path: str = Field(
        min_length=1,
        description="glob of its files, from the folder of the configuration file; {home} is the home folder",
    )
    timezone: str = Field("UTC", description="zone of timestamps that name none")
    keep_raw: bool = Field(False, description="keep each event as read, in its raw_data")
    table: TableName = Field("security_events", description="which table the records of a generic format fill")
    columns: dict[str, str] = Field(
        default_factory=dict, description="our column = the file's column; unnamed ones keep their own name"
    )
    timestamp_format: str | None = Field(
        None, description="strptime format of timestamps that are not ISO 8601, such as %m/%d/%y %H:%M"
    )
    geoip: str | None = Field(
        None,
        min_length=1,
        description="database of countries in MaxMind's format, from the folder of the configuration file",
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="between the columns of a CSV file")

    _zone = field_validator("timezone")(known_zone)
    _path = field_validator("path")(without_nul)

    @field_validator("delimiter")
    @classmethod
    def _separates(cls, value: str) -> str:
        if value.isalnum() or value in '"\r\n\0':
            message = "it can stand in values or ends a line; give one such as , ; | or a tab"
            raise ValueError(message)
        return value

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        table = info.data.get("table", "security_events")
        known = FIELDS[table]
        if unknown := sorted(set(value) - set(known)):
            close = get_close_matches(unknown[0], known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; use one of {', '.join(sorted(known))}"
            message = f"{unknown[0]} is no column of {table} that a source can fill{hint}"
            raise ValueError(message)
        return value
