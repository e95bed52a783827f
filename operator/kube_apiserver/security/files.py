"""Private files: their atomic writes, and the admin token and CA kept in the data folder."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kube_apiserver.security.certificates import Authority

_LEAST_LEFT = timedelta(days=366)
_CA_CERTIFICATE, _CA_KEY, _TOKEN = "ca.crt", "ca.key", "token"


def write_private(path: Path, content: bytes) -> None:
    """Replace a file atomically, with mode 0600.

    Raises:
        OSError: the file cannot be written. The error names it, also where the system does not, as on a full disk.
    """
    try:
        _replace(path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def admin_token(data_dir: Path | None) -> str:
    """Return the token in ``data_dir``. Create and store one if there is none."""
    if data_dir is None:
        return secrets.token_urlsafe(32)
    path = data_dir / _TOKEN
    if path.exists():
        return path.read_text().strip()
    token = secrets.token_urlsafe(32)
    write_private(path, token.encode())
    return token


def authority(data_dir: Path | None, now: datetime) -> "Authority":
    """Return the certificate authority in ``data_dir``. Create and store one if there is none.

    A CA that expires within a year is replaced, because certificates that it signs now would outlive it.
    """
    # Imported on demand: a server without TLS needs no certificates.
    from kube_apiserver.security.certificates import Authority, lifetime_of, make_authority

    if data_dir is None:
        return make_authority(now)
    certificate, key = data_dir / _CA_CERTIFICATE, data_dir / _CA_KEY
    if certificate.exists() and key.exists():
        kept = Authority(certificate.read_bytes(), key.read_bytes())
        if lifetime_of(kept.certificate_pem)[1] > now + _LEAST_LEFT:
            return kept
    made = make_authority(now)
    write_private(key, made.key_pem)
    write_private(certificate, made.certificate_pem)
    return made
