"""``TlsSettings``: the material of a TLS handshake by content, and its context.

Leaves reading files to the sources of access. The settings are immutable: a rotated certificate gives new settings and
a new context, while connections with the old context continue.
"""

import functools
import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_KEPT_CONTEXTS = 8


class TlsSettings(msgspec.Struct, frozen=True):
    """Material of a TLS handshake; empty settings use the CA certificates of the system.

    Attributes:
        ca_pem: CA certificates to trust instead of those of the system.
        certificate_pem: client certificate with its chain.
        key_pem: private key of the client, not encrypted.
        verify: whether to verify the certificate of the server.
        server_name: name in the certificate of the server, if it differs from the host.
    """

    ca_pem: str | bytes | None = None
    certificate_pem: bytes | None = None
    key_pem: bytes | None = None
    verify: bool = True
    server_name: str | None = None

    def __repr__(self) -> str:
        """Return what is no secret."""
        return f"TlsSettings(verify={self.verify}, server_name={self.server_name!r})"

    def context(self) -> ssl.SSLContext:
        """Return the context; equal settings share one.

        Raises:
            OSError: the material is not valid (``ssl.SSLError``), or key and certificate do not match.
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
    # The CA of many clusters lacks extensions that Python 3.13 requires in strict mode; Go does not require them.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if settings.certificate_pem is not None:
        # One file may hold both.
        with _as_file(settings.certificate_pem) as certificate, _as_file(settings.key_pem or b"") as key:
            # Without a password, OpenSSL asks the terminal for that of an encrypted key.
            context.load_cert_chain(certificate, key if settings.key_pem is not None else None, password="")
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Yield a path to ``content``, in memory if possible: the standard library loads certificates only from files."""
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
    """Return a descriptor of an anonymous file; None if the kernel, seccomp or a missing /proc prevents it."""
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
