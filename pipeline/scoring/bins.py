"""Which counts share a bin, for the features that are binned counts: a bin is known by its lower edge alone.

What belongs here: how wide the bins of each feature are, as `features` makes them. What does not: words (phrases).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bin:
    """Bins of counts that are known by a logarithm to base 2, rounded down; below 0 stands for none.

    Attributes:
        step: octaves of a bin.
        added: to the count before its logarithm is taken, to tell none from one.
    """

    step: int
    added: int = 0

    def least(self, value: float) -> float:
        """The lowest count of a bin."""
        return float(2**value - self.added) if value >= 0 else 0.0

    def most(self, value: float) -> float:
        """The highest count of a bin."""
        return self.least(value + self.step) - 1 if value >= 0 else 0.0


BINS = {
    **dict.fromkeys(("hosts_log2", "sources_log2", "hours_active_log2"), Bin(1)),
    **dict.fromkeys(("users_log2", "failures_before_success_log2", "first_seen_sources_log2"), Bin(1, added=1)),
    **dict.fromkeys(("bytes_out_log2", "bytes_in_log2", "bytes_per_packet_log2", "logins_log2"), Bin(2, added=1)),
    **dict.fromkeys(("source_events_log2", "source_ports_log2", "source_targets_log2"), Bin(2)),
    **dict.fromkeys(("target_events_log2", "target_sources_log2"), Bin(2)),
    **dict.fromkeys(("source_connections_log2", "target_connections_log2", "pair_connections_log2"), Bin(2)),
    **dict.fromkeys(("source_last_hundred_log2", "target_last_hundred_log2"), Bin(2)),
    **dict.fromkeys(("packets_out_log2", "packets_in_log2"), Bin(2)),
    **dict.fromkeys(("events_log2", "peers_log2", "ports_log2"), Bin(2)),
    "bytes_log2": Bin(4),
}
