"""Validation of names that begin with a domain: keys such as ``example.com/a``, paths such as ``example.com/a/b``."""

import re
from collections.abc import Iterator

from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_qualified_name, messages

_LONGEST_DRIVER = 63
_LOWER = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters"
_CASELESS = "an RFC 1123 subdomain must consist of alphanumeric characters"
_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"


def prefixed_key_causes(key: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of a key that has a domain."""
    if not key:
        yield messages.required(path)
    elif problems := is_qualified_name(key):
        yield from (messages.invalid(path, key, why) for why in problems)
    elif "/" not in key:
        yield messages.invalid(path, key, 'must be a domain-prefixed key (such as "acme.io/foo")')


def prefixed_path_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of a path that starts with a domain."""
    domain, _, rest = name.partition("/")
    if not name:
        yield messages.required(path)
    elif not domain or not rest:
        yield messages.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        yield from (messages.invalid(path, domain, why) for why in is_dns1123_subdomain(domain))
        if not re.fullmatch(_PATH, rest):
            yield messages.invalid(path, rest, f"Invalid path (regex used for validation is '{_PATH}')")


def driver_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a driver, as lines of Go write them."""
    if not name:
        yield messages.required(path)
    if len(name.encode()) > _LONGEST_DRIVER:
        yield messages.too_long(path, _LONGEST_DRIVER)
    if name:
        yield from (messages.invalid(path, name, why) for why in is_dns1123_subdomain(name.lower()))


def declared_driver_causes(name: str, path: str) -> Iterator[Cause]:
    """Yield the field errors of the name of a driver in the words of declared rules."""
    if not name:
        yield messages.required(path)
        return
    for why in is_dns1123_subdomain(name.lower()):
        shown = why.replace(_LOWER, _CASELESS).replace("'example.com'", "'Example.com'")
        shown = shown.replace("no more than 253 characters", "no more than 253 bytes")
        yield messages.invalid(path, name, shown)
    if len(name) > _LONGEST_DRIVER:
        yield Cause(path, "FieldValueTooLong", f"Too long: may not be more than {_LONGEST_DRIVER} characters")
