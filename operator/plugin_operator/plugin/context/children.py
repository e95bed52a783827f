"""Children in a reconciler: ``Child`` and ``ready`` for what it declares, ``SyncedChildren`` for what became of it.

Owns the values. ``plugin.children`` carries them out.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from plugin_operator.client import Client
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin.context.typed_objects import AnyObject
from plugin_operator.rendering import class_name


class ReadyGate(msgspec.Struct, frozen=True):
    """A condition on another object that must hold before a child is applied; made by ``ready``."""

    kind: str | GroupVersionKind | type[Any]
    name: str
    namespace: str | None = None
    condition: str = ""
    when: Callable[[Object], bool] | None = None


class Child(msgspec.Struct, frozen=True):
    """A child with a gate, or one that may exist already; other objects need no ``Child``.

    Attributes:
        obj: the object to apply.
        after: gates that must be open before the child is applied. A child whose gate is closed counts as declared: it
            is not pruned, and what exists of it stays as it is.
        adopt: take over an object of this name that another party made, instead of an error.
    """

    obj: AnyObject
    after: ReadyGate | Sequence[ReadyGate] = ()
    adopt: bool = False

    def __post_init__(self) -> None:
        """Check the gates.

        Raises:
            TypeError: one is no gate; the message says what to write.
        """
        gates: tuple[object, ...] = self.gates
        for each in gates:
            if not isinstance(each, ReadyGate):
                raise TypeError(f"after= of Child takes ready(kind, name), and got {_instead_of_gate(each)}")

    @property
    def gates(self) -> tuple[ReadyGate, ...]:
        """The gates, as a tuple. Raises nothing."""
        found: Any = self.after
        return tuple(found) if isinstance(found, list | tuple) else (found,)


def ready(
    kind: str | GroupVersionKind | type[Any],
    name: str,
    namespace: str | None = None,
    *,
    condition: str = "",
    when: Callable[[Object], bool] | None = None,
) -> ReadyGate:
    """Return a gate that is open while another object is ready; it reads the cache and sends no request.

    Built-in kinds are judged as ``kubectl rollout status`` and ``kubectl wait`` judge them, others by their condition
    Ready. Where changes of the object may not enqueue the owner, a closed gate reconciles it every 10 seconds at first,
    later every 5 minutes. ``sync_children`` raises LookupError for a kind that is not declared.

    Args:
        kind: of the object; the controller declares it in ``owns``, ``watches`` or ``reads``.
        name: of the object.
        namespace: of the object; by default that of the owner.
        condition: the condition that must be True instead.
        when: judges the object instead: a function of its dict.

    Returns:
        A value for ``after=`` of ``Child``.

    Raises:
        TypeError: an argument has another type; the message says what to write.
    """
    _check_gate(kind, name)
    _check_options(namespace, condition, when)
    return ReadyGate(kind, name, namespace, condition, when)


def _check_options(namespace: object, condition: object, when: object) -> None:
    is_judge = when is None or callable(when)
    if not isinstance(namespace, str | None) or not isinstance(condition, str) or not is_judge:
        raise TypeError("ready() takes namespace= and condition= as text, and a function of the object as when=")


def _check_gate(kind: object, name: object) -> None:
    if not isinstance(kind, str | GroupVersionKind | type):
        raise TypeError(f"ready() takes a kind and a name, and got {_instead_of_gate(kind)}")
    if not isinstance(name, str):
        is_request = isinstance(name, NamespacedName)
        found, text = ("Request", "request.name") if is_request else (class_name(name), "obj.metadata.name")
        raise TypeError(f"ready() takes a kind and a name, and the name is a {found}: pass text, such as {text}")


def _instead_of_gate(found: Any) -> str:
    """Return what stands in the place of a gate or of its kind, and what to write there."""
    if found is None:
        return "None: leave it out"
    if isinstance(found, type):
        return f"the class {found.__name__}: write ready({found.__name__}, name)"
    if isinstance(found, ApiObject):
        name = class_name(found)
        return f"a {name}: write ready({name}, obj.metadata.name)"
    if isinstance(found, dict) and found.get("kind"):
        kind = f"{found.get('apiVersion')}/{found['kind']}"
        return f"a dict: write ready({kind!r}, obj['metadata']['name'])"
    if isinstance(found, str):
        arguments = f"{found!r}, name" if "/" in found else f"kind, {found!r}"
        return f"{found!r}: write ready({arguments}), with a kind such as 'apps/v1/Deployment'"
    return f"a {class_name(found)}: write ready('apps/v1/Deployment', name)"


class ChildName(NamedTuple):
    """Kind, namespace and name of a child."""

    kind: GroupVersionKind
    key: NamespacedName

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class SyncedChildren(msgspec.Struct, frozen=True):
    """What one call of ``ctx.sync_children`` did.

    Attributes:
        applied: children that were sent to the API server.
        unchanged: children that needed no request.
        pruned: objects that were deleted, because the set no longer has them.
        waiting: children whose gate is closed, with the reason.
        held: objects to delete that wait: for caches after a start, or for the limit ``max_prune``.
    """

    applied: tuple[ChildName, ...] = ()
    unchanged: tuple[ChildName, ...] = ()
    pruned: tuple[ChildName, ...] = ()
    waiting: tuple[tuple[ChildName, str], ...] = ()
    held: tuple[ChildName, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing waits and nothing is held."""
        return not self.waiting and not self.held


class ChildSync(Protocol):
    """Applies and prunes the children of one controller; see ``plugin.children``."""

    async def sync(self, client: Client, owner: AnyObject, children: Iterable[AnyObject | Child]) -> SyncedChildren:
        """See ``Context.sync_children``."""

    async def release(self, client: Client, owner: Object) -> bool:
        """Delete the children of an owner that no owner reference reaches; report whether none is left to delete.

        What is left waits for the limit on deletions, and has enqueued the owner.

        Raises:
            PluginOperatorError: a child could not be deleted, or a cache is not complete yet.
        """

    @property
    def long_closed(self) -> str:
        """Which child has waited long for a gate, and why; empty if none has."""
