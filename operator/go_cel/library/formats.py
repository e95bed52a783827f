"""Named formats: kube-apiserver's library ``format``."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from go_cel.library.conversions import Function
from go_cel.library.urls import request_error
from go_cel.values.scalars import NONE, Optional, Timestamp
from go_regexp import compile_pattern

_LABEL, _LABEL_1035 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?", "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_NAME, _VALUE = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_UUID = re.compile(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_ENDS = "and must start and end with an alphanumeric character"
Validate = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        pattern_size: the size of its pattern, for costs.
    """

    name: str
    validate: Validate = field(compare=False)
    pattern_size: int = field(compare=False)

    type_name = "kubernetes.NamedFormat"


def _matching(pattern: str, problem: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{problem} (e.g. {shown}regex used for validation is '{pattern}')"


_LABEL_PROBLEM = _matching(
    _LABEL,
    f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}",
    "my-name",
    "123-abc",
)
_SUBDOMAIN_PROBLEM = _matching(
    _SUBDOMAIN,
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS}",
    "example.com",
)
_LABEL_1035_PROBLEM = _matching(
    _LABEL_1035,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character",
    "my-name",
    "abc-123",
)


def _name(pattern: str, problem: str, most: int, unit: str) -> Validate:
    def run(text: str) -> list[str]:
        found = [f"must be no more than {most} {unit}"] if len(text.encode()) > most else []
        return found if compile_pattern(rf"\A(?:{pattern})\z").matches(text) else [*found, problem]

    return run


def _prefix(validate: Validate) -> Validate:
    def run(text: str) -> list[str]:
        return validate(f"{text[:-1]}a" if len(text) > 1 and text.endswith("-") else text)

    return run


_label = _name(_LABEL, _LABEL_PROBLEM, 63, "characters")
_subdomain = _name(_SUBDOMAIN, _SUBDOMAIN_PROBLEM, 253, "bytes")
_label_1035 = _name(_LABEL_1035, _LABEL_1035_PROBLEM, 63, "characters")


def _qualified_name(text: str) -> list[str]:
    shape = f"consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
    examples = ("MyName", "my.name", "123-abc")
    parts = text.split("/")
    found: list[str] = []
    if len(parts) > 2:
        problem = _matching(_NAME, f"a valid label key must {shape}", *examples)
        return [f"{problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    if len(parts) == 2:
        problems = ["must be non-empty"] if not parts[0] else _subdomain(parts[0])
        found += [f"prefix part {problem}" for problem in problems]
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        found.append("name part must be no more than 63 bytes")
    if not re.fullmatch(_NAME, name):
        found.append(f"name part {_matching(_NAME, f'must {shape}', *examples)}")
    return found


_VALUE_PROBLEM = _matching(
    _VALUE,
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', {_ENDS}",
    "MyValue",
    "my_value",
    "12345",
)


def _only(problem: str, test: Callable[[str], Any]) -> Validate:
    def run(text: str) -> list[str]:
        try:
            return [] if test(text) else [problem]
        except (ValueError, binascii.Error):
            return [problem]

    return run


def _is_date(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))


def _uri(text: str) -> list[str]:
    error = request_error(text)
    return [error] if error else []


FORMATS = {
    "dns1123Label": Format("DNS1123Label", _label, 30),
    "dns1123Subdomain": Format("DNS1123Subdomain", _subdomain, 60),
    "dns1035Label": Format("DNS1035Label", _label_1035, 30),
    "qualifiedName": Format("QualifiedName", _qualified_name, 60),
    "dns1123LabelPrefix": Format("DNS1123LabelPrefix", _prefix(_label), 30),
    "dns1123SubdomainPrefix": Format("DNS1123SubdomainPrefix", _prefix(_subdomain), 60),
    "dns1035LabelPrefix": Format("DNS1035LabelPrefix", _prefix(_label_1035), 30),
    "labelValue": Format("LabelValue", _name(_VALUE, _VALUE_PROBLEM, 63, "bytes"), 40),
    "uri": Format("URI", _uri, 1103),
    "uuid": Format("uuid", _only("does not match the UUID format", _UUID.fullmatch), 72),
    "byte": Format("byte", _only("invalid base64", lambda text: b64decode(text, validate=True) is not None), 84),
    "date": Format("date", _only("invalid date", _is_date), 71),
    "datetime": Format("datetime", _only("invalid datetime", Timestamp.parse), 71),
}


def _validated(form: Format, text: str) -> Optional:
    problems = form.validate(text)
    return Optional(problems) if problems else NONE


def _constant(form: Format) -> Function:
    return lambda: form


FUNCTIONS: dict[str, Function] = {
    "validate": _validated,
    "format.named": lambda name: Optional(FORMATS[name]) if name in FORMATS else NONE,
    **{f"format.{name}": _constant(form) for name, form in FORMATS.items()},
}
