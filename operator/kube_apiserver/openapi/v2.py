"""The OpenAPI v2 document, for older clients.

The JSON form is complete. The protobuf form has no definitions. kubectl requests it to validate kinds that the server
cannot validate for it, such as ``List``. Without a definition kubectl skips validation, and the server validates each
item.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kube_apiserver.openapi.types import REFERENCE
from kube_apiserver.openapi.version import MAJOR, MINOR

_DEFINITIONS = "#/definitions/"
_BODY_MEDIA = ["application/json", "application/yaml"]
_GVK, _SELECTABLE = "x-kubernetes-group-version-kind", "x-kubernetes-selectable-fields"
_KEEPS = "x-kubernetes-preserve-unknown-fields"
_UNSUPPORTED = frozenset({"nullable", "oneOf", "anyOf", "not", "default"})
_TITLE, _VERSION = "Kubernetes", f"v{MAJOR}.{MINOR}.0"

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
#: The content type of that response. Go's parser rejects ``@`` in it, so kube-apiserver replaces it as well.
PROTOBUF_MEDIA = PROTOBUF.replace("@", ".")


def v2(documents: Iterable[bytes]) -> bytes:
    """Return the response body of ``/openapi/v2`` as JSON, converted from all v3 documents.

    References are renamed, request bodies become parameters. It takes about a second, so call it off the event loop.
    """
    paths: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for text in documents:
        parsed = msgspec.json.decode(text.replace(REFERENCE.encode(), _DEFINITIONS.encode()))
        paths |= {path: _path(item) for path, item in parsed["paths"].items()}
        for name, schema in parsed["components"].get("schemas", {}).items():
            if name not in definitions:
                definitions[name] = _definition(schema)
    security = {"BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"}}
    result = {
        "swagger": "2.0",
        "info": {"title": _TITLE, "version": _VERSION},
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": security,
        "security": [{"BearerToken": []}],
    }
    return msgspec.json.encode(result)


def v2_without_definitions() -> bytes:
    """Return the response body for ``PROTOBUF``: a gnostic ``openapi.v2.Document`` without definitions."""
    info = _text(1, _TITLE) + _text(2, _VERSION)
    return _text(1, "2.0") + bytes([2 << 3 | 2, len(info)]) + info


def _text(number: int, text: str) -> bytes:
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def _definition(schema: Mapping[str, Any]) -> Any:
    """Return the schema of a kind or of a type.

    Of a kind that preserves unknown fields only the type is left, because kubectl refuses those beside properties.
    """
    if _KEEPS in schema and _GVK in schema:
        return {"type": "object", **{name: schema[name] for name in (_GVK, _SELECTABLE) if name in schema}}
    return _flattened(schema)


def _flattened(schema: Any) -> Any:
    """Return an OpenAPI v3 schema as OpenAPI v2.

    A lone ``allOf`` reference is inlined. Defaults and combining keywords are dropped. Schemas that are nullable or
    preserve unknown fields lose their type and properties, because kubectl cannot handle them in v2.
    """
    if not isinstance(schema, dict):
        return schema
    result = {key: value for key, value in schema.items() if key not in _UNSUPPORTED}
    if "oneOf" in schema and "type" not in schema:
        # Quantities and int-or-strings are strings in v2, which has no union types.
        result["type"] = "string"
    branches = result.pop("allOf", ())
    if len(branches) == 1 and "$ref" in branches[0]:
        result["$ref"] = branches[0]["$ref"]
    keeps = result.get(_KEEPS)
    if schema.get("nullable") or keeps:
        result.pop("items", None)
        result.pop("properties", None)
    kind = result.get("type")
    if schema.get("nullable") or (kind == "array" and "items" not in result) or (keeps and kind == "object"):
        result.pop("type", None)
    if "properties" in result:
        _forget_nullable(result)
        result["properties"] = {name: _flattened(member) for name, member in result["properties"].items()}
    for name in ("items", "additionalProperties"):
        if name in result:
            result[name] = _flattened(result[name])
    return result


def _forget_nullable(result: dict[str, Any]) -> None:
    """Require no property that may be null: kubectl takes one that is null for absent."""
    needed = [name for name in result.pop("required", ()) if not result["properties"].get(name, {}).get("nullable")]
    if needed:
        result["required"] = needed


def _path(item: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for method, operation in item.items():
        if method == "parameters":
            result[method] = [_parameter(parameter) for parameter in operation]
        else:
            result[method] = _operation(operation)
    return result


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: value for key, value in parameter.items() if key != "schema"}, **parameter["schema"]}


def _operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in operation.items() if key not in ("requestBody", "parameters", "responses")}
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", ())]
    body = operation.get("requestBody")
    if body:
        media = next(iter(body["content"].values()))
        required = {"required": True} if body.get("required") else {}
        parameters.insert(0, {"in": "body", "name": "body", **required, "schema": media["schema"]})
        patch = operation["x-kubernetes-action"] == "patch"
        result["consumes"] = list(body["content"]) if patch else ["*/*"]
    result["produces"] = _BODY_MEDIA
    result["schemes"] = ["https"]
    if parameters:
        result["parameters"] = parameters
    result["responses"] = {code: _response(answer) for code, answer in operation["responses"].items()}
    return result


def _response(answer: Mapping[str, Any]) -> dict[str, Any]:
    content = answer.get("content")
    result: dict[str, Any] = {"description": answer["description"]}
    if content:
        result["schema"] = next(iter(content.values()))["schema"]
    return result
