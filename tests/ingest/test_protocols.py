"""Protocols by number and by name."""

import pytest

from pipeline.ingest.protocols import KEYWORDS, unified


@pytest.mark.parametrize(
    ("logged", "keyword"),
    [
        ("6", "tcp"), ("TCP", "tcp"), (" tcp ", "tcp"), ("6.0", "tcp"), ("17", "udp"), ("1", "icmp"), ("2", "igmp"),
        ("4", "ipv4"), ("41", "ipv6"), ("47", "gre"), ("50", "esp"), ("51", "ah"), ("58", "ipv6-icmp"),
        ("ICMPv6", "ipv6-icmp"), ("IPv6-ICMP", "ipv6-icmp"), ("icmp6", "ipv6-icmp"), ("89", "ospfigp"),
        ("103", "pim"), ("112", "vrrp"), ("115", "l2tp"), ("132", "sctp"), ("136", "udplite"), ("139", "hip"),
        ("143", "ethernet"), ("0", "hopopt"), ("253", "253"), ("61", "61"), ("999", "999"), ("OSPF", "ospfigp"),
        ("Carrier-Pigeon", "carrier-pigeon"),
    ],
)  # fmt: skip
def test_numbers_and_names_become_keywords(logged: str, keyword: str) -> None:
    assert unified(logged) == keyword


def test_keywords_stay_what_they_are() -> None:
    assert [unified(keyword) for keyword in KEYWORDS] == list(KEYWORDS)
    assert len(set(KEYWORDS)) == len(KEYWORDS) == 147
