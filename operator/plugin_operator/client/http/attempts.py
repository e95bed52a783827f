"""``Attempts``: the credentials of each attempt of a request, after a 401 or a failed TLS handshake."""

import ssl

from plugin_operator.client.credentials.access import Access, AccessSource
from plugin_operator.client.http.direct.failures import DialError
from plugin_operator.errors import ApiError, ConfigError

# Parts of OpenSSL's reasons for a rejected certificate; the server has not read such a request.
_ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA")


class Attempts:
    """Replaces the access at most once after a 401, and at most once after a failed handshake.

    Args:
        source: returns new access.
        access: access of the first attempt.

    Attributes:
        access: access of the next attempt.
    """

    __slots__ = ("_is_renewed", "_is_reread", "_source", "access")

    def __init__(self, source: AccessSource, access: Access) -> None:
        self._source = source
        self._is_renewed = False
        self._is_reread = False
        self.access = access

    async def renewed_after(self, rejection: ApiError) -> bool:
        """Renew the access after a 401; return whether to retry.

        Raises:
            ApiError: ``rejection`` itself; the credentials cannot be renewed.
        """
        if rejection.status != 401 or self._is_renewed:
            return False
        self._is_renewed = True
        try:
            self.access = await self._source.renew(self.access)
        except ConfigError as error:
            raise rejection from error
        return True

    async def reread_after(self, error: BaseException, *, is_read: bool) -> bool:
        """Read the credential files again after a broken connection; return whether to retry.

        It retries only if the TLS files have changed, and the server cannot have executed the request twice.

        Args:
            error: the failure.
            is_read: the request changes nothing, so it may be sent twice.
        """
        is_handshake = _is_handshake(error)
        # A server that rejects a client certificate often closes the connection before its alert is read.
        if self._is_reread or not (is_handshake or self.access.tls.certificate_pem is not None):
            return False
        self._is_reread = True
        try:
            fresh = await self._source.reread(self.access)
        except ConfigError:
            return False
        has_changed = fresh.tls != self.access.tls
        self.access = fresh
        return has_changed and (is_handshake or is_read or isinstance(error, DialError))


def _is_handshake(error: BaseException) -> bool:
    """Report whether a TLS handshake failed; in TLS 1.3 a rejected client certificate shows only on reading."""
    if isinstance(error, ssl.CertificateError) or (isinstance(error, DialError) and error.is_handshake):
        return True
    each: BaseException | None = error
    for _ in range(6):
        if isinstance(each, ssl.SSLError):
            return any(word in str(each.reason) for word in _ABOUT_CERTIFICATES)
        each = each and (getattr(each, "os_error", None) or each.__cause__ or each.__context__)
    return False
