"""Types of the arguments of ``Client``."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from plugin_operator.client.models import Model
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.objects import ApiObject

PatchType: TypeAlias = Literal["merge", "json", "strategic"]
Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]
TextKind: TypeAlias = str | GroupVersionKind
Key: TypeAlias = str | NamespacedName
Labels: TypeAlias = str | Mapping[str, Any] | None
Fields: TypeAlias = str | Mapping[str, str] | None
PatchBody: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]

AnyClass: TypeAlias = type[Model] | type[ApiObject]
AnyObject: TypeAlias = Object | Model | ApiObject

M = TypeVar("M", bound=Model | ApiObject)
