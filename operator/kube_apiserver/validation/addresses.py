"""Validation of IP addresses, and of networks in CIDR notation."""

import ipaddress
import re
from collections.abc import Iterator

from kube_apiserver.schema import Cause, messages
from kube_apiserver.schema.go_format import quoted

_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_LEADING_ZERO = re.compile(r"(?<![0-9a-fA-F])0+(?=\d)")
_LINK_LOCAL_GROUPS = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}
_IPV4_BITS, _MAPPED_BITS = 32, 96
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network of a CIDR notation, None if it is none."""
    address, slash, bits = text.partition("/")
    if not slash or not bits.isdecimal() or "%" in address:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def cidr_causes(text: str, path: str) -> list[Cause]:
    """Return the field error of a network in CIDR notation, whose address need not be in the canonical form."""
    given, _, bits = text.partition("/")
    found = network(f"{_without_zeros(given)}/{bits.lstrip('0') or bits[-1:]}")
    if found is None:
        return [messages.invalid(path, text, _CIDR)]
    if _has_leading_zero(given) or (len(bits) > 1 and bits.startswith("0")):
        return [messages.invalid(path, text, "must not have leading 0s in IP or prefix length")]
    if isinstance(found, ipaddress.IPv6Network) and ipaddress.IPv6Address(given).ipv4_mapped is not None:
        return [messages.invalid(path, text, "must not have an IPv4-mapped IPv6 address")]
    if ipaddress.ip_address(given) != found.network_address:
        return [messages.invalid(path, text, "must not have bits set beyond the prefix length")]
    return []


def interface_address_causes(text: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of an address with the length of its network, in the canonical form of both."""
    given, _, bits = text.partition("/")
    found = network(f"{_without_zeros(given)}/{bits.lstrip('0') or bits[-1:]}")
    if found is None:
        yield messages.invalid(path, text, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
        return
    one, length = ipaddress.ip_address(_without_zeros(given)), found.prefixlen
    if isinstance(one, ipaddress.IPv6Address) and one.ipv4_mapped is not None:
        one, length = one.ipv4_mapped, length - _MAPPED_BITS if length > _IPV4_BITS else length
    if text != (canonical := f"{one}/{length}"):
        yield messages.invalid(path, text, f"must be in canonical form ({quoted(canonical)})")


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address in a text, whose numbers may have leading zeros, None if it is none."""
    if "%" in text or text != text.strip():
        return None
    try:
        return ipaddress.ip_address(_without_zeros(text))
    except ValueError:
        return None


def _without_zeros(text: str) -> str:
    """Return an address without the leading zeros of the numbers of IPv4."""
    v4 = text.rpartition(":")[2] if "." in text else ""
    return f"{text.removesuffix(v4)}{_LEADING_ZERO.sub('', v4)}" if v4 else text


def _has_leading_zero(text: str) -> bool:
    return "." in text and _LEADING_ZERO.search(text.rpartition(":")[2]) is not None


def address_causes(text: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of an IP address, which need not be in the canonical form."""
    found = address(text)
    if found is None:
        yield messages.invalid(path, text, _ADDRESS)
    elif _has_leading_zero(text):
        yield messages.invalid(path, text, "must not have leading 0s")
    elif isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        yield messages.invalid(path, text, "must not be an IPv4-mapped IPv6 address")


def endpoint_address_causes(text: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of an address at which no endpoint can be."""
    found = address(text)
    if found is None:
        yield messages.invalid(path, text, "must be a valid IP address")
        return
    is_local = found in _LINK_LOCAL_GROUPS[found.version]
    for is_special, detail in (
        (found.is_unspecified, f"may not be unspecified ({text})"),
        (found.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (found.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (is_local, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ):
        if is_special:
            yield messages.invalid(path, text, detail)


def address_warnings(text: str, path: str) -> list[str]:
    """Return the warning about an IPv6 address that is not in the canonical form."""
    found = address(text)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None and str(found) != text:
        return [f'{path}: IPv6 address "{text}" should be in RFC 5952 canonical format ("{found}")']
    return []


def cidr_warnings(text: str, path: str) -> list[str]:
    """Return the warning about an IPv6 network that is not in the canonical form."""
    found = network(text)
    if isinstance(found, ipaddress.IPv6Network) and str(found) != text:
        return [f'{path}: IPv6 CIDR value "{text}" should be in RFC 5952 canonical format ("{found}")']
    return []
