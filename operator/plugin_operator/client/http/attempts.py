"""The access of one request over its attempts: what to try with after a refusal or a failed handshake."""

import ssl

import aiohttp

from plugin_operator.client.credentials.access import Access, AccessSource
from plugin_operator.errors import ApiError, ConfigError

# What OpenSSL calls a certificate that one side does not take; such a request was not read by the server.
_ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA")


class Attempts:
    """Replaces the access at most once for each of the two reasons to doubt it.

    Args:
        source: gives another access.
        access: to begin with.

    Attributes:
        access: for the next attempt.
    """

    __slots__ = ("_is_renewed", "_is_reread", "_source", "access")

    def __init__(self, source: AccessSource, access: Access) -> None:
        self._source = source
        self._is_renewed = False
        self._is_reread = False
        self.access = access

    async def renewed_after(self, rejection: ApiError) -> bool:
        """Return whether to try again after an answer.

        Raises:
            ApiError: the refusal itself; the credentials cannot be renewed.
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
        """Return whether to try again after a broken connection: its files have changed, and nothing was done.

        Args:
            error: how it broke.
            is_read: the request changes nothing, so that it may be sent twice.
        """
        is_handshake = _is_handshake(error)
        # A server that takes no certificate of ours often cuts the connection before its reason is read.
        if self._is_reread or not (is_handshake or self.access.tls.certificate_pem is not None):
            return False
        self._is_reread = True
        try:
            fresh = await self._source.reread(self.access)
        except ConfigError:
            return False
        has_changed = fresh.tls != self.access.tls
        self.access = fresh
        return has_changed and (is_handshake or is_read or isinstance(error, aiohttp.ClientConnectorError))


def _is_handshake(error: BaseException) -> bool:
    """Tell whether a TLS handshake failed; in TLS 1.3, a refused client certificate shows only when reading."""
    if isinstance(error, aiohttp.ClientSSLError | ssl.CertificateError):
        return True
    each: BaseException | None = error
    for _ in range(5):
        if isinstance(each, ssl.SSLError):
            return any(word in str(each.reason) for word in _ABOUT_CERTIFICATES)
        each = each and (getattr(each, "os_error", None) or each.__cause__ or each.__context__)
    return False
