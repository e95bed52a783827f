"""Documents as the JSON of a request: plain values, typed objects, and models of kubernetes-asyncio inside of dicts.

Owns the place of a value that cannot be sent, for error messages.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from plugin_operator.client.models import is_model, to_dict
from plugin_operator.client.typed_documents import without_structs
from plugin_operator.kube.objects.ordered_json import ordered_json
from plugin_operator.rendering import class_name

_WAY_OUT = "make it a dict, list, text or number"


class Place(NamedTuple):
    """A value in a document.

    Attributes:
        path: such as ``spec.containers[0].env`` or ``metadata.labels['example.com/a']``.
        value: the value.
    """

    path: str
    value: Any


def first_place(document: Any, matches: Callable[[Any], bool]) -> Place | None:
    """Return the first value in dicts and lists that is neither and that ``matches``, or None."""
    found = _found(document, matches)
    return None if found is None else Place(found.path.removeprefix("."), found.value)


def encoded(document: object, *, in_order: bool = False) -> bytes:
    """Return the JSON of a document.

    Args:
        document: of dicts, lists, scalars, typed objects and models.
        in_order: sort the keys.

    Raises:
        TypeError: JSON cannot hold a value; the message names its place.
    """
    plain = without_structs(document)
    try:
        return (ordered_json if in_order else msgspec.json.encode)(plain, enc_hook=_plain)
    except TypeError as error:
        place = first_place(plain, _is_unwritable)
        if place is None:
            raise
        raise TypeError(_words(place.path, place.value)) from error


def _plain(value: object) -> object:
    """Return a typed model inside a document as a dict."""
    if is_model(value):
        return to_dict(value)
    raise TypeError(_words("", value))


def _is_unwritable(value: object) -> bool:
    try:
        msgspec.json.encode(value, enc_hook=_plain)
    except TypeError:
        return True
    return False


def _words(path: str, value: object) -> str:
    if value is msgspec.UNSET:
        return f"{path or 'a value'} is UNSET: leave the field out, or give it a value"
    return f"{path}{': ' if path else ''}a {class_name(value)} cannot be written to the API server: {_WAY_OUT}"


def _found(value: Any, matches: Callable[[Any], bool]) -> Place | None:
    """Return the place; its path is put together on the way back, because most documents have none."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if (found := _found(each, matches)) is not None:
                step = f".{key}" if str(key).isidentifier() else f"[{key!r}]"
                return Place(step + found.path, found.value)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            if (found := _found(each, matches)) is not None:
                return Place(f"[{index}]{found.path}", found.value)
    elif matches(value):
        return Place("", value)
    return None
