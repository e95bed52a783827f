"""The declared set of one call: checked, marked, with digests and the state of the gates."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from plugin_operator.client.encoding.request_bodies import encoded
from plugin_operator.client.models import declared_dict
from plugin_operator.client.typed_documents import refuse_forgetful, refuse_status
from plugin_operator.error_hints import undeclared_kind
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.children.argument_checks import check_child, check_list, check_metadata
from plugin_operator.plugin.children.child_caches import ChildCaches
from plugin_operator.plugin.children.gates.gate_reader import AwaitedObject, GateReader
from plugin_operator.plugin.children.gates.stuck_gates import stuck_gates
from plugin_operator.plugin.children.marks import Owner, marked
from plugin_operator.plugin.children.unsendable_values import check_values, without_nulls
from plugin_operator.plugin.context.children import Child, ChildName
from plugin_operator.plugin.identity import ControllerIdentity

_WITHOUT_STATUS = "leave it out; the controller of the child's kind writes it"


class WantedChild(msgspec.Struct, frozen=True):
    """One child of the set.

    Attributes:
        name: kind, namespace and name.
        document: what is applied, with the marks.
        digest: digest of the document.
        closed: why a gate is closed; empty if all are open.
        is_unheard: whether a gate waits for an object whose changes may not enqueue the owner.
        way_out: what to do about a gate that nothing in the set opens; empty for others.
        adopt: whether to take over an object of another party.
    """

    name: ChildName
    document: Object
    digest: bytes
    closed: str
    is_unheard: bool
    way_out: str
    adopt: bool


class SetReader(msgspec.Struct, frozen=True):
    """Turns what a reconciler passes into the declared set.

    Attributes:
        for_: the reconciled kind, whose objects own the children; None for a controller without one.
        identity: current and former ids of the controller.
        finalizer: its finalizer.
        caches: of the kinds in ``owns``.
        gates: reads the gates.
    """

    for_: GroupVersionKind | None
    identity: ControllerIdentity
    finalizer: str
    caches: ChildCaches
    gates: GateReader

    async def wanted(self, owner: Owner, children: Iterable[Any]) -> list[WantedChild]:
        """Return the children in the given order.

        Raises:
            TypeError: one is no object; or ``children`` is one object.
            ValueError: one cannot be applied, would lose fields or would not be found again; the message says why.
            InvalidError: a typed one has a status, or a dict in it has a name that its class does not have.
            LookupError: a gate reads a kind without a cache.
        """
        check_list(children)
        if self.for_ is None or (owner.kind.group, owner.kind.kind) != (self.for_.group, self.for_.kind):
            raise ValueError(f"the owner is a {owner.kind}, and the controller reconciles {self.for_ or 'no kind'}")
        found: dict[ChildName, WantedChild] = {}
        awaited: dict[ChildName, Sequence[AwaitedObject]] = {}
        absent: dict[ChildName, Sequence[AwaitedObject]] = {}
        for number, each in enumerate(children, 1):
            check_child(each, number)
            child = each if isinstance(each, Child) else Child(each)
            gates = await self.gates.state_of(child.gates, owner.key.namespace)
            wanted = await self._one(owner, child, gates.closed)
            if wanted.name in found:
                raise ValueError(f"{wanted.name} is in the set twice")
            found[wanted.name] = wanted
            awaited[wanted.name] = gates.awaited
            if gates.absent:
                absent[wanted.name] = gates.absent
        for name, objects in awaited.items():
            if any(self._is_unheard(each.child_in(found)) for each in objects):
                found[name] = replace(found[name], is_unheard=True)
        for name, stuck in stuck_gates(found, absent).items():
            found[name] = replace(found[name], closed=stuck.reason, way_out=stuck.way_out)
        return list(found.values())

    def _is_unheard(self, awaited: ChildName | None) -> bool:
        """Report whether no event about an awaited object may reach the owner; None for one that is no child."""
        return awaited is None or self.caches.is_filtered(awaited.kind)

    async def _one(self, owner: Owner, child: Child, closed: str) -> WantedChild:
        stated = declared_dict(child.obj)
        if not isinstance(stated, dict):
            raise TypeError(f"a {type(child.obj).__name__} is not a child: pass an object, or Child(object, after=…)")
        kind = self._kind(stated)
        document = _plain(kind, stated, is_dict=stated is child.obj)
        namespaced = await self.caches.is_namespaced(kind)
        finalizers = (self.finalizer, *self.identity.former_finalizers)
        document = marked(document, owner, self.identity.id, finalizers, namespaced=namespaced)
        if isinstance(child.obj, ApiObject):
            refuse_forgetful(child.obj)
            refuse_status(child.obj, document, "sync_children()", _WITHOUT_STATUS)
        key = NamespacedName(document["metadata"].get("namespace") or "", document["metadata"]["name"])
        problem = self.caches.problem(kind, document)
        if problem:
            raise ValueError(f"{kind} {key} would not be found again: {problem}")
        digest = blake2b(encoded(document, in_order=True), digest_size=16).digest()
        return WantedChild(ChildName(kind, key), document, digest, closed, False, "", child.adopt)

    def _kind(self, document: Object) -> GroupVersionKind:
        if not document.get("apiVersion") or not document.get("kind"):
            raise ValueError("a child needs apiVersion and kind")
        kind = GroupVersionKind.of(document)
        if kind not in self.caches.kinds:
            known = ", ".join(sorted(map(str, self.caches.kinds))) or "nothing"
            declare = f"declare owns=[{str(kind)!r}], so that its changes enqueue the owner and it can be pruned"
            way_out = undeclared_kind(str(kind), map(str, self.caches.kinds), declare)
            raise ValueError(f"the controller owns {known}, and a child is of kind {kind}: {way_out}")
        return kind


def _plain(kind: GroupVersionKind, stated: Object, *, is_dict: bool) -> Object:
    """Return a copy of a child that has plain values only, as it is sent; ``is_dict`` if a dict was passed."""
    metadata = stated.get("metadata") or {}
    named = metadata.get("name") if isinstance(metadata, dict) else getattr(metadata, "name", None)
    name = f"child {kind} {named or ''}".rstrip()
    try:
        if is_dict:
            check_values(kind, stated)
        document = without_nulls(kind, msgspec.json.decode(encoded(stated)))
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    check_metadata(name, document)
    return document
