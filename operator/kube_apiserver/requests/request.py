"""A resource request, as the verbs receive it."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

import http1
from kube_apiserver.cluster import Cluster
from kube_apiserver.registry import ServedResource
from kube_apiserver.security.user import User
from kube_apiserver.wire.negotiation import Representation, negotiate
from kube_apiserver.wire.request_info import RequestInfo
from kube_apiserver.wire.status_error import bad_request

_NUMBER = re.compile(r"[+-]?[0-9]+")
_BEYOND = 2**63
_ONLY_CREATES = frozenset({"create"})
_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})


class Request(msgspec.Struct, frozen=True):
    """A request for a served resource.

    Attributes:
        warnings: texts for ``Warning`` headers, appended while the request is handled.
        duplicates: what strict validation says of a body with members that are there twice, set while it is decoded.
        as_sent: the new state of a built-in object before empty values were dropped, set while it is decoded.
    """

    cluster: Cluster
    http: http1.Request
    target: RequestInfo
    resource: ServedResource
    query: Mapping[str, str]
    user: User
    warnings: list[str] = msgspec.field(default_factory=list)
    duplicates: list[str] = msgspec.field(default_factory=list)
    as_sent: dict[str, Any] = msgspec.field(default_factory=dict)

    def representation(self) -> Representation:
        """Return the representation that the client accepts. Raise 406 if it accepts none."""
        return negotiate(
            self.http.headers.get("Accept", ""),
            is_custom=self.resource.custom is not None,
            is_collection=self.http.method == "GET" and not self.target.name,
            has_table=self._verbs() != _ONLY_CREATES,
        )

    def _verbs(self) -> Collection[str]:
        info = self.resource.subresource(self.target.subresource) if self.target.subresource else None
        return self.resource.verbs if info is None else frozenset(info.verbs)

    def flag(self, name: str) -> bool | None:
        """Return a boolean query parameter, None if absent."""
        value = self.query.get(name)
        if value is None or value == "":
            return None
        # Like kube-apiserver's conversion of query parameters: every value that is not false is true.
        return value not in _FALSE

    def number(self, name: str) -> int | None:
        """Return an integer query parameter, None if absent. Raise 400 if it is not an integer."""
        value = self.query.get(name)
        if value is None or value == "":
            return None
        if not _NUMBER.fullmatch(value):
            raise bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax')
        number = int(value)
        if not -_BEYOND <= number < _BEYOND:
            raise bad_request(f'strconv.ParseInt: parsing "{value}": value out of range')
        return number
