"""The check of a typed object before it is sent.

msgspec checks types when it decodes, and nothing when an attribute is set. So the document of a write is converted back
to the class, and then judged by the schema of its CustomResourceDefinition. A write is refused for what it makes wrong,
not for what was wrong before: an old object that breaks a newer bound can still be written, as on kube-apiserver. Names
come first: a misspelled name explains why a required field is missing.
"""

from collections.abc import Iterable

import msgspec

from plugin_operator.errors import InvalidError
from plugin_operator.kube.definitions.definition import Definition
from plugin_operator.kube.definitions.field_names import misnamed
from plugin_operator.kube.definitions.map_keys import with_keys
from plugin_operator.kube.definitions.schemas.conformity import violations
from plugin_operator.kube.definitions.schemas.correlation import aligned
from plugin_operator.kube.definitions.schemas.structural import OF_EVERY_OBJECT
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.api_object import ApiObject
from plugin_operator.kube.objects.decoding import converted
from plugin_operator.kube.objects.differences.merge_patches import merged
from plugin_operator.kube.objects.errors import Violation, violation_in

_UNPROCESSABLE = 422
_WRONG_TYPE = "FieldValueTypeInvalid"
_NOTHING = ("got null", "got msgspec.UnsetType")  # msgspec's words for None and ``UNSET``
_IN_PLACE_OF_NOTHING = "to write None, declare it | None; to leave it out, declare it | UnsetType and assign UNSET"
_OF_THE_KIND = ("apiVersion", "kind")


def check_whole(definition: Definition, document: Object) -> None:
    """Check a whole object.

    Raises:
        InvalidError: the object breaks its class; ``causes`` names the fields.
    """
    check_names(definition, document, document, {})
    _check_types(definition, document)
    _refuse(definition, document, _violations(definition, document))


def other_half(definition: Definition, document: Object, paths: Iterable[str], reason: str) -> InvalidError:
    """Return the error for changed fields that a write would not send."""
    return _invalid(definition.gvk, document, [Violation(path, reason) for path in paths], "FieldValueForbidden")


def check_names(definition: Definition, document: Object, value: ApiObject | Object, before: Object) -> None:
    """Check the names in dicts that stand in the place of a struct.

    Args:
        definition: definition of the class.
        document: the object, for its name.
        value: the object to write, or its document.
        before: the object as it was read, whose unknown fields may be written; empty for a new one.

    Raises:
        InvalidError: the class of a place does not have a name there; ``causes`` names the fields.
    """
    if not isinstance(value, ApiObject):
        value = {key: each for key, each in value.items() if key not in _OF_THE_KIND}
    _refuse(definition, document, misnamed(value, definition.cls, before))


def check_patch(definition: Definition, before: Object, patch: Object) -> None:
    """Check what a merge patch changes, its names aside.

    Args:
        definition: definition of the class.
        before: the object as it was read.
        patch: the merge patch.

    Raises:
        InvalidError: the result breaks its class where it did not before; ``causes`` names the fields.
    """
    _check_change(definition, before, merged(before, patch))


def check_change(definition: Definition, before: Object, after: Object) -> None:
    """Check what a write changes.

    Args:
        definition: definition of the class.
        before: the object as it was read.
        after: the object as it will be.

    Raises:
        InvalidError: ``after`` breaks its class where ``before`` did not; ``causes`` names the fields.
    """
    check_names(definition, after, after, before)
    _check_change(definition, before, after)


def _check_change(definition: Definition, before: Object, after: Object) -> None:
    _check_types(definition, after)
    if found := _violations(definition, after):
        known = set(_violations(definition, aligned(before, after, definition.schema)))
        _refuse(definition, after, [each for each in found if each not in known])


def misfit(definition: Definition, document: Object, found: Violation) -> InvalidError:
    """Return the error for a value of a type that the class does not allow."""
    if found.reason.endswith(_NOTHING) and not definition.is_builtin and not found.path.endswith("]"):
        found = found._replace(reason=f"{found.reason}; {_IN_PLACE_OF_NOTHING}")
    return _invalid(definition.gvk, document, [found], _WRONG_TYPE)


def _check_types(definition: Definition, document: Object) -> None:
    found = _type_error(definition, document)
    if found is not None:
        path = with_keys(found.path, document, lambda other: _type_error(definition, other) == found)
        raise misfit(definition, document, found._replace(path=path))


def _type_error(definition: Definition, document: Object) -> Violation | None:
    try:
        converted(definition.cls, document)
    except msgspec.ValidationError as error:
        return violation_in(error)
    return None


def _violations(definition: Definition, document: Object) -> list[Violation]:
    own = {key: value for key, value in document.items() if key not in OF_EVERY_OBJECT}
    properties = definition.schema.get("properties", {})
    return [found for key in own if key in properties for found in violations(own[key], properties[key], key)]


def _refuse(definition: Definition, document: Object, found: Iterable[Violation]) -> None:
    if wrong := list(found):
        raise _invalid(definition.gvk, document, wrong, "FieldValueInvalid")


def _invalid(gvk: GroupVersionKind, document: Object, wrong: list[Violation], reason: str) -> InvalidError:
    """Return the error for an object that breaks its schema, in the form of the API server's."""
    name = (document.get("metadata") or {}).get("name") or ""
    causes = [{"field": each.path, "reason": reason, "message": each.reason} for each in wrong]
    message = f'{gvk} "{name}" is invalid and was not sent: {", ".join(map(str, wrong))}'
    return InvalidError(_UNPROCESSABLE, "Invalid", message, causes=causes)
