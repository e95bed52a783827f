"""PEM texts: requests, certificates, and trust anchors."""

import base64
import binascii
import re
from collections.abc import Iterator

from kube_apiserver.kinds.certificates.keys import parsed_request
from kube_apiserver.schema import Cause, messages

_BUNDLE, _OMITTED = "spec.trustBundle", "<value omitted>"
_LONGEST_BUNDLE = 1024 * 1024
# A block begins a line. Blocks with headers are found, too.
_BLOCK = re.compile(r"^-----BEGIN ([^\n]*?)-----[ \t]*\r?\n(.*?)^-----END \1-----[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HEADER = re.compile(r"^[^\n]*:", re.MULTILINE)
_NOT_A_REQUEST = "PEM block type must be CERTIFICATE REQUEST"


def signing_request_problem(encoded: str) -> str:
    """Return why the base64 of a PEM text is no signing request whose signature is right, "" if it is one."""
    text = base64.b64decode(encoded).decode("latin-1")
    block = next(pem_blocks(text), None)
    if block is None or block[0] != "CERTIFICATE REQUEST":
        return _NOT_A_REQUEST
    request = parsed_request(block[1])
    if request is None:
        return "asn1: structure error: tags don't match"
    return "" if request.is_signature_valid else "x509: ECDSA verification failure"


def certificate_problem(encoded: str) -> str:
    """Return why the base64 of a PEM text is no list of certificates, "" if it is one or empty."""
    text = base64.b64decode(encoded).decode("latin-1")
    blocks = list(pem_blocks(text))
    if not text or not blocks:
        return "must contain at least one CERTIFICATE PEM block" if text else ""
    for kind, content, has_headers in blocks:
        if kind != "CERTIFICATE":
            return f'only CERTIFICATE PEM blocks are allowed, found "{kind}"'
        if has_headers:
            return "no PEM block headers are permitted"
        if not _is_certificate(content):
            return "x509: malformed certificate"
    return ""


def pem_blocks(text: str) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the kind and content of each PEM block of a text, and whether it has headers."""
    for block in _BLOCK.finditer(text):
        has_headers = bool(_HEADER.match(block[2]))
        body = block[2].rpartition("\n\n")[2] if has_headers else block[2]
        try:
            yield block[1], base64.b64decode(body), has_headers
        except binascii.Error:
            continue


def _is_certificate(content: bytes) -> bool:
    # Imported on demand: few servers get certificates.
    from cryptography import x509

    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return False
    return True


def anchor_causes(text: str) -> list[Cause]:
    """Return the field errors of ``spec.trustBundle``: it has certificates of authorities only, and each once."""
    if len(text.encode()) > _LONGEST_BUNDLE:
        return [messages.too_long(_BUNDLE, _LONGEST_BUNDLE)]
    causes, places = [], dict[bytes, list[int]]()
    for position, (kind, content, has_headers) in enumerate(pem_blocks(text)):
        if problem := _problem(kind, content, has_headers=has_headers):
            causes.append(messages.invalid(_BUNDLE, _OMITTED, f"entry {position} {problem}"))
        else:
            places.setdefault(content, []).append(position)
    if causes:
        return causes
    if not places:
        return [messages.invalid(_BUNDLE, _OMITTED, "at least one trust anchor must be provided")]
    return [
        messages.invalid(_BUNDLE, _OMITTED, f"duplicate trust anchor (indices [{' '.join(map(str, found))}])")
        for found in places.values()
        if len(found) > 1
    ]


def _problem(kind: str, content: bytes, *, has_headers: bool) -> str:
    if kind != "CERTIFICATE":
        return f"has bad block type: {kind}"
    if has_headers:
        return "has PEM block headers"
    # Imported on demand: few servers get trust bundles.
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(content)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return "does not have the CA bit set"
    except ValueError:
        return "does not parse as X.509"
    return "" if constraints.ca else "does not have the CA bit set"
