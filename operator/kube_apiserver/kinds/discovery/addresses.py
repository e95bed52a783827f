"""Validation of the addresses of EndpointSlices."""

import ipaddress
from collections.abc import Iterator

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages

_FORM = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_VERSIONS = {"IPv4": 4, "IPv6": 6}
_SEGMENTS = "should be a domain with at least two segments separated by dots"


def address_causes(text: str, kind: str, path: str, at: int) -> Iterator[Cause]:
    """Yield the field errors of the address at a position of a list at ``path``."""
    where = f"{path}[{at}]"
    if kind == "FQDN":
        yield from _domain(text, where)
    if kind not in _VERSIONS:
        return
    address = _parsed(text, is_sloppy=kind == "IPv4")
    if address is None:
        yield messages.invalid(where, text, _FORM)
        return
    canonical = str(address)
    if kind == "IPv6" and address.version == 6 and text != canonical:
        yield messages.invalid(where, text, f'must be in canonical form ("{canonical}")')
        return
    if address.version != _VERSIONS[kind]:
        yield messages.invalid(path, text, f"must be an {kind} address")
    yield from _special(address, text, where)


def _parsed(text: str, *, is_sloppy: bool) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    parts = text.split(".")
    if is_sloppy and len(parts) == 4 and all(part.isdecimal() and len(part) < 4 for part in parts):
        text = ".".join(str(int(part)) for part in parts)
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _special(address: ipaddress.IPv4Address | ipaddress.IPv6Address, text: str, path: str) -> Iterator[Cause]:
    for is_special, detail in (
        (address.is_unspecified, f"may not be unspecified ({text})"),
        (address.is_loopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (address.is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
    ):
        if is_special:
            yield messages.invalid(path, text, detail)


def _domain(text: str, path: str) -> Iterator[Cause]:
    name = text.removesuffix(".")
    if not text:
        yield messages.required(path)
    elif problems := is_dns1123_subdomain(name):
        yield messages.invalid(path, name, ",".join(problems))
    elif "." not in name:
        yield messages.invalid(path, name, _SEGMENTS)
    else:
        for label in name.split("."):
            if problems := is_dns1123_label(label):
                yield messages.invalid(path, label, ",".join(problems))
                return
