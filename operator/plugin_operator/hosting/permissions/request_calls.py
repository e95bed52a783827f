"""The calls behind requests to the API server, and behind its denials.

Owns what kube-apiserver authorizes a request as. Leaves rules to ``rules``.
"""

import re

from plugin_operator.client import ApiRequest
from plugin_operator.client.http.request_path import kind_at, object_of, subresource_at
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.kube import FieldSelector, SelectorError

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_NAME = "metadata.name"
# The message of kube-apiserver's RBAC authorizer. Admission also denies with 403, but in other words.
_DENIAL = re.compile(
    r'(?: "(?P<name>[^"]*)" is forbidden: )?'
    r'User "[^"]*" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)?'
)


def call_of(request: ApiRequest) -> Call | None:
    """Return the call that the API server authorizes; None for discovery and other paths without a resource."""
    if not request.path.startswith(("/api/", "/apis/")):
        return None
    place = object_of(request.path)
    resource, name = place.get("resource"), place.get("name", "")
    if resource is None:
        return None
    query = dict(request.query)
    if not name and request.method == "GET":
        name = _selected_name(query.get("fieldSelector", ""))
    return Call(
        _verb(request.method, "name" in place, bool(query.get("watch"))),
        kind_at(request.path).group,
        resource,
        subresource_at(request.path),
        place.get("namespace", ""),
        name,
    )


def call_in(denial: str) -> Call | None:
    """Return the call that the message of a 403 denies; None if RBAC did not write it."""
    found = _DENIAL.search(denial)
    if found is None:
        return None
    resource, _, subresource = found["resource"].partition("/")
    return Call(
        found["verb"], found["group"] or "", resource, subresource, found["namespace"] or "", found["name"] or ""
    )


def _selected_name(selector: str) -> str:
    """Return the name that a field selector selects, as kube-apiserver does for list and watch; empty for none."""
    try:
        requirements = FieldSelector.parse(selector).requirements
    except SelectorError:
        return ""
    return next((value for path, operator, value in requirements if path == _NAME and operator == "="), "")


def _verb(method: str, has_name: bool, watches: bool) -> str:
    if method == "GET":
        return "watch" if watches else "get" if has_name else "list"
    if method == "DELETE":
        return "delete" if has_name else "deletecollection"
    return _VERBS[method]
