"""Typed objects as documents of requests.

Owns what a new object sends, and the check before. Leaves changes to ``typed_changes``, and sending to
``ObjectRequests``. ``kube.definitions`` is imported with the first typed object.
"""

import sys
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeGuard

from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.objects import ApiObject, Struct
from plugin_operator.kube.objects.baselines import latest
from plugin_operator.kube.objects.decoding import document_in, raw_of
from plugin_operator.kube.objects.differences.merge_patches import paths_in
from plugin_operator.kube.objects.struct import forgets_its_fields
from plugin_operator.kube.objects.wire import to_wire

if TYPE_CHECKING:
    from plugin_operator.kube.definitions import Definition

_DEFINITIONS = "plugin_operator.kube.definitions"
_STATUS = "status"
_MOST_PATHS = 3
_ON_WHAT_WAS_CREATED = "set it in what create() returns, and write it with update_status() or in a block ctx.status"
_AFTER_APPLY = 'set it after this call, and write it with apply(obj, subresource="status") or in a block ctx.status'


def is_typed(value: object) -> TypeGuard[ApiObject | type[ApiObject]]:
    """Report whether ``value`` is a typed object or a class of such."""
    return isinstance(value, ApiObject) or (isinstance(value, type) and issubclass(value, ApiObject))


def kind_of(value: ApiObject | type[ApiObject]) -> GroupVersionKind:
    """Return the kind of a typed object or of its class.

    Raises:
        TypeError: the class has no ``@resource``.
    """
    return definition_of_kind(value).gvk


def is_namespaced(cls: type[ApiObject]) -> bool:
    """Report whether the objects of a class with ``@resource`` have namespaces."""
    return definition_of_kind(cls).namespaced


def as_read(obj: ApiObject) -> Object:
    """Return the last JSON of an object from the server; for one that was never read, what its author set."""
    raw = latest(obj)
    return document_in(raw) if raw is not None else stated(obj)


def stated(obj: ApiObject) -> Object:
    """Return an object as a document with its kind: the fields that are set or differ from their defaults."""
    gvk = kind_of(obj)
    document: Object = to_wire(obj)
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, **document}


def declared(obj: ApiObject) -> Object:
    """Return ``stated`` of an object that an author declares, to be sent or stored as a dict.

    Raises:
        InvalidError: a dict in it has a name that the class of its place does not have.
    """
    from plugin_operator.kube.definitions.write_check import check_names  # as in definition_of_kind

    document, raw = stated(obj), raw_of(obj)
    check_names(definition_of_kind(obj), document, obj, document_in(raw) if raw is not None else {})
    return document


def new_document(obj: ApiObject) -> Object:
    """Return the document that creates an object.

    Raises:
        InvalidError: the object breaks the schema of its class, or has a status, which is not sent.
        ValueError: the object was read, or made by a function that forgets which fields were set.
    """
    if raw_of(obj) is not None:
        name = type(obj).__name__
        raise ValueError(
            f"{_words(obj)} was read, so create() would lose fields that {name} does not know: write its changes with "
            f"update(), or make a new {name}"
        )
    refuse_forgetful(obj)
    document = stated(obj)
    refuse_status(obj, document, "create()", _ON_WHAT_WAS_CREATED)
    return _checked(obj, document)


def applied_document(obj: ApiObject, subresource: str | None) -> Object:
    """Return the document that applies what the author set.

    Raises:
        InvalidError: the object breaks the schema of its class, or has a status without ``subresource``.
        ValueError: the object was read, or made by a function that forgets, so what its author set is unknown.
    """
    if raw_of(obj) is not None:
        raise ValueError(
            f"{_words(obj)} was read, and apply() would own every field of it: write its changes with update(), or "
            f"apply a new {type(obj).__name__} with the fields to own"
        )
    refuse_forgetful(obj)
    document = stated(obj)
    if subresource is None:
        refuse_status(obj, document, "apply()", _AFTER_APPLY)
    document = _checked(obj, document)
    if subresource == _STATUS:
        kept = {"apiVersion", "kind", "metadata", _STATUS}
        return {key: value for key, value in document.items() if key in kept}
    if definition_of_kind(obj).has_status:
        document.pop(_STATUS, None)
    return document


def refuse_status(obj: ApiObject, document: Object, call: str, way_out: str) -> None:
    """Refuse a status in a write that would leave it out; one that states nothing is no loss.

    Args:
        obj: an object that was never read.
        document: what it states.
        call: the call, for the message.
        way_out: what to do instead.

    Raises:
        InvalidError: the object states fields of its status.
    """
    definition, status = definition_of_kind(obj), document.get(_STATUS)
    if status and definition.has_status:
        from plugin_operator.kube.definitions.write_check import other_half  # as in definition_of_kind

        paths = islice(paths_in({_STATUS: status}), _MOST_PATHS)
        raise other_half(definition, document, paths, f"was set, and {call} does not write the status: {way_out}")


def check_status(obj: ApiObject, before: Object, after: Object) -> None:
    """Check a status before it is written, given the one that was read.

    Raises:
        InvalidError: the new status breaks the schema of the class.
    """
    from plugin_operator.kube.definitions.write_check import check_change  # as in definition_of_kind

    document = as_read(obj)
    check_change(definition_of_kind(obj), {**document, _STATUS: before}, {**document, _STATUS: after})


def without_structs(document: Any) -> Any:
    """Return a document in which typed values are plain ones; msgspec's own encoder would send their defaults."""
    if _DEFINITIONS not in sys.modules:
        return document  # this process has no typed values
    return _plain(document)


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return to_wire(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def refuse_forgetful(obj: ApiObject) -> None:
    """Refuse an object of which is unknown what its author set, so that a write would lose fields.

    Raises:
        ValueError: a function of msgspec has made it.
    """
    if forgets_its_fields(obj):
        raise ValueError(
            f"{_words(obj)} was made by msgspec, which forgets which of its fields were set: instead of "
            "msgspec.structs.replace, write copy.copy and assign; instead of msgspec.convert, call the class"
        )


def _checked(obj: ApiObject, document: Object) -> Object:
    from plugin_operator.kube.definitions.write_check import check_whole  # as in definition_of_kind

    check_whole(definition_of_kind(obj), document)
    return document


def definition_of_kind(value: ApiObject | type[ApiObject]) -> "Definition":
    """Return the definition of a typed object or of its class.

    Raises:
        TypeError: the class has no ``@resource``.
    """
    from plugin_operator.kube.definitions import definition_of  # plugins without typed objects do not need it

    return definition_of(value if isinstance(value, type) else type(value))


def _words(obj: ApiObject) -> str:
    return f"{kind_of(obj).kind} {obj.metadata.name!r}"
