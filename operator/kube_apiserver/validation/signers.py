"""Validation of the names of signers, and of trust anchors in PEM."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages

_FORM = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
_SEGMENTS = "should be a domain with at least two segments separated by dots"
_BUNDLE, _OMITTED = "spec.trustBundle", "<value omitted>"
_LONGEST_BUNDLE = 1024 * 1024
_BLOCK = re.compile(r"-----BEGIN ([^\n]*?)-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL)


def signer_causes(name: str) -> Iterator[Cause]:
    """Yield the field errors of ``spec.signerName``."""
    path = "spec.signerName"
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


def anchor_causes(text: str) -> list[Cause]:
    """Return the field errors of ``spec.trustBundle``: it has certificates of authorities only, and each once."""
    if len(text.encode()) > _LONGEST_BUNDLE:
        return [messages.too_long(_BUNDLE, _LONGEST_BUNDLE)]
    causes, places = [], dict[bytes, list[int]]()
    for position, block in enumerate(_BLOCK.finditer(text)):
        if problem := _problem(block[1], block[2]):
            causes.append(messages.invalid(_BUNDLE, _OMITTED, f"entry {position} {problem}"))
        else:
            places.setdefault(base64.b64decode(block[2]), []).append(position)
    if causes:
        return causes
    if not places:
        return [messages.invalid(_BUNDLE, _OMITTED, "at least one trust anchor must be provided")]
    return [
        messages.invalid(_BUNDLE, _OMITTED, f"duplicate trust anchor (indices [{' '.join(map(str, found))}])")
        for found in places.values()
        if len(found) > 1
    ]


def _problem(kind: str, body: str) -> str:
    if kind != "CERTIFICATE":
        return f"has bad block type: {kind}"
    if ":" in body:
        return "has PEM block headers"
    # Imported on demand: few servers get trust bundles.
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(body))
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return "does not have the CA bit set"
    except (ValueError, binascii.Error):
        return "does not parse as X.509"
    return "" if constraints.ca else "does not have the CA bit set"
