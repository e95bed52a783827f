"""Versions and schemas as kube-apiserver's messages show them: the JSON of its internal Go structs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
_X = "x-kubernetes-"


def _or_null(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value or ""


def _flag(value: Any) -> Any:
    return bool(value)


def _schema(value: Any) -> Any:
    return go_schema(value) if isinstance(value, Mapping) else None


def _schemas(value: Any) -> Any:
    return [go_schema(each) for each in value] if value else None


def _map(value: Any) -> Any:
    return {name: go_schema(value[name]) for name in sorted(value)} if value else None


def _or_array(value: Any) -> Any:
    if value is None:
        return None
    is_list = isinstance(value, list)
    return {"Schema": None if is_list else go_schema(value), "JSONSchemas": _schemas(value) if is_list else None}


def _or_flag(value: Any) -> Any:
    if value is None:
        return None
    return {"Allows": value is not False, "Schema": _schema(value)}


def _dependencies(value: Any) -> Any:
    if not value:
        return None
    return {
        name: {"Schema": _schema(value[name]), "Property": value[name] if isinstance(value[name], list) else None}
        for name in sorted(value)
    }


def _docs(value: Any) -> Any:
    return value and {"Description": value.get("description", ""), "URL": value.get("url", "")}


def _rules(value: Any) -> Any:
    return value and [
        {
            "Rule": rule.get("rule", ""),
            "Message": rule.get("message", ""),
            "MessageExpression": rule.get("messageExpression", ""),
            "Reason": rule.get("reason"),
            "FieldPath": rule.get("fieldPath", ""),
            "OptionalOldSelf": rule.get("optionalOldSelf"),
        }
        for rule in value
    ]


#: The fields of JSONSchemaProps in Go's order: the name in Go, the name in JSON, and what is written.
_FIELDS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("ID", "id", _text),
    ("Schema", "$schema", _text),
    ("Ref", "$ref", _or_null),
    ("Description", "description", _text),
    ("Type", "type", _text),
    ("Nullable", "nullable", _flag),
    ("Format", "format", _text),
    ("Title", "title", _text),
    ("Default", "default", _or_null),
    ("Maximum", "maximum", _or_null),
    ("ExclusiveMaximum", "exclusiveMaximum", _flag),
    ("Minimum", "minimum", _or_null),
    ("ExclusiveMinimum", "exclusiveMinimum", _flag),
    ("MaxLength", "maxLength", _or_null),
    ("MinLength", "minLength", _or_null),
    ("Pattern", "pattern", _text),
    ("MaxItems", "maxItems", _or_null),
    ("MinItems", "minItems", _or_null),
    ("UniqueItems", "uniqueItems", _flag),
    ("MultipleOf", "multipleOf", _or_null),
    ("Enum", "enum", _or_null),
    ("MaxProperties", "maxProperties", _or_null),
    ("MinProperties", "minProperties", _or_null),
    ("Required", "required", _or_null),
    ("Items", "items", _or_array),
    ("AllOf", "allOf", _schemas),
    ("OneOf", "oneOf", _schemas),
    ("AnyOf", "anyOf", _schemas),
    ("Not", "not", _schema),
    ("Properties", "properties", _map),
    ("AdditionalProperties", "additionalProperties", _or_flag),
    ("PatternProperties", "patternProperties", _map),
    ("Dependencies", "dependencies", _dependencies),
    ("AdditionalItems", "additionalItems", _or_flag),
    ("Definitions", "definitions", _map),
    ("ExternalDocs", "externalDocs", _docs),
    ("Example", "example", _or_null),
    ("XPreserveUnknownFields", f"{_X}preserve-unknown-fields", _or_null),
    ("XEmbeddedResource", f"{_X}embedded-resource", _flag),
    ("XIntOrString", f"{_X}int-or-string", _flag),
    ("XListMapKeys", f"{_X}list-map-keys", _or_null),
    ("XListType", f"{_X}list-type", _or_null),
    ("XMapType", f"{_X}map-type", _or_null),
    ("XValidations", f"{_X}validations", _rules),
)
#: The fields whose zero value is not null.
_ZEROS = {go for go, _, write in _FIELDS if write in (_text, _flag)}


def go_schema(schema: Object) -> dict[str, Any]:
    """Return a schema in its internal form."""
    return {go: write(schema.get(name)) for go, name, write in _FIELDS}


def set_fields(schema: Object) -> list[str]:
    """Return the Go names of the fields of a schema that are not zero, in Go's order."""
    form = go_schema(schema)
    return [go for go, value in form.items() if value is not None and not (go in _ZEROS and not value)]


def go_versions(versions: list[Any], own: Sequence[Object]) -> list[dict[str, Any]]:
    """Return versions in their internal form; ``own`` has their fields without those that all versions share."""
    return [
        {
            "Name": version.get("name", ""),
            "Served": bool(version.get("served")),
            "Storage": bool(version.get("storage")),
            "Deprecated": bool(version.get("deprecated")),
            "DeprecationWarning": version.get("deprecationWarning"),
            "Schema": _validation(fields.get("schema")),
            "Subresources": _subresources(fields.get("subresources")),
            "AdditionalPrinterColumns": _columns(fields.get("additionalPrinterColumns")),
            "SelectableFields": _selectable(fields.get("selectableFields")),
        }
        for version, fields in zip(versions, own, strict=True)
    ]


def _validation(value: Any) -> Any:
    return None if value is None else {"OpenAPIV3Schema": _schema(value.get("openAPIV3Schema"))}


def _subresources(value: Any) -> Any:
    if value is None:
        return None
    scale = value.get("scale")
    paths = scale and {
        "SpecReplicasPath": scale.get("specReplicasPath", ""),
        "StatusReplicasPath": scale.get("statusReplicasPath", ""),
        "LabelSelectorPath": scale.get("labelSelectorPath"),
    }
    return {"Status": value.get("status"), "Scale": paths}


def _columns(value: Any) -> Any:
    return value and [
        {
            "Name": column.get("name", ""),
            "Type": column.get("type", ""),
            "Format": column.get("format", ""),
            "Description": column.get("description", ""),
            "Priority": column.get("priority", 0),
            "JSONPath": column.get("jsonPath", ""),
        }
        for column in value
    ]


def _selectable(value: Any) -> Any:
    return value and [{"JSONPath": field.get("jsonPath", "")} for field in value]
