"""Which parts of which kinds a controller keeps, and what ``lister_for`` means by a kind."""

from collections.abc import Mapping, Sequence

import msgspec

from plugin_operator.cache import InformerKey, ShardBy
from plugin_operator.hosting.runtime.spec_builder import informer_keys, of_children
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import CacheDeclaration, ControllerDeclaration, IndexFunction


class CachePart(msgspec.Struct, frozen=True):
    """One declared part of a kind.

    Attributes:
        kind: of the objects.
        keys: of its informers, one for each namespace.
        name: its other word; empty for none.
        rank: of several parts of one kind, those with the lowest are meant by the kind.
        indexes: functions by name: those of every declaration of the very same part.
    """

    kind: GroupVersionKind
    keys: tuple[InformerKey, ...]
    name: str
    rank: int
    indexes: Mapping[str, IndexFunction] = msgspec.field(default_factory=dict)

    @property
    def is_owned(self) -> bool:
        """Whether ``owns`` declares it."""
        return self.rank == _OWNED


_READ, _OWNED, _WATCHED = range(3)


def cache_parts(
    declaration: ControllerDeclaration, namespaces: tuple[str, ...], shard_by: ShardBy | None = None
) -> tuple[CachePart, ...]:
    """Return what a controller keeps, the reconciled kind first.

    Args:
        declaration: of the controller.
        namespaces: of the operator, where it names none; empty for all.
        shard_by: what divides its objects among processes; None if this one reconciles all.
    """
    primary = [declaration.primary] if declaration.primary is not None else []
    ranked: list[tuple[int, ShardBy | None, Sequence[CacheDeclaration]]] = [
        (_WATCHED, shard_by, primary),
        (_OWNED, of_children(shard_by), declaration.owns),
        (_WATCHED, None, declaration.watches),
        (_READ, None, declaration.reads),
    ]
    indexes: dict[tuple[InformerKey, ...], dict[str, IndexFunction]] = {}
    parts = []
    for rank, by, caches in ranked:
        for each in caches:
            keys = informer_keys(each, declaration, namespaces, by)
            indexes.setdefault(keys, {}).update(each.indexes)
            parts.append(CachePart(each.kind, keys, each.name, rank, indexes[keys]))
    return tuple(parts)


def part_of(parts: Sequence[CachePart], kind: GroupVersionKind) -> CachePart:
    """Return what ``lister_for(kind)`` reads: what ``reads`` declares, else ``owns``, else ``for_`` and ``watches``.

    A part with a name is meant only where no other is.

    Raises:
        LookupError: several parts of the kind differ.
    """
    ranked = sorted((bool(part.name), part.rank) for part in parts if part.kind == kind)
    meant = [part for part in parts if part.kind == kind and (bool(part.name), part.rank) == ranked[0]]
    if len({part.keys for part in meant}) == 1:
        return meant[0]
    selectors = " and ".join(repr(each.keys[0].label_selector or each.keys[0].field_selector) for each in meant)
    raise LookupError(
        f"{kind} is declared with different selectors ({selectors}), so lister_for cannot tell which objects are "
        f"meant: give each a name= and read it with lister_for(name), or declare reads=[{str(kind)!r}] to read all of "
        "them; ctx.lister reads those of for_"
    )
