"""One request on its way through a verb."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from kube_apiserver.cluster import Cluster
from kube_apiserver.registry import ServedResource
from kube_apiserver.security.user import User
from kube_apiserver.wire.negotiation import Representation, negotiate
from kube_apiserver.wire.request_info import RequestInfo
from kube_apiserver.wire.status_error import bad_request

_NUMBER = re.compile(r"[+-]?[0-9]+")
_BEYOND = 2**63
_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a resource that exists.

    Attributes:
        warnings: texts for ``Warning`` headers, gathered while the request is worked on.
    """

    cluster: Cluster
    http: web.BaseRequest
    target: RequestInfo
    resource: ServedResource
    query: Mapping[str, str]
    user: User
    warnings: list[str] = field(default_factory=list)

    def representation(self) -> Representation:
        """Return the form the client wants; 406 if none fits."""
        return negotiate(self.http.headers.get("Accept", ""))

    def flag(self, name: str) -> bool | None:
        """Return a boolean query parameter, None where it is absent."""
        value = self.query.get(name)
        if value is None or value == "":
            return None
        # As the real server converts query parameters: what is not plainly false is true.
        return value not in _FALSE

    def number(self, name: str) -> int | None:
        """Return a whole-number query parameter, None where it is absent; 400 if it is none."""
        value = self.query.get(name)
        if value is None or value == "":
            return None
        if not _NUMBER.fullmatch(value):
            raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax')
        number = int(value)
        if not -_BEYOND <= number < _BEYOND:
            raise bad_request(f'strconv.ParseInt: parsing "{value}": value out of range')
        return number
