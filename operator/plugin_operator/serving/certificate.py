"""The serving certificate, reloaded when its files change.

Owns when the files are read, and the fallback: if they are unusable, the last good certificate stays. An expired
certificate is served only if there is no other, with a warning. As in controller-runtime, a self-signed certificate is
generated if there are no files; it is renewed before it expires.
"""

import hashlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from plugin_operator import logs
from plugin_operator.certificates import context_of, lifetime_of, make_authority, renewing_context
from plugin_operator.clock import Clock
from plugin_operator.errors import UsageError
from plugin_operator.tasks import TaskOwner, TaskSupervisor
from plugin_operator.threads import in_thread

# Certificates are renewed days before they expire; controller-runtime's certwatcher uses the same interval.
_LOOK_SECONDS = 10.0
_MAX_BYTES = 2**20
_SOON = timedelta(days=1)
# Tolerates an issuer whose clock is ahead.
_SKEW = timedelta(minutes=5)
_EVER = datetime.min.replace(tzinfo=UTC)

_log = logs.get_logger(__name__)


class CertificateFiles(msgspec.Struct, frozen=True):
    """Paths of a certificate and its key in PEM form, as in a Secret of type ``kubernetes.io/tls``."""

    certificate: Path
    key: Path

    def read(self) -> bytes:
        """Return key and certificate as one PEM text.

        Raises:
            OSError: one of the files cannot be read.
        """
        return b"\n".join(_read(path) for path in (self.key, self.certificate))


class ServingCertificate:
    """Runnable that provides the TLS context of a server and renews its certificate.

    Args:
        files: files of the certificate; None generates a self-signed one.
        flag: flag that named the files, for messages.
        clock: measures the interval between reads.
        supervisor: notified if the service ends unexpectedly.
    """

    name = "serving certificate"

    def __init__(
        self, files: CertificateFiles | None, *, flag: str, clock: Clock, supervisor: TaskSupervisor | None = None
    ) -> None:
        self._files = files
        self._flag = flag
        self._clock = clock
        self._tasks = TaskOwner(self.name, clock=clock, supervisor=supervisor)
        self._digest = b""
        self._problem = ""
        self._warned = ""
        self._valid = (_EVER, _EVER)
        self._current = self._shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def context(self) -> ssl.SSLContext:
        """Return a TLS context whose handshakes always use the current certificate."""
        return self._shown

    async def start(self) -> None:
        """Load or generate the certificate, and start to check for a new one.

        Raises:
            UsageError: the files are unusable; the message names them and the flag.
        """
        if self._files is None:
            host = socket.gethostname()
            authority = make_authority(self._clock.now())
            self._shown = await in_thread(renewing_context, authority, host, [host], self._clock.now)
            return
        try:
            self._shown = await self._load(self._files)
        except (OSError, ValueError) as error:
            raise UsageError(f"{self._flag}: {_words(self._files, error)}") from error
        self._current = self._shown
        self._shown.sni_callback = self._choose
        self._warn_of_the_end(self._files)
        self._tasks.serve(partial(self._follow, self._files), "files", kind="serving-certificate")

    async def stop(self, deadline_seconds: float) -> None:
        """Stop checking for a new certificate."""
        await self._tasks.stop(deadline_seconds)

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        # OpenSSL calls this for each handshake, also without SNI.
        del name, context
        connection.context = self._current

    async def _follow(self, files: CertificateFiles) -> None:
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            await self._look(files)

    async def _look(self, files: CertificateFiles) -> None:
        before = self._digest
        try:
            context = await self._load(files)
        except (OSError, ValueError) as error:
            problem = _words(files, error)
            if problem != self._problem:
                _log.warning("Certificate rejected, keeping the last good one", reason=problem)
            self._problem = problem
            return
        self._problem = ""
        if self._digest != before:
            self._current = context
            self._warned = ""
            _log.info("Certificate renewed", certificate=str(files.certificate))
        self._warn_of_the_end(files)

    def _warn_of_the_end(self, files: CertificateFiles) -> None:
        now, end = self._clock.now(), self._valid[1]
        warning = "Certificate has expired" if now >= end else "Certificate expires soon" if now >= end - _SOON else ""
        if warning and warning != self._warned:
            _log.warning(warning, certificate=str(files.certificate), end=end.isoformat())
        self._warned = warning

    async def _load(self, files: CertificateFiles) -> ssl.SSLContext:
        pem = await in_thread(files.read)
        digest = hashlib.sha256(pem).digest()
        if digest == self._digest:
            return self._current
        context, valid = await in_thread(context_of, pem), await in_thread(lifetime_of, pem)
        if self._digest:
            self._check_no_worse(files, valid)
        self._digest, self._valid = digest, valid
        return context

    def _check_no_worse(self, files: CertificateFiles, valid: tuple[datetime, datetime]) -> None:
        """Check that a certificate may replace the current one.

        Raises:
            ValueError: it is not valid now, but the current one is.
        """
        now = self._clock.now()
        if not self._valid[0] <= now < self._valid[1] or valid[0] - _SKEW <= now < valid[1]:
            return
        when = f"expired at {valid[1]}" if now >= valid[1] else f"is not valid before {valid[0]}"
        raise ValueError(f"the certificate in {files.certificate} {when}")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"{path} is larger than {_MAX_BYTES} bytes")
    return content


def _words(files: CertificateFiles, error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{files.certificate} and {files.key} are not a certificate and its key in PEM: {error.reason or error}"
    return str(error)
