"""Authorization of clients by bearer token: the API server must allow ``get`` on the path.

Owns the error responses: 401 for a missing or unknown token, 403 without permission, 429 if a peer sends too many
unknown tokens, 500 if the API server does not decide. Leaves reviews to ``reviews``. Only paths that are served cause a
SubjectAccessReview, because clients may send any number of other paths.
"""

from plugin_operator import logs
from plugin_operator.serving.http.request import Request
from plugin_operator.serving.http.response import Response
from plugin_operator.serving.http.route import Handler, Middleware
from plugin_operator.serving.reviews import Reviews, ReviewUnavailableError, TooManyReviewsError

_log = logs.get_logger(__name__)


def authorized(reviews: Reviews) -> Middleware:
    """Return a middleware that passes authorized requests; without a token it does not reveal which paths exist."""
    refusal = _Refusals()

    async def guard(request: Request, handler: Handler) -> Response:
        token = _token(request)
        if not token:
            return _answer(401, "Unauthorized")
        try:
            user = await reviews.user_of(token, request.peer)
            if user is None:
                return _answer(401, "Unauthorized")
            if not request.is_served:
                return await handler(request)  # 404 or 405 needs no review
            allowed = await reviews.allows(user, request.method.lower(), request.path)
        except TooManyReviewsError:
            return _answer(429, "Too many unknown tokens")
        except ReviewUnavailableError as error:
            refusal.failed(str(error))
            return _answer(500, "Authentication or authorization failed")
        refusal.over()
        if not allowed:
            return _answer(403, f"Authorization denied for user {user.username}")
        return await handler(request)

    return guard


class _Refusals:
    """Logs the first request that fails for lack of a decision, and the recovery, but not every request."""

    def __init__(self) -> None:
        self._reason = ""

    def failed(self, reason: str) -> None:
        if reason != self._reason:
            _log.warning("Clients of the metrics server cannot be authorized", reason=reason)
        self._reason = reason

    def over(self) -> None:
        if self._reason:
            _log.info("Clients of the metrics server can be authorized again")
        self._reason = ""


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    # RFC 6750 allows a subset of ASCII; reject other tokens without a review.
    return token.strip() if scheme.lower() == "bearer" and token.isascii() and token.isprintable() else ""


def _answer(status: int, text: str) -> Response:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "1"}}.get(status, {})
    return Response(status, f"{text}\n".encode(), headers=headers)
