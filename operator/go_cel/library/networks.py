"""IP addresses and networks: kube-apiserver's libraries ``ip`` and ``cidr``."""

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any

from go_cel.errors import EvaluationError
from go_cel.library.conversions import Function

_GROUPS = 8
_HEXADECIMAL = re.compile("[0-9a-fA-F]+")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Ip:
    """An address."""

    address: Address

    type_name = "net.IP"

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.address.max_prefixlen // 8

    @property
    def as_string(self) -> str:
        """The address in its canonical form."""
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """A network: an address, which may lie inside it, and the bits of its prefix."""

    address: Address
    bits: int

    type_name = "net.CIDR"

    @property
    def size(self) -> int:
        """The bytes that its prefix takes."""
        return -(-self.bits // 8)

    @property
    def as_string(self) -> str:
        """The network in its canonical form."""
        return f"{self.address}/{self.bits}"

    @property
    def network(self) -> Any:
        """The network that the address lies in."""
        return ipaddress.ip_network((int(self.address).to_bytes(self.address.max_prefixlen // 8), self.bits), False)


def _address(text: str) -> Address:
    """Parse an address as Go's ``netip.ParseAddr`` does.

    Raises:
        ValueError: it is none; the message is Go's.
    """
    kind = next((mark for mark in text if mark in ".:%"), "")
    problem = {"": "unable to parse IP", "%": "missing IPv6 address", ".": _fields_problem(text)}.get(kind)
    if problem is None:
        problem = _groups_problem(text)
    if problem:
        raise ValueError(f"ParseAddr({json.dumps(text)}): {problem}")
    return ipaddress.ip_address(text)


def _at(problem: str, rest: str) -> str:
    return f"{problem} (at {json.dumps(rest, ensure_ascii=False)})"


def _fields_problem(text: str) -> str:
    """Return what is wrong with the four decimal fields of an address."""
    fields = text.split(".")
    start = 0
    for place, field in enumerate(fields):
        wrong = next((offset for offset, mark in enumerate(field) if not "0" <= mark <= "9"), None)
        digits = field[:wrong]
        if len(digits) > 1 and digits[0] == "0":
            return "IPv4 field has octet with leading zero"
        if digits and int(digits) > 255:
            return "IPv4 field has value >255"
        if wrong is not None:
            return _at("unexpected character", text[start + wrong :])
        if not field:
            return _at("IPv4 field must have at least one digit", text[max(start - (place == len(fields) - 1), 0) :])
        if place == 3 and len(fields) > 4:
            return "IPv4 address too long" if fields[4] else _at("IPv4 field must have at least one digit", ".")
        start += len(field) + 1
    return "IPv4 address too short" if len(fields) < 4 else ""


class _Groups:
    """Reads the hexadecimal groups of an address."""

    def __init__(self, text: str) -> None:
        self._has_gap = text.startswith("::")
        self._rest = text[2:] if self._has_gap else text
        self._count = 0

    def problem(self) -> str:
        """Return what is wrong with them."""
        while self._rest and self._count < _GROUPS:
            problem = self._group() or self._separator()
            if problem:
                return problem
        if self._rest:
            return _at("trailing garbage after address", self._rest)
        if self._count < _GROUPS:
            return "" if self._has_gap else "address string too short"
        return "the :: must expand to at least one field of zeros" if self._has_gap else ""

    def _group(self) -> str:
        rest = self._rest
        digits = _HEXADECIMAL.match(rest)
        length = digits.end() if digits is not None else 0
        if length > 4:
            return _at("each group must have 4 or less digits", rest)
        if length == 0:
            return _at("each colon-separated field must have at least one digit", rest)
        if rest[length : length + 1] == ".":
            return self._decimal()
        self._count, self._rest = self._count + 1, rest[length:]
        return ""

    def _decimal(self) -> str:
        rest = self._rest
        if not self._has_gap and self._count != _GROUPS - 2:
            return _at("embedded IPv4 address must replace the final 2 fields of the address", rest)
        if self._count + 2 > _GROUPS:
            return _at("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
        self._count, self._rest = self._count + 2, ""
        return _fields_problem(rest)

    def _separator(self) -> str:
        rest = self._rest
        if not rest:
            return ""
        if rest[0] != ":":
            return _at("unexpected character, want colon", rest)
        if len(rest) == 1:
            return _at("colon must be followed by more characters", rest)
        self._rest = rest[1:]
        if self._rest[0] == ":":
            if self._has_gap:
                return _at("multiple :: in address", self._rest)
            self._has_gap, self._rest = True, self._rest[1:]
        return ""


def _groups_problem(text: str) -> str:
    rest, percent, zone = text.partition("%")
    return "zone must be a non-empty string" if percent and not zone else _Groups(rest).problem()


def parse_ip(text: str) -> Ip:
    """Return an address.

    Raises:
        EvaluationError: the text is none, or has a zone, or is an IPv4 address written as IPv6.
    """
    shown = json.dumps(text, ensure_ascii=False)
    try:
        found = _address(text)
    except ValueError as error:
        raise EvaluationError(f"IP Address {shown} parse error during conversion from string: {error}") from None
    if "%" in text:
        raise EvaluationError(f"IP address {shown} with zone value is not allowed")
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        raise EvaluationError(f"IPv4-mapped IPv6 address {shown} is not allowed")
    return Ip(found)


def parse_cidr(text: str) -> Cidr:
    """Return a network.

    Raises:
        EvaluationError: the text is none, or its address is an IPv4 address written as IPv6.
    """
    before = "network address parse error during conversion from string: "
    shown = json.dumps(text, ensure_ascii=False)
    try:
        found = _prefix(text)
    except ValueError as error:
        raise EvaluationError(f"{before}{before}netip.ParsePrefix({shown}): {error}") from None
    if isinstance(found.address, ipaddress.IPv6Address) and found.address.ipv4_mapped is not None:
        raise EvaluationError(f"{before}IPv4-mapped IPv6 address {shown} is not allowed")
    return found


def _prefix(text: str) -> Cidr:
    host, slash, bits = text.rpartition("/")
    if not slash:
        raise ValueError("no '/'")
    address = _address(host)
    if "%" in host:
        raise ValueError("IPv6 zones cannot be present in a prefix")
    if not (bits.isascii() and bits.isdigit()) or (len(bits) > 1 and bits[0] == "0"):
        raise ValueError(f"bad bits after slash: {json.dumps(bits)}")
    if int(bits) > address.max_prefixlen:
        raise ValueError("prefix length out of range")
    return Cidr(address, int(bits))


def _is(parse: Function) -> Function:
    def run(text: str) -> bool:
        try:
            parse(text)
        except EvaluationError:
            return False
        return True

    return run


def _ip(value: Any) -> Ip:
    return Ip(value.address) if isinstance(value, Cidr) else parse_ip(value)


def _contains_ip(network: Cidr, other: Any) -> bool:
    ip = parse_ip(other) if isinstance(other, str) else other
    return bool(ip.address in network.network)


def _contains_cidr(network: Cidr, other: Any) -> bool:
    inside = parse_cidr(other) if isinstance(other, str) else other
    if inside.address.version != network.address.version:
        return False
    return bool(inside.bits >= network.bits and network.network.overlaps(inside.network))


def _masked(network: Cidr) -> Cidr:
    return Cidr(network.network.network_address, network.bits)


_LINK_LOCAL_MULTICAST = ipaddress.ip_network("ff02::/16"), ipaddress.ip_network("224.0.0.0/24")
_GLOBAL_EXCEPTIONS = ipaddress.ip_address("255.255.255.255")


def _is_link_local_multicast(ip: Ip) -> bool:
    if isinstance(ip.address, ipaddress.IPv6Address):
        return ip.address.packed[0] == 0xFF and ip.address.packed[1] & 0x0F == 0x02
    return ip.address in _LINK_LOCAL_MULTICAST[1]


def _is_global_unicast(ip: Ip) -> bool:
    found = ip.address
    special = found.is_unspecified or found.is_loopback or found.is_multicast or found.is_link_local
    return not special and found != _GLOBAL_EXCEPTIONS


FUNCTIONS: dict[str, Function] = {
    "ip": _ip,
    "isIP": _is(parse_ip),
    "ip.isCanonical": lambda text: parse_ip(text).as_string == text,
    "family": lambda ip: ip.address.version,
    "isUnspecified": lambda ip: ip.address.is_unspecified,
    "isLoopback": lambda ip: ip.address.is_loopback,
    "isLinkLocalMulticast": _is_link_local_multicast,
    "isLinkLocalUnicast": lambda ip: ip.address.is_link_local,
    "isGlobalUnicast": _is_global_unicast,
    "cidr": parse_cidr,
    "isCIDR": _is(parse_cidr),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "prefixLength": lambda network: network.bits,
    "masked": _masked,
}
