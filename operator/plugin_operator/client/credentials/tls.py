"""The material of a TLS handshake, by content, and the context made of it.

Files are read by ``sources``: what is here never changes, so a rotated certificate is another value and gets a context
of its own, while connections under the old one live on.
"""

import functools
import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_KEPT_CONTEXTS = 8


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What the TLS handshake needs; all empty means the system's own trust.

    Attributes:
        ca_pem: certificates of the authorities to trust instead of the system's.
        certificate_pem: the client's certificate, with those that lead to its authority.
        key_pem: its private key, not encrypted.
        verify: whether the server has to prove who it is.
        server_name: the name the server's certificate is for, if it is not the host's.
    """

    ca_pem: str | bytes | None = None
    certificate_pem: bytes | None = field(default=None, repr=False)
    key_pem: bytes | None = field(default=None, repr=False)
    verify: bool = True
    server_name: str | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context, the same one for the same content.

        Raises:
            OSError: the material makes no sense (``ssl.SSLError``), or key and certificate do not belong together.
        """
        return _context_of(self)


@functools.lru_cache(maxsize=_KEPT_CONTEXTS)
def _context_of(settings: TlsSettings) -> ssl.SSLContext:
    if settings.ca_pem is None:
        context = ssl.create_default_context()
    else:
        pem = settings.ca_pem.encode() if isinstance(settings.ca_pem, str) else settings.ca_pem
        with _as_file(pem) as path:
            context = ssl.create_default_context(cafile=path)
    # Many clusters' own CAs lack the extensions that strict mode of Python 3.13 asks for; Go does not ask either.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if settings.certificate_pem is not None:
        # One file may hold both.
        with _as_file(settings.certificate_pem) as certificate, _as_file(settings.key_pem or b"") as key:
            # Without an answer given here, OpenSSL asks the terminal for the password of an encrypted key.
            context.load_cert_chain(certificate, key if settings.key_pem is not None else None, password="")
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Yield a path to ``content``, for the standard library takes certificates only from files; in memory if it can."""
    descriptor = _memory_file(content)
    if descriptor is not None:
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.TemporaryDirectory(prefix="plugin-operator-") as folder:
        path = Path(folder, "pem")
        path.touch(mode=0o600)
        path.write_bytes(content)
        yield str(path)


def _memory_file(content: bytes) -> int | None:
    """Return a descriptor of an anonymous file; None where the kernel, a seccomp profile or a missing /proc forbids."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("plugin-operator-tls", os.MFD_CLOEXEC)
    except OSError:
        return None
    if os.write(descriptor, content) == len(content) and os.path.exists(f"/proc/self/fd/{descriptor}"):  # noqa: PTH110 - no use for a Path
        return descriptor
    os.close(descriptor)
    return None
