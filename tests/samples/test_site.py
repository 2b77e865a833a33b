from ipaddress import ip_address

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.samples.draws import stream
from pipeline.samples.site import (
    ATTACKERS_PER_RANK,
    COUNTRY_NAMES,
    PUBLIC_ADDRESSES,
    RADIATING,
    VISITING,
    Site,
    address,
    attacker_addresses,
    country_numbers,
    dotted,
    internet_addresses,
)

ranks = st.integers(0, 600)
seeds = st.integers(0, 2**40)


@given(st.integers(0, 2**32 - 1))
def test_addresses_read_back(number: int) -> None:
    assert address(dotted(number)) == number


@given(seeds, ranks, ranks)
def test_attackers_never_share_an_address(seed: int, one: int, other: int) -> None:
    first, second = (attacker_addresses(seed, rank, ATTACKERS_PER_RANK) for rank in (one, other))
    assert len(set(first.tolist())) == ATTACKERS_PER_RANK
    assert one == other or not set(first.tolist()) & set(second.tolist())


@given(seeds)
def test_attackers_are_strangers_on_the_public_internet_from_many_countries(seed: int) -> None:
    attackers = attacker_addresses(seed, 3, 400)
    assert all(ip_address(int(attacker)).is_global for attacker in attackers)
    assert len(np.unique(country_numbers(attackers))) > 15


@pytest.mark.parametrize("prefixes", [RADIATING, VISITING])
def test_ordinary_internet_addresses_are_public_with_country_and_never_attackers(prefixes: object) -> None:
    ordinary = internet_addresses(stream(1, 1, "test"), prefixes, 5_000)  # type: ignore[arg-type]
    assert all(ip_address(int(number)).is_global for number in ordinary)
    assert not {int(number) & 255 for number in ordinary} & {0, 255}
    assert 0 < np.mean(country_numbers(ordinary) == -1) < 0.02
    attackers = {int(number) >> 16 for rank in range(50) for number in attacker_addresses(7, rank, 400)}
    assert attackers.isdisjoint((ordinary >> 16).tolist())


def test_country_follows_from_the_address() -> None:
    numbers = country_numbers(np.array([address("66.247.9.9"), address("46.181.77.3"), address("10.20.1.11")]))
    assert [COUNTRY_NAMES[number] if number >= 0 else None for number in numbers] == ["United States", "Russia", None]


@pytest.mark.parametrize(("events", "clients"), [(100, 60), (16_000, 60), (1_000_000, 476), (100_000_000, 4_761)])
def test_a_busier_site_has_more_clients_all_different_and_private(events: int, clients: int) -> None:
    site = Site.of(7, events)
    assert len(site.clients) == len(set(site.clients.tolist())) == clients
    assert all(dotted(number).startswith("10.20.") and number & 255 not in (0, 255) for number in site.clients.tolist())


def test_public_servers_lie_in_the_documentation_ranges() -> None:
    assert len(PUBLIC_ADDRESSES) == 508
    assert {dotted(number).rpartition(".")[0] for number in PUBLIC_ADDRESSES.tolist()} == {"203.0.113", "198.51.100"}
