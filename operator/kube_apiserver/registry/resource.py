"""One served resource: a plural name in one group version."""

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
_CREATED_BY_UPDATE = frozenset(
    {
        "endpoints",
        "events",
        "limitranges",
        "services",
        "leases.coordination.k8s.io",
        "runtimeclasses.node.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "clusterrolebindings.rbac.authorization.k8s.io",
        "roles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
    }
)
_DEPRECATED = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
_GROUPS_WITHOUT_GENERATION = frozenset({"rbac.authorization.k8s.io", "certificates.k8s.io"})


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """The JSON paths of a custom resource's scale subresource, such as ``.spec.replicas``."""

    spec_replicas: str
    status_replicas: str
    label_selector: str = ""


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """The properties of one served version of a CustomResourceDefinition.

    Attributes:
        open_api: the raw ``openAPIV3Schema``.
        stored_schema: the schema of the stored version, None if it is the same or unknown fields are kept.
        columns: the raw ``additionalPrinterColumns``.
        selectable_fields: the allowed field selectors, without the leading dot.
        deprecation: the warning of every response; empty if the version is not deprecated.
    """

    crd_name: str
    schema: Schema
    open_api: Mapping[str, Any]
    columns: tuple[Mapping[str, Any], ...] = ()
    selectable_fields: tuple[str, ...] = ()
    scale: ScalePaths | None = None
    list_kind: str = ""
    deprecation: str = ""
    stored_schema: Schema | None = None


@dataclass(frozen=True)
class ServedResource:
    """A resource of the API, with the bucket that stores its objects.

    Attributes:
        bucket: the storage bucket, shared by all versions of the resource.
        storage_version: the ``apiVersion`` of the stored bytes.
        custom: the properties of its CustomResourceDefinition, None for a built-in resource.
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
        """Return the ``apiVersion`` of the objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def list_kind(self) -> str:
        """Return the kind of lists."""
        return (self.custom and self.custom.list_kind) or f"{self.kind}List"

    @cached_property
    def has_status(self) -> bool:
        """Report whether the resource has a status subresource."""
        return self.subresource("status") is not None

    @cached_property
    def has_generation(self) -> bool:
        """Report whether the server increments ``metadata.generation`` when the spec changes."""
        return self.group not in _GROUPS_WITHOUT_GENERATION and self.bucket not in _WITHOUT_GENERATION

    @cached_property
    def unconditional_update(self) -> bool:
        """Report whether an update needs no resourceVersion."""
        return self.custom is None and self.bucket not in _CONDITIONAL

    @cached_property
    def created_by_update(self) -> bool:
        """Report whether an update of an absent object creates it."""
        return self.bucket in _CREATED_BY_UPDATE

    @cached_property
    def deprecation(self) -> str:
        """Return the warning of every response, "" if there is none."""
        if self.custom is not None:
            return self.custom.deprecation
        return _DEPRECATED.get(self.bucket, "")

    @cached_property
    def stored_head(self) -> bytes:
        """Return the first bytes of every stored object."""
        return codec.head(self.storage_version, self.kind)

    @cached_property
    def served_head(self) -> bytes:
        """Return the first bytes of every served object."""
        return codec.head(self.api_version, self.kind)

    @cached_property
    def schema(self) -> Schema | None:
        """Return the schema of the objects, None if the kind has none."""
        if self.custom is not None:
            return self.custom.schema
        return _builtin_schema(self.group, self.version, self.kind)

    def subresource(self, name: str) -> SubresourceInfo | None:
        """Return the subresource ``name``, None if there is none."""
        for info in self.subresources:
            if info.name == name:
                return info
        return None


@cache
def _builtin_schema(group: str, version: str, kind: str) -> Schema | None:
    return Schemas.builtin().get((group, version, kind))
