"""OpenAPI v3 documents of paths without resources: the groups of Kubernetes, discovery, the version, the issuer."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from kube_apiserver.openapi.types import REFERENCE, closure, type_schema
from kube_apiserver.schema import builtin_resources

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_VERSION = "io.k8s.apimachinery.pkg.version.Info"
_OBJECTS = ("application/json", "application/vnd.kubernetes.protobuf", "application/yaml")
_NEEDED = (
    ["major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"],
    ["emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"],
)
_ISSUER = "get service account issuer OpenID "
_TEXT = {"type": "string"}


@cache
def discovery_names() -> frozenset[str]:
    """Return the names of these documents, such as ``apis/apps``."""
    return frozenset(_documents())


def discovery_document(name: str) -> dict[str, Any]:
    """Return the document ``name`` without its head: its paths and schemas."""
    return _documents()[name]


def group_tag(group: str) -> str:
    """Return the tag of a group: ``rbacAuthorization``."""
    first, *more = (group.removesuffix(".k8s.io") or "core").split(".")
    return f"{first}{''.join(word.title() for word in more)}"


@cache
def _documents() -> dict[str, dict[str, Any]]:
    found = {
        "api": _of_type("api", "core", "getCoreAPIVersions", "get available API versions", f"{_META}APIVersions"),
        "apis": _of_type("apis", "apis", "getAPIVersions", "get available API versions", f"{_META}APIGroupList"),
        "version": _of_version(),
        **dict(_of_issuer()),
    }
    for group in sorted({resource.group for resource in builtin_resources()} - {""}):
        name, tag = f"apis/{group}", group_tag(group)
        operation = f"get{tag[0].upper()}{tag[1:]}APIGroup"
        found[name] = _of_type(name, tag, operation, "get information of a group", f"{_META}APIGroup")
    return found


def _of_type(name: str, tag: str, operation: str, words: str, definition: str) -> dict[str, Any]:
    schemas = {each: type_schema(each, "", "v1") for each in closure([definition])}
    content = {media: {"schema": {"$ref": REFERENCE + definition}} for media in _OBJECTS}
    return {"paths": _path(name, tag, operation, words, content), "schemas": schemas}


def _of_version() -> dict[str, Any]:
    required, optional = _NEEDED
    members = {**{name: {**_TEXT, "default": ""} for name in required}, **dict.fromkeys(optional, _TEXT)}
    schema = {"type": "object", "required": required, "properties": dict(sorted(members.items()))}
    content = {"application/json": {"schema": {"$ref": REFERENCE + _VERSION}}}
    words = "get the version information for this server"
    return {"paths": _path("version", "version", "getCodeVersion", words, content), "schemas": {_VERSION: schema}}


def _of_issuer() -> Iterator[tuple[str, dict[str, Any]]]:
    each = (
        (
            ".well-known/openid-configuration",
            "WellKnown",
            "getServiceAccountIssuerOpenIDConfiguration",
            f"{_ISSUER}configuration, also known as the 'OIDC discovery doc'",
            "application/json",
        ),
        (
            "openid/v1/jwks",
            "openid",
            "getServiceAccountIssuerOpenIDKeyset",
            f"{_ISSUER}JSON Web Key Set (contains public token verification keys)",
            "application/jwk-set+json",
        ),
    )
    for name, tag, operation, words, media in each:
        yield name, {"paths": _path(name, tag, operation, words, {media: {"schema": _TEXT}}), "schemas": {}}


def _path(name: str, tag: str, operation: str, words: str, content: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": {"description": "OK", "content": content}, "401": {"description": "Unauthorized"}}
    get = {"tags": [tag], "description": words, "operationId": operation, "responses": responses}
    return {f"/{name}/": {"get": get}}
