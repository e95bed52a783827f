"""Who may read what a server serves: those whose bearer token the API server allows ``get`` on the path.

Owns the answers to everybody else: 401 without a token or with one that stands for nobody, 403 without the right,
429 if a peer shows too many tokens, 500 if the API server gives no verdict. Asking it is left to ``reviews``. Rights
are asked about only for what is served: clients invent paths and methods, and each would cost a question.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from plugin_operator import logs
from plugin_operator.serving.connections import peer_of
from plugin_operator.serving.reviews import Reviews, ReviewUnavailableError, TooManyReviewsError

_log = logs.get_logger(__name__)


def authorized(reviews: Reviews) -> Middleware:
    """Return a middleware that lets pass who may read the path; without a token no path is told to exist."""
    refusal = _Refusals()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        token = _token(request)
        if not token:
            return _answer(401, "Unauthorized")
        try:
            user = await reviews.user_of(token, peer_of((request.remote,)))
            if user is None:
                return _answer(401, "Unauthorized")
            if request.match_info.http_exception is not None:
                return await handler(request)  # no such path, or not with this method
            allowed = await reviews.allows(user, request.method.lower(), request.path)
        except TooManyReviewsError:
            return _answer(429, "Too many tokens that are not known")
        except ReviewUnavailableError as error:
            refusal.told(str(error))
            return _answer(500, "Authentication or authorization failed")
        refusal.over()
        if not allowed:
            return _answer(403, f"Authorization denied for user {user.username}")
        return await handler(request)

    return guard


class _Refusals:
    """Logs when clients begin to be turned away for want of a verdict, and when that is over: not each of them."""

    def __init__(self) -> None:
        self._reason = ""

    def told(self, reason: str) -> None:
        if reason != self._reason:
            _log.warning("Clients of the metrics server cannot be authorized", reason=reason)
        self._reason = reason

    def over(self) -> None:
        if self._reason:
            _log.info("Clients of the metrics server can be authorized again")
        self._reason = ""


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    # RFC 6750 allows a part of ASCII; nothing else is worth a question.
    return token.strip() if scheme.lower() == "bearer" and token.isascii() and token.isprintable() else ""


def _answer(status: int, text: str) -> web.Response:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "1"}}.get(status, {})
    return web.Response(status=status, text=f"{text}\n", headers={**headers, "X-Content-Type-Options": "nosniff"})
