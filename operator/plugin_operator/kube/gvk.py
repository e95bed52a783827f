"""``GroupVersionKind`` and its short text form."""

import functools
from collections.abc import Mapping
from typing import Any, Self

import msgspec


class GroupVersionKind(msgspec.Struct, frozen=True, order=True):
    """One kind in one version. Declarations also take its text form, ``"apps/v1/Deployment"``.

    Attributes:
        group: API group; the empty string for the core group.
        version: for example ``"v1"``.
        kind: for example ``"Deployment"``.
    """

    group: str
    version: str
    kind: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``v1/ConfigMap`` or ``apps/v1/Deployment``.

        Args:
            text: the result of ``str()`` of a kind.

        Raises:
            ValueError: the text has another form.
        """
        return cls(*_parts_of(text))

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Self:
        """Return the kind of an object.

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
        """Return the kind for an ``apiVersion`` and a kind. Raises nothing.

        Args:
            api_version: "v1" or "apps/v1".
            kind: for example "Deployment".
        """
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of objects of this kind: "v1" or "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"


@functools.lru_cache(maxsize=256)  # each call of a client with such a text comes here
def _parts_of(text: str) -> tuple[str, str, str]:
    """Return group, version and kind."""
    parts = text.strip().split("/")
    if len(parts) == 2:
        parts.insert(0, "")
    if len(parts) != 3 or not all(parts[1:]) or any(" " in part for part in parts):
        raise ValueError(f"{text!r} is not a kind; write 'v1/ConfigMap' or 'apps/v1/Deployment'")
    return parts[0], parts[1], parts[2]
