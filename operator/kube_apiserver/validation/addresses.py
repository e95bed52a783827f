"""Validation of networks in CIDR notation."""

import ipaddress

from kube_apiserver.schema import Cause, messages

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
    """Return the field errors of a network in CIDR notation."""
    return [] if network(text) is not None else [messages.invalid(path, text, _CIDR)]
