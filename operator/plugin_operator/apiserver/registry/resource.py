"""One served resource: a plural under one group and version."""

from dataclasses import dataclass
from typing import Any

from plugin_operator.apiserver import codec

_WITHOUT_GENERATION = frozenset(
    {
        ("", "configmaps"),
        ("", "secrets"),
        ("", "namespaces"),
        ("", "events"),
        ("", "serviceaccounts"),
        ("", "nodes"),
        ("", "persistentvolumes"),
        ("", "persistentvolumeclaims"),
        ("", "services"),
        ("", "endpoints"),
        ("", "resourcequotas"),
        ("", "limitranges"),
        ("", "podtemplates"),
        ("events.k8s.io", "events"),
        ("coordination.k8s.io", "leases"),
    }
)
_GROUPS_WITHOUT_GENERATION = frozenset({"rbac.authorization.k8s.io", "certificates.k8s.io"})


@dataclass(frozen=True, slots=True)
class ServedResource:
    """A resource as clients see it, and where its objects are kept.

    Attributes:
        bucket: the storage bucket; versions of one resource share it.
        storage_version: the ``apiVersion`` in which stored bytes are written.
        custom: the version entry of the CustomResourceDefinition it comes from, None for a built-in one.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    bucket: str
    storage_version: str
    verbs: frozenset[str]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    custom: Any = None

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def has_status(self) -> bool:
        """Whether ``status`` is written through a path of its own."""
        return "status" in self.subresources

    @property
    def has_generation(self) -> bool:
        """Whether the server counts changes of the desired state in ``metadata.generation``."""
        return self.group not in _GROUPS_WITHOUT_GENERATION and (self.group, self.plural) not in _WITHOUT_GENERATION

    @property
    def stored_head(self) -> bytes:
        """The first bytes of every stored object."""
        return codec.head(self.storage_version, self.kind)

    @property
    def served_head(self) -> bytes:
        """The first bytes of every object in an answer."""
        return codec.head(self.api_version, self.kind)
