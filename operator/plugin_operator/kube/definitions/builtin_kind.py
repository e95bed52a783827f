"""``builtin_kind``: names the kind of a generated class. Authors name theirs with ``resource``."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from plugin_operator.kube.definitions.definition import MARK, Definition
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.objects import BuiltinObject
from plugin_operator.source_location import Place

_NONE: Mapping[str, Any] = {}

K = TypeVar("K", bound=BuiltinObject)


def builtin_kind(
    kind: str, plural: str, *, namespaced: bool = True, has_status: bool = False, short_names: tuple[str, ...] = ()
) -> Callable[[type[K]], type[K]]:
    """Declare a class as one version of a built-in kind.

    Nothing is checked: the arguments come from the facts of Kubernetes, and an import is to be quick.

    Args:
        kind: group, version and kind.
        plural: name in paths.
        namespaced: whether objects have a namespace.
        has_status: whether the kind has the subresource ``status``.
        short_names: short names in kubectl.

    Returns:
        A decorator that returns the class itself.
    """
    gvk = GroupVersionKind.parse(kind)

    def decorate(cls: type[K]) -> type[K]:
        made = Definition(
            cls=cls,
            place=Place(cls.__module__, None),
            gvk=gvk,
            plural=plural,
            singular=gvk.kind.lower(),
            scope="Namespaced" if namespaced else "Cluster",
            short_names=short_names,
            labels=_NONE,
            annotations=_NONE,
            schema=_NONE,
            has_status=has_status,
            is_builtin=True,
        )
        setattr(cls, MARK, made)
        return cls

    return decorate
