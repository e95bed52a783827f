"""Validation of the names of drivers, pools, attributes and requests."""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages, names
from kube_apiserver.validation.domain_names import driver_causes

_LIMIT = re.compile(r"(must be no more than \d+) characters")
_LONGEST_POOL, _LONGEST_ID = 253, 32
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_NO_IDENTIFIER = (
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters "
    f"or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '{_IDENTIFIER}')"
)
_UNQUALIFIED = "a fully qualified name must be a domain and a name separated by a slash"


def declared_all(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Yield field errors as ones that tags of the Go types declare, which count in bytes."""
    for cause in causes:
        yield messages.declared(replace(cause, message=_LIMIT.sub(r"\1 bytes", cause.message)))


def label_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a device, request or counter."""
    return (messages.invalid(path, name, why) for why in is_dns1123_label(name))


def pool_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a pool, whose parts are domains."""
    if not name:
        yield messages.required(path)
        return
    if len(name) > _LONGEST_POOL:
        yield messages.too_long(path, _LONGEST_POOL)
    for part in name.split("/"):
        yield from (messages.invalid(path, part, why) for why in is_dns1123_subdomain(part))


def qualified_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of an attribute or capacity, which may have the domain of a driver."""
    parts = name.split("/")
    if len(parts) == 1:
        yield from _identifier(name, path)
    elif len(parts) == 2:
        domain, own = parts
        yield from driver_causes(domain, path) if domain else _empty("domain", path)
        yield from _identifier(own, path) if own else _empty("name", path)


def full_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of an attribute that has a domain."""
    yield from qualified_causes(name, path)
    if "/" not in name:
        yield messages.invalid(path, name, _UNQUALIFIED)


def _empty(what: str, path: str) -> Iterator[Cause]:
    yield messages.invalid(path, "", f"the {what} must not be empty")


def _identifier(text: str, path: str) -> Iterator[Cause]:
    if len(text) > _LONGEST_ID:
        yield messages.too_long(path, _LONGEST_ID)
    if not re.fullmatch(_IDENTIFIER, text, re.ASCII):
        yield messages.invalid(path, text, _NO_IDENTIFIER)


def extended_resource_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of an extended resource, which is that of a quota with a prefix."""
    if "/" not in name:
        yield messages.invalid(path, name, "a name must be a domain-prefixed path, such as 'example.com/my-prop'")
    elif "kubernetes.io/" in name:
        yield messages.invalid(path, name, 'must not have "kubernetes.io/" domain')
    if name.startswith("requests."):
        yield messages.invalid(path, name, 'must not have "requests." prefix')
    yield from (messages.invalid(path, name, why) for why in names.is_qualified_name(f"requests.{name}"))
