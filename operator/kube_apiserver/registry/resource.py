"""One served resource: a plural under one group and version."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from kube_apiserver import codec
from kube_apiserver.schema import Schema, Schemas, SubresourceInfo

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
_WITHOUT_GENERATION = frozenset(
    {
        "configmaps",
        "secrets",
        "namespaces",
        "events",
        "serviceaccounts",
        "nodes",
        "persistentvolumes",
        "persistentvolumeclaims",
        "services",
        "endpoints",
        "resourcequotas",
        "limitranges",
        "podtemplates",
        "leases.coordination.k8s.io",
        "controllerrevisions.apps",
        "endpointslices.discovery.k8s.io",
        "runtimeclasses.node.k8s.io",
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
        "storageclasses.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "csistoragecapacities.storage.k8s.io",
        "horizontalpodautoscalers.autoscaling",
    }
)
_CONDITIONAL = frozenset(
    {
        "leases.coordination.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
        "apiservices.apiregistration.k8s.io",
        "poddisruptionbudgets.policy",
        "controllerrevisions.apps",
        "endpointslices.discovery.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "flowschemas.flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "runtimeclasses.node.k8s.io",
    }
)
_DEPRECATED = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
_GROUPS_WITHOUT_GENERATION = frozenset({"rbac.authorization.k8s.io", "certificates.k8s.io"})


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a custom resource keeps what its scale subresource shows (JSON paths such as ``.spec.replicas``)."""

    spec_replicas: str
    status_replicas: str
    label_selector: str = ""


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """What a CustomResourceDefinition says about one served version.

    Attributes:
        open_api: the version's ``openAPIV3Schema`` as it was written.
        columns: ``additionalPrinterColumns`` as they were written.
        selectable_fields: field selectors that are allowed, without the leading dot.
        deprecation: what every answer warns of; empty for a version that is not deprecated.
    """

    crd_name: str
    schema: Schema
    open_api: Mapping[str, Any]
    columns: tuple[Mapping[str, Any], ...] = ()
    selectable_fields: tuple[str, ...] = ()
    scale: ScalePaths | None = None
    list_kind: str = ""
    deprecation: str = ""


@dataclass(frozen=True)
class ServedResource:
    """A resource as clients see it, and where its objects are kept.

    Attributes:
        bucket: the storage bucket; versions of one resource share it.
        storage_version: the ``apiVersion`` in which stored bytes are written.
        custom: what its CustomResourceDefinition says, None for a built-in one.
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
    subresources: tuple[SubresourceInfo, ...] = ()
    custom: CustomVersion | None = None

    @cached_property
    def api_version(self) -> str:
        """The ``apiVersion`` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def list_kind(self) -> str:
        """The kind of its lists."""
        return (self.custom and self.custom.list_kind) or f"{self.kind}List"

    @cached_property
    def has_status(self) -> bool:
        """Whether ``status`` is written through a path of its own."""
        return self.subresource("status") is not None

    @cached_property
    def has_generation(self) -> bool:
        """Whether the server counts changes of the desired state in ``metadata.generation``."""
        return self.group not in _GROUPS_WITHOUT_GENERATION and self.bucket not in _WITHOUT_GENERATION

    @cached_property
    def unconditional_update(self) -> bool:
        """Whether a PUT without a resourceVersion is taken."""
        return self.custom is None and self.bucket not in _CONDITIONAL

    @cached_property
    def deprecation(self) -> str:
        """What every answer warns of, empty for nothing."""
        if self.custom is not None:
            return self.custom.deprecation
        return _DEPRECATED.get(self.bucket, "")

    @cached_property
    def stored_head(self) -> bytes:
        """The first bytes of every stored object."""
        return codec.head(self.storage_version, self.kind)

    @cached_property
    def served_head(self) -> bytes:
        """The first bytes of every object in an answer."""
        return codec.head(self.api_version, self.kind)

    @cached_property
    def schema(self) -> Schema | None:
        """The schema of its objects, None where there is none to hold them to."""
        if self.custom is not None:
            return self.custom.schema
        return _builtin_schema(self.group, self.version, self.kind)

    def subresource(self, name: str) -> SubresourceInfo | None:
        """Return a subresource by name, None if it has no such."""
        for info in self.subresources:
            if info.name == name:
                return info
        return None


@cache
def _builtin_schema(group: str, version: str, kind: str) -> Schema | None:
    return Schemas.builtin().get((group, version, kind))
