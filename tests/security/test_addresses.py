"""Which addresses are public, whatever form an IPv4 address is carried in."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.security.addresses import is_public

REACHABLE = {
    "mapped": lambda inner: IPv6Address(f"::ffff:{inner}"),
    "NAT64": lambda inner: IPv6Address(f"64:ff9b::{inner}"),
    "6to4": lambda inner: IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1),
}
WITHIN_A_SITE = {
    "compatible": lambda inner: IPv6Address(f"::{inner}"),
    "translated": lambda inner: IPv6Address(f"::ffff:0:{inner}"),
    "local NAT64": lambda inner: IPv6Address(f"64:ff9b:1::{inner}"),
    "site-local": lambda inner: IPv6Address(f"fec0::{inner}"),
    "unique local": lambda inner: IPv6Address(f"fd00::{inner}"),
    "link-local": lambda inner: IPv6Address(f"fe80::{inner}"),
    "Teredo": lambda inner: IPv6Address((0x2001_0000 << 96) | (int(inner) ^ 0xFFFF_FFFF)),
}


@pytest.mark.parametrize("form", REACHABLE)
@given(inner=st.ip_addresses(v=4))
@example(inner=IPv4Address("127.0.0.1"))
@example(inner=IPv4Address("169.254.169.254"))
@example(inner=IPv4Address("10.0.0.8"))
@example(inner=IPv4Address("93.184.215.14"))
def test_a_form_that_leads_to_an_ipv4_address_is_as_public_as_that(form, inner):
    assert is_public(REACHABLE[form](inner)) == is_public(inner)


@pytest.mark.parametrize("form", WITHIN_A_SITE)
@given(inner=st.ip_addresses(v=4))
@example(inner=IPv4Address("127.0.0.1"))
@example(inner=IPv4Address("93.184.215.14"))
def test_a_form_of_a_single_site_is_never_public(form, inner):
    assert not is_public(WITHIN_A_SITE[form](inner))


@given(st.ip_addresses())
def test_what_is_not_global_is_never_public(address):
    assert not is_public(address) or address.is_global or getattr(address, "ipv4_mapped", None) is not None
