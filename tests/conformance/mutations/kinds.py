"""Every kind under test: where its objects are, a valid one, and the shape of what may be in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kube_apiserver.schema import facts
from tests.conformance.mutations.definitions import CUSTOM, GROUP, Custom
from tests.conformance.mutations.samples import SAMPLES
from tests.conformance.mutations.shapes import ObjectShape, Shape, custom_shape, go_shape

#: Objects of these may change what the servers do for everybody else, so that none is stored but the samples.
_NEVER_STORED = {
    "APIService",
    "FlowSchema",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "PriorityLevelConfiguration",
    "ServiceCIDR",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
}
_NAMES = {
    "APIService": "v1.{}.example.com",
    "CustomResourceDefinition": "gadgets.{}.example.com",
    "IPAddress": "10.77.{low}.{high}",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind in one version."""

    plural: str
    group: str
    version: str
    kind: str
    namespaced: bool
    sample: dict[str, Any]
    shape: Shape
    verbs: tuple[str, ...]
    has_status: bool

    @property
    def label(self) -> str:
        """Return how the report names it."""
        return f"{self.group}/{self.version} {self.kind}" if self.group else f"{self.version} {self.kind}"

    @property
    def namespace(self) -> str:
        """Return the namespace that objects of this kind have for themselves."""
        return f"mutations-{self.plural}-{self.version}-{(self.group or 'core').partition('.')[0]}"

    @property
    def path(self) -> str:
        """Return the path of the collection."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{self.namespace}/{self.plural}" if self.namespaced else f"{root}/{self.plural}"

    @property
    def is_stored(self) -> bool:
        """Tell whether a mutated object may be stored."""
        return self.kind not in _NEVER_STORED

    def name(self, word: str) -> str:
        """Return the name of an object; some kinds ask for a form."""
        low, high = (sum(map(ord, part)) % 250 for part in (word[:5], word[5:]))
        return _NAMES.get(self.kind, "{}").format(word, low=low, high=high)

    def new(self, word: str) -> dict[str, Any]:
        """Return a valid object."""
        metadata: dict[str, Any] = {"name": self.name(word), "labels": {"a": "b"}, "annotations": {"note": "x"}}
        if self.namespaced:
            metadata["namespace"] = self.namespace
        api_version = f"{self.group}/{self.version}" if self.group else self.version
        if "update" not in self.verbs:
            # A review has no metadata; a binding names its Pod.
            kept = {"namespace", "name"} if self.kind == "Binding" else {"namespace"}
            metadata = {key: value for key, value in metadata.items() if key in kept}
        content = _filled(self.sample, self.namespace, word)
        return {"apiVersion": api_version, "kind": self.kind, "metadata": metadata, **content}


def _filled(value: Any, namespace: str, word: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, namespace, word) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, namespace, word) for item in value]
    return value.replace("$namespace", namespace).replace("$id", word) if isinstance(value, str) else value


def builtin() -> list[Kind]:
    """Return the built-in kinds whose objects can be created."""
    found = []
    for each in facts.resources():
        if "create" not in each.verbs:
            continue
        place = f"{each.group}/{each.version}/{each.kind}"
        found.append(
            Kind(
                each.plural,
                each.group,
                each.version,
                each.kind,
                each.namespaced,
                SAMPLES[place.removeprefix("/")],
                go_shape(f"#{facts.kinds()[place]}"),
                tuple(each.verbs),
                any(sub.name == "status" for sub in each.subresources),
            )
        )
    return found


_VERBS = ("create", "delete", "get", "patch", "update")


def custom() -> list[Kind]:
    """Return the custom kinds in each of their versions."""
    return [kind for each in CUSTOM for kind in _versions(each)]


def _versions(each: Custom) -> list[Kind]:
    metadata = go_shape("#io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    whole = ObjectShape("object", {"metadata": metadata, **custom_shape(each.schema).fields})
    versions: Sequence[Any] = each.definition["spec"]["versions"]
    return [
        Kind(
            each.plural,
            GROUP,
            version["name"],
            each.kind,
            each.namespaced,
            {"spec": dict(each.sample)},
            whole,
            _VERBS,
            "status" in version.get("subresources", {}),
        )
        for version in versions
    ]
