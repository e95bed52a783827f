"""Validation of the names of signers."""

import json
from collections.abc import Iterator

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages

_FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
_SEGMENTS = "should be a domain with at least two segments separated by dots"


def signer_causes(name: str, path: str = "spec.signerName") -> Iterator[Cause]:
    """Yield the field errors of the name of a signer."""
    if not name:
        yield messages.required(path)
        return
    domain, slash, rest = name.partition("/")
    if not slash or "/" in rest:
        yield messages.invalid(path, name, _FORM)
        return
    parts = domain.split(".")
    yield from _first_problem(path, domain, parts, [is_dns1123_label(part) for part in parts])
    if len(parts) < 2:
        yield messages.invalid(path, domain, _SEGMENTS)
    parts = rest.split(".")
    yield from _first_problem(path, rest, parts, [is_dns1123_subdomain(part) for part in parts])


def _first_problem(path: str, value: str, parts: list[str], problems: list[list[str]]) -> Iterator[Cause]:
    for part, found in zip(parts, problems, strict=True):
        if found:
            yield from (messages.invalid(path, value, f"validating label {json.dumps(part)}: {why}") for why in found)
            return
