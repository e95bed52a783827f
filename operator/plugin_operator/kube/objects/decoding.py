"""Typed objects from the bytes of the cache or of an answer.

Owns the check that the bytes are of the kind of the class, and the bytes that an object keeps. Types are checked.
Bounds and patterns are not, so that an old object stays readable after its class got stricter.
"""

from typing import Any, NamedTuple, TypeVar

import msgspec

from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.metadata import Object
from plugin_operator.kube.objects.api_object import ApiObject, BuiltinObject
from plugin_operator.kube.objects.errors import ObjectDecodeError, violation_in
from plugin_operator.kube.objects.struct import RAW

_DECODING = "_decoding"  # on the class, for the reason in ``fields``

A = TypeVar("A", bound=ApiObject)


class _Head(msgspec.Struct, gc=False, rename="camel"):
    api_version: str = ""
    kind: str = ""


class _Metadata(msgspec.Struct, gc=False, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""


class _Identified(msgspec.Struct, gc=False):
    metadata: _Metadata = _Metadata()


_HEAD = msgspec.json.Decoder(_Head)
_IDENTIFIED = msgspec.json.Decoder(_Identified)


class _Decoding(NamedTuple):
    """How the objects of one class are read.

    Attributes:
        decoder: for the whole object.
        heads: the usual beginnings of an object of the kind.
    """

    decoder: msgspec.json.Decoder[Any]
    heads: tuple[bytes, ...]


def decode(cls: type[A], gvk: GroupVersionKind, raw: bytes) -> A:
    """Return a new object, which keeps its bytes.

    Args:
        cls: class of the object.
        gvk: kind of the class.
        raw: JSON of the object.

    Raises:
        ObjectDecodeError: the object is of another kind, or does not fit the class.
    """
    decoding: _Decoding | None = vars(cls).get(_DECODING)
    if decoding is None:
        decoding = _Decoding(msgspec.json.Decoder(cls), _heads(gvk))
        setattr(cls, _DECODING, decoding)
    try:
        if not raw.startswith(decoding.heads):
            _check_kind(gvk, raw)
        try:
            found: A = decoding.decoder.decode(raw)
        except msgspec.ValidationError:
            if not issubclass(cls, BuiltinObject):
                raise
            found = converted(cls, document_in(raw))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _misfit(cls, gvk, raw, error) from error
    found.__dict__[RAW] = raw
    return found


def converted(cls: type[A], document: Object) -> A:
    """Return a new object made from a dict; of a built-in kind, as if what is null were absent.

    Raises:
        msgspec.ValidationError: the dict does not fit the class.
    """
    return msgspec.convert(_without_nulls(document) if issubclass(cls, BuiltinObject) else document, cls)


def raw_of(obj: ApiObject) -> bytes | None:
    """Return the JSON that an object was decoded from; None for one that the author made."""
    return obj.__dict__.get(RAW)


def keep_raw(obj: ApiObject, raw: bytes) -> None:
    """Let later writes of ``obj`` compare it with ``raw``."""
    obj.__dict__[RAW] = raw


def document_in(raw: bytes) -> Object:
    """Return the JSON of an object as a new dict."""
    document: Object = msgspec.json.decode(raw)
    return document


def _heads(gvk: GroupVersionKind) -> tuple[bytes, ...]:
    version, kind = msgspec.json.encode(gvk.api_version), msgspec.json.encode(gvk.kind)
    return b'{"apiVersion":%b,"kind":%b,' % (version, kind), b'{"kind":%b,"apiVersion":%b,' % (kind, version)


def _check_kind(gvk: GroupVersionKind, raw: bytes) -> None:
    head = _HEAD.decode(raw)
    for word, found, wanted in (("apiVersion", head.api_version, gvk.api_version), ("kind", head.kind, gvk.kind)):
        if found != wanted:
            raise msgspec.ValidationError(f"Expected {wanted!r}, got {found!r} - at `$.{word}`")


def _without_nulls(value: Any) -> Any:
    """Return a copy without the members that are null; rarely needed, since it takes ten times as long as decoding."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _misfit(cls: type[ApiObject], gvk: GroupVersionKind, raw: bytes, error: Exception) -> ObjectDecodeError:
    try:
        metadata = _IDENTIFIED.decode(raw).metadata
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        metadata = _Metadata()
    found = violation_in(error)
    return ObjectDecodeError(
        cls.__name__,
        kind=str(gvk),
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        path=found.path,
        reason=found.reason,
    )
