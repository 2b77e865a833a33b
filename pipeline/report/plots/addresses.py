"""The address space of a night, octet by octet."""

from pipeline.report.page.content import Rows
from pipeline.report.plots.figure import Figure, counted, left_out

OCTETS = ("first", "second", "third", "fourth")


def octets(table: str, counts: Rows, addresses: int) -> Figure:
    """Which values each octet of the night's IPv4 addresses takes, how often, and where anomalies lie.

    Args:
        table: the feature table.
        counts: octet, value, addresses, anomalies.
        addresses: all addresses of the night.
    """
    ipv4 = sum(row["addresses"] for row in counts if row["octet"] == 1)
    fewer = left_out(addresses - ipv4, "IPv6 address", "IPv6 addresses")
    return Figure(
        key="octets",
        kind="octets",
        title="Address space by octet",
        caption=(
            f"{counted(ipv4, table)} (IPv4) by the value of each octet, darker for more on a logarithmic scale; marks "
            f"stand for values with addresses above a threshold.{fewer}"
        ),
        columns={
            "octet": [OCTETS[row["octet"] - 1] for row in counts],
            **{name: [row[name] for row in counts] for name in ("value", "addresses", "anomalies")},
        },
        headings={"octet": "octet", "value": "value", "addresses": "addresses", "anomalies": "above a threshold"},
        options={"octets": list(OCTETS)},
    )
