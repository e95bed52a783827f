"""The string formats of custom schemas, as kube-openapi's ``strfmt`` validates them.

Each format is one predicate. Unknown formats are ignored, as in kube-apiserver.
"""

import ipaddress
from collections.abc import Callable, Mapping
from datetime import date
from urllib.parse import urlsplit

from go_regexp import compile_pattern
from kube_apiserver.schema.names import is_dns1123_label, is_dns1123_subdomain

_NUMERIC = {"integer": ("int32", "int64"), "number": ("float", "double")}
_DURATION = r"^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$"
_COUNTED = r"\d+\s*[A-Za-zµ]+"
# The spellings of each unit. The last one may have a suffix ("seconds").
_UNITS = (
    ("ns", "nano"),
    ("us", "µs", "micro"),
    ("ms", "milli"),
    ("s", "sec"),
    ("m", "min"),
    ("h", "hr", "hour"),
    ("d", "day"),
    ("w", "wk", "week"),
)
_TIME = r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$"
_HEX = "[0-9a-f]"
_CHANNEL = r"\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*"
_CARD = (
    r"(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})"
)
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^"\\]*")@(?:{_ATOM}(?:\.{_ATOM})*|\[[^\]]*\])'
_URI = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:|/)(?:[^%\x00-\x1f\x7f]|%[0-9A-Fa-f]{2})*$"
# Go's class has no underscore: letters, digits, and symbols such as the euro sign.
_HOST_MARKS = r"^[a-zA-Z0-9\p{S}\p{L}-]*$"
_HOST_LETTERS = r"^[a-zA-Z\p{L}]{2,63}$"


def fits_format(value: str, name: str) -> bool:
    """Report whether a string has a format such as ``date-time``. Hyphens in the format's name are ignored."""
    check = _FORMATS.get(name.replace("-", ""))
    return check is None or check(value)


def is_recognized(name: str, kind: str) -> bool:
    """Report whether a format has a meaning for values of this type. Hyphens in a string's format are ignored."""
    return name.replace("-", "") in _FORMATS if kind in ("", "string") else name in _NUMERIC.get(kind, ())


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: compile_pattern(f"^(?:{pattern})$").matches(text)


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    return compile_pattern(r"^\d{4}-\d\d-\d\d$").matches(text) and _parses(date.fromisoformat, text)


def _is_date_time(text: str) -> bool:
    day, *rest = text.lower().split("t")
    if not rest or not _is_date(day) or not compile_pattern(_TIME).matches(rest[0]):
        return False
    hour, minute, second = rest[0][:2], rest[0][3:5], rest[0][6:8]
    return hour <= "23" and minute <= "59" and second <= "59"


def _is_duration(text: str) -> bool:
    if compile_pattern(_DURATION).matches(text):
        return True
    counted = compile_pattern(_COUNTED).find_all(text)
    units = [words.lstrip("0123456789").strip().lower() for words in counted]
    return any(unit in spellings or unit.startswith(spellings[-1]) for unit in units for spellings in _UNITS)


def _is_ipv6(text: str) -> bool:
    return "%" not in text and _parses(ipaddress.IPv6Address, text)


def _is_cidr(text: str) -> bool:
    address, slash, bits = text.partition("/")
    return (
        bool(slash)
        and bits.isascii()
        and bits.isdecimal()
        and "%" not in address
        and _parses(ipaddress.ip_interface, text)
    )


def _is_uri(text: str) -> bool:
    if not compile_pattern(_URI).matches(text):
        return False
    return _parses(lambda uri: urlsplit(uri).port, text) and " " not in urlsplit(text).netloc


def _is_hostname(text: str) -> bool:
    if not text or len(text.encode()) > 255:
        return False
    *labels, last = text.split(".")
    if not labels:
        # In a name of one label, Go allows one hyphen, after the first character.
        return last[0] != "-" and _is_host_part(last[1:].removeprefix("-"), hyphens=False)
    return (
        all(map(_is_host_label, labels)) and compile_pattern(_HOST_LETTERS).matches(last) and len(last.encode()) <= 63
    )


def _is_host_label(label: str) -> bool:
    return bool(label) and label[0] != "-" and label[-1] != "-" and _is_host_part(label, hyphens=True)


def _is_host_part(text: str, *, hyphens: bool) -> bool:
    return len(text.encode()) <= 63 and (hyphens or "-" not in text) and compile_pattern(_HOST_MARKS).matches(text)


def _is_isbn10(text: str) -> bool:
    digits = _digits(text)
    if not compile_pattern("^[0-9]{9}[0-9X]$").matches(digits):
        return False
    return sum((10 - at) * (10 if mark == "X" else int(mark)) for at, mark in enumerate(digits)) % 11 == 0


def _is_isbn13(text: str) -> bool:
    digits = _digits(text)
    if not compile_pattern("^[0-9]{13}$").matches(digits):
        return False
    return sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(digits)) % 10 == 0


def _digits(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, " \t\n\f\r-")))


def _is_credit_card(text: str) -> bool:
    digits = "".join(mark for mark in text if "0" <= mark <= "9")
    if not compile_pattern(f"^{_CARD}$").matches(digits):
        return False
    doubled = (int(digit) * (1, 2)[at % 2] for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _mac() -> str:
    byte, pair = f"{_HEX}{{2}}", f"{_HEX}{{4}}"
    forms = [f"{byte}(?:{mark}{byte}){{{count}}}" for mark in ":-" for count in (5, 7, 19)]
    forms += [rf"{pair}(?:\.{pair}){{{count}}}" for count in (2, 3, 9)]
    return "(?i)" + "|".join(forms)


def _uuid(third: str, fourth: str) -> Callable[[str], bool]:
    groups = (f"{_HEX}{{8}}", f"{_HEX}{{4}}", third, fourth, f"{_HEX}{{12}}")
    return _matches("(?i)" + "-?".join(groups))


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "bsonobjectid": _matches("[0-9a-fA-F]{24}"),
    "byte": _matches(_BASE64),
    "cidr": _is_cidr,
    "creditcard": _is_credit_card,
    "date": _is_date,
    "datetime": _is_date_time,
    "duration": _is_duration,
    "email": _matches(rf"(?:[^<>@]*<{_ADDRESS}>|{_ADDRESS})"),
    "hexcolor": _matches("#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "hostname": _is_hostname,
    "ipv4": lambda text: _parses(ipaddress.IPv4Address, text),
    "ipv6": _is_ipv6,
    "isbn": lambda text: _is_isbn10(text) or _is_isbn13(text),
    "isbn10": _is_isbn10,
    "isbn13": _is_isbn13,
    "k8slongname": lambda text: not is_dns1123_subdomain(text),
    "k8sshortname": lambda text: not is_dns1123_label(text),
    "mac": _matches(_mac()),
    "password": lambda _: True,
    "rgbcolor": _matches(rf"rgb\({_CHANNEL},{_CHANNEL},{_CHANNEL}\)"),
    # Eleven bytes, so that the separators are there.
    "ssn": _matches(r"\d{3}[- ]\d{2}[- ]\d{4}"),
    "uri": _is_uri,
    "uuid": _uuid(f"{_HEX}{{4}}", f"{_HEX}{{4}}"),
    "uuid3": _uuid(f"3{_HEX}{{3}}", f"{_HEX}{{4}}"),
    "uuid4": _uuid(f"4{_HEX}{{3}}", f"[89ab]{_HEX}{{3}}"),
    "uuid5": _uuid(f"5{_HEX}{{3}}", f"[89ab]{_HEX}{{3}}"),
}
