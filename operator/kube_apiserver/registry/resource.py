"""One served resource: a plural name in one group version."""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.schema import Schema, Schemas, SubresourceInfo
from kube_apiserver.strategies import Strategy

CRDS = "customresourcedefinitions.apiextensions.k8s.io"


class ScalePaths(msgspec.Struct, frozen=True):
    """The JSON paths of a custom resource's scale subresource, such as ``.spec.replicas``."""

    spec_replicas: str
    status_replicas: str
    label_selector: str = ""


class CustomVersion(msgspec.Struct, frozen=True):
    """The properties of one served version of a CustomResourceDefinition.

    Attributes:
        open_api: the raw ``openAPIV3Schema``.
        stored_schema: the schema of the stored version, None if it is the same or unknown fields are kept.
    """

    crd_name: str
    schema: Schema
    open_api: Mapping[str, Any]
    scale: ScalePaths | None = None
    list_kind: str = ""
    stored_schema: Schema | None = None


class ServedResource(msgspec.Struct, frozen=True, dict=True):
    """A resource of the API, with the bucket that stores its objects.

    Attributes:
        bucket: the storage bucket, shared by all versions of the resource.
        storage_version: the ``apiVersion`` of the stored bytes.
        strategy: the rules of its kind.
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
    strategy: Strategy
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
