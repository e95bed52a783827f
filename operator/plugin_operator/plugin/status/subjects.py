"""The object whose status a block changes: a dict, or an object of a class with ``@resource``.

Owns reading and replacing its status in the form of the wire.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from plugin_operator.client.typed_documents import check_status, kind_of
from plugin_operator.errors import InvalidError
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object, status_problem
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.objects.baselines import baseline, close_block, latest, move_status, open_block
from plugin_operator.kube.objects.decoding import decode, document_in
from plugin_operator.kube.objects.fields import fields_of
from plugin_operator.kube.objects.kinds import no_kind
from plugin_operator.kube.objects.struct import replace_read
from plugin_operator.kube.objects.wire import to_wire
from plugin_operator.plugin.status.new_status import new_status, status_class
from plugin_operator.plugin.status.refused_status import refused_status
from plugin_operator.plugin.status.sources import Sources

_GENERATION = "observedGeneration"
_PRESENT: Any = object()
_OF_EVERY_WRITE = ("resourceVersion", "managedFields")


class Subject(Protocol):
    """An object whose status is written."""

    @property
    def kind(self) -> GroupVersionKind:
        """Kind of the object."""

    @property
    def metadata(self) -> Object:
        """Metadata of the object, as a dict."""

    @property
    def draft(self) -> Any:
        """The status for the author to change."""

    def status(self) -> Object:
        """Return a private copy of the status, in the form of the wire.

        Raises:
            InvalidError: something that is no status stands in its place.
        """

    def read(self) -> Object:
        """Return the status as it was read, in the same form; of a dict, as it is."""

    def replace(self, status: Object) -> None:
        """Replace the status by one that was read."""

    def change(self, status: Object) -> None:
        """Replace the status by one that the author has changed.

        Raises:
            InvalidError: it breaks the schema; the error names the fields.
        """

    def check(self, status: Object) -> None:
        """Refuse a status that the schema of the class does not allow.

        Raises:
            InvalidError: it breaks the schema; the error names the fields.
        """

    def observe(self, generation: int) -> None:
        """Set ``observedGeneration``, if the status can have it."""

    def begin(self) -> None:
        """Begin the block, which will write the status."""

    def end(self) -> None:
        """End the block: a status that began empty and still is leaves the object."""

    def answered(self, answer: Object) -> None:
        """Take the status of an answer, and its resource version if nothing else differs from what was read.

        With the version of an object that another party has changed, a later update would overwrite that change.
        """


def subject_of(obj: Any) -> Subject:
    """Return the subject of an object that was read.

    Raises:
        ValueError: it was not read from the API server.
        TypeError: it is no object, or its class or its kind gives it no status.
    """
    subject: Subject = _Typed(obj) if isinstance(obj, ApiObject) else _Plain(obj)
    if not subject.metadata.get("uid"):
        raise ValueError("ctx.status takes an object as it was read, with metadata.uid")
    return subject


def name_of(subject: Subject) -> NamespacedName:
    """Return namespace and name of a subject."""
    return NamespacedName(subject.metadata.get("namespace") or "", subject.metadata["name"])


class _Plain:
    """A dict."""

    def __init__(self, obj: Any) -> None:
        if isinstance(obj, NamespacedName):
            raise TypeError(no_kind(obj))
        if not isinstance(obj, dict) or not isinstance(obj.get("metadata"), dict):
            raise TypeError(f"ctx.status takes an object, and got a {type(obj).__name__}")
        self._obj = obj
        self._read = msgspec.json.encode(_but_status(obj))
        self.kind = GroupVersionKind.of(obj)
        _check_kind(self.kind)
        if not isinstance(obj.get("status"), dict):
            obj["status"] = {}

    @property
    def metadata(self) -> Object:
        found: Object = self._obj["metadata"]
        return found

    @property
    def draft(self) -> Any:
        return self._obj["status"]

    def status(self) -> Object:
        found = self._obj.get("status")
        if not isinstance(found, dict):
            raise refused_status(self.kind, self.metadata, found, "{}")
        return _copied(found)

    def read(self) -> Object:
        return self.status()

    def replace(self, status: Object) -> None:
        self._obj["status"] = _copied(status)

    def change(self, status: Object) -> None:
        self.replace(status)

    def check(self, status: Object) -> None:
        """Do nothing: a dict has no class."""

    def observe(self, generation: int) -> None:
        if isinstance(self._obj.get("status"), dict):
            self._obj["status"][_GENERATION] = generation

    def begin(self) -> None:
        """Do nothing: nothing shows whether a dict was changed."""

    def end(self) -> None:
        """Do nothing: a dict keeps its empty status."""

    def answered(self, answer: Object) -> None:
        self.replace(answer.get("status") or {})
        if _but_status(answer) == msgspec.json.decode(self._read):
            self._obj["metadata"]["resourceVersion"] = answer["metadata"].get("resourceVersion")


class _Typed:
    """An object of a class with ``@resource``."""

    def __init__(self, obj: Any) -> None:
        self._obj = obj
        self._absent: Any = _PRESENT
        self.kind = kind_of(type(obj))
        _check_kind(self.kind)
        raw = baseline(obj)
        self._read = _read_status(document_in(raw) if raw is not None else {})
        self._complete()
        self._class: type[Any] = type(obj.status)
        self._sources = Sources(obj.status, self._read)

    def _complete(self) -> None:
        """Put a struct in the place of a status that is a dict or absent."""
        status, cls = getattr(self._obj, "status", None), type(self._obj)
        if isinstance(status, Mapping):
            document = to_wire(status, "status")
            self.check(document)
            replace_read(self._obj, "status", msgspec.convert(document, status_class(cls)))
        elif not isinstance(status, msgspec.Struct):
            new = new_status(cls)
            if self._read:
                raise self._refused(status)
            self._absent = status
            replace_read(self._obj, "status", new)

    def _refused(self, status: Any) -> InvalidError:
        return refused_status(self.kind, self.metadata, status, f"{status_class(type(self._obj)).__name__}()")

    @property
    def metadata(self) -> Object:
        found: Object = to_wire(self._obj.metadata)
        return found

    @property
    def draft(self) -> Any:
        return self._obj.status

    def status(self) -> Object:
        if not isinstance(self._obj.status, msgspec.Struct | Mapping):
            raise self._refused(self._obj.status)
        found: Object = self._sources.stated(self._obj.status, self._read, "status")
        return found

    def read(self) -> Object:
        raw = baseline(self._obj)
        if raw is None:
            return self.status()
        found = getattr(decode(type(self._obj), self.kind, raw), "status", None)
        if not isinstance(found, msgspec.Struct):
            return {}
        stated: Object = Sources(found, self._read).stated(found, self._read, "status")
        return stated

    def replace(self, status: Object) -> None:
        self._put(status)
        self._read = status
        move_status(self._obj, status)

    def change(self, status: Object) -> None:
        self.check(status)
        self._put(status)

    def _put(self, status: Object) -> None:
        replace_read(self._obj, "status", msgspec.convert(status, self._class))
        self._sources = Sources(self._obj.status, status)

    def check(self, status: Object) -> None:
        check_status(self._obj, self._read, status)

    def observe(self, generation: int) -> None:
        status = self._obj.status
        for field in fields_of(self._class):
            if field.wire == _GENERATION and isinstance(status, Mapping):
                self._obj.status = {**status, field.wire: generation}
            elif field.wire == _GENERATION and isinstance(status, msgspec.Struct):
                setattr(status, field.name, generation)

    def begin(self) -> None:
        open_block(self._obj)

    def end(self) -> None:
        close_block(self._obj)
        if self._absent is _PRESENT or self._read or not isinstance(self._obj.status, msgspec.Struct):
            return
        if not self.status():
            replace_read(self._obj, "status", self._absent)

    def answered(self, answer: Object) -> None:
        status, last = _read_status(answer), latest(self._obj)
        self._put(status)
        self._read = status
        if last is not None and _but_status(answer) == _but_status(document_in(last)):
            self._obj.metadata.resource_version = answer["metadata"].get("resourceVersion") or ""
            move_status(self._obj, status, answer)
        else:
            move_status(self._obj, status)


def _check_kind(kind: GroupVersionKind) -> None:
    if problem := status_problem(kind):
        raise TypeError(problem)


def _read_status(obj: Object) -> Object:
    found: Object = obj.get("status") or {}
    return found


def _but_status(obj: Object) -> Object:
    """Return what a write of the status leaves as it is."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _OF_EVERY_WRITE}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def _copied(status: Object) -> Object:
    """Return a copy of JSON values; the module ``copy`` takes ten times as long."""
    found: Object = msgspec.json.decode(msgspec.json.encode(status))
    return found
