"""What kind an object is: group, version and kind, and the short text people write for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, order=True)
class GroupVersionKind:
    """One kind in one version. Wherever a kind is declared, its text ``"apps/v1/Deployment"`` does as well.

    Attributes:
        group: the empty string for the core API.
        version: such as ``"v1"``.
        kind: such as ``"Deployment"``.
    """

    group: str
    version: str
    kind: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``v1/ConfigMap`` or ``apps/v1/Deployment``.

        Args:
            text: as ``str()`` of a kind gives it.

        Raises:
            ValueError: the text has another shape.
        """
        parts = text.strip().split("/")
        if len(parts) == 2:
            parts.insert(0, "")
        if len(parts) != 3 or not all(parts[1:]) or any(" " in part for part in parts):
            raise ValueError(f"{text!r} is not a kind; write 'v1/ConfigMap' or 'apps/v1/Deployment'")
        return cls(*parts)

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Self:
        """Return the kind an object says it is.

        Args:
            obj: a dict with ``apiVersion`` and ``kind``.

        Raises:
            ValueError: ``apiVersion`` or ``kind`` is missing or not text.
        """
        api_version, kind = obj.get("apiVersion"), obj.get("kind")
        if not isinstance(api_version, str) or not isinstance(kind, str) or not api_version or not kind:
            raise ValueError("the object has no apiVersion or no kind")
        return cls.from_api_version(api_version, kind)

    @classmethod
    def from_api_version(cls, api_version: str, kind: str) -> Self:
        """Join an ``apiVersion`` and a kind. Raises nothing.

        Args:
            api_version: "v1" or "apps/v1".
            kind: such as "Deployment".
        """
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of such objects: "v1" or "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"
