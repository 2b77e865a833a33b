"""The registry of log formats: a new one is a module with a `FORMAT` and a line here."""

from collections import ChainMap

from pipeline.ingest import (
    argus,
    auth_log,
    cef,
    cisco_asa,
    cloudtrail,
    csv_rows,
    ecs_json,
    flat_json,
    iptables,
    mikrotik,
    packet_csv,
    parquet,
    pcap,
    pf,
    s3_access,
    suricata_eve,
    unrecognised,
    user_csv,
    vpc_flow,
    windows_events,
    zeek,
)
from pipeline.ingest.contract import Format

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        ecs_json,
        flat_json,
        csv_rows,
        cisco_asa,
        pf,
        mikrotik,
        iptables,
        cef,
        auth_log,
        packet_csv,
        parquet,
        pcap,
        suricata_eve,
        user_csv,
        zeek,
        argus,
        vpc_flow,
        cloudtrail,
        s3_access,
        windows_events,
    )
}

# what a file can be read as: one of the formats, or none of them
READ_AS = ChainMap(FORMATS, {unrecognised.FORMAT.name: unrecognised.FORMAT})
