"""Calls of plugins to the API server, as RBAC sees them, and their JSON form.

Owns the attributes of a call and the file format of recorded calls. Leaves recording to ``testing``.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import astuple


class Call(msgspec.Struct, frozen=True, order=True):
    """One type of request about a resource: the attributes that kube-apiserver authorizes.

    Attributes:
        verb: verb of RBAC, such as ``"deletecollection"``; server-side apply is ``"patch"``.
        api_group: API group; empty for the core group.
        resource: plural, such as ``"pods"``.
        subresource: such as ``"status"``, or empty.
        namespace: namespace of the request; empty for all namespaces and for cluster-scoped resources.
        name: name of the object; empty for ``create`` and for whole collections.
    """

    verb: str
    api_group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def full_resource(self) -> str:
        """The resource as rules name it: ``"pods"``, or ``"pods/status"``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class RecordedCall(msgspec.Struct, frozen=True, order=True):
    """A call that a plugin made in a test.

    Attributes:
        plugin: name of the plugin.
        call: the call.
    """

    plugin: str
    call: Call


class _Record(msgspec.Struct, rename="camel"):
    plugin: str
    verb: str
    api_group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class _Recording(msgspec.Struct):
    calls: list[_Record]


def calls_to_json(calls: Iterable[RecordedCall]) -> str:
    """Return calls as one JSON document, each distinct one once and in a stable order."""
    records = [_Record(each.plugin, *astuple(each.call)) for each in sorted(set(calls))]
    return msgspec.json.format(msgspec.json.encode(_Recording(records)), indent=2).decode() + "\n"


def calls_from_json(text: str | bytes) -> tuple[RecordedCall, ...]:
    """Return the calls of a document of ``calls_to_json``.

    Raises:
        ValueError: the text is another document; the message names the field.
    """
    try:
        records = msgspec.json.decode(text, type=_Recording).calls
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"is no recording of calls: {error}") from error
    return tuple(RecordedCall(each.plugin, Call(*msgspec.structs.astuple(each)[1:])) for each in records)
