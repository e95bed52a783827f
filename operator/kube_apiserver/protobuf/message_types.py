"""The types of messages: those of the facts table, and what no resource has."""

from collections.abc import Sequence

from kube_apiserver.schema.facts import FieldFacts, kinds, type_facts

SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_PARTIAL = {
    f"{_META}.PartialObjectMetadata": (FieldFacts("metadata", "1", f"#{_META}.ObjectMeta", 0, {}),),
    f"{_META}.PartialObjectMetadataList": (
        FieldFacts("metadata", "1", f"#{_META}.ListMeta", 0, {}),
        FieldFacts("items", "2", f"[]#{_META}.PartialObjectMetadata", 0, {}),
    ),
}


def message_fields(definition: str) -> Sequence[FieldFacts]:
    """Return the fields of a type such as ``io.k8s.api.core.v1.Pod``, in Go's order; none for an unknown type."""
    facts = type_facts(definition)
    return facts.fields if facts is not None else _PARTIAL.get(definition, ())


def definition_of(api_version: str, kind: str) -> str | None:
    """Return the name of the type of a kind, None if there is no such built-in kind."""
    group, _, version = api_version.rpartition("/")
    # DeleteOptions and other option kinds are registered in every group version with the same fields as in core.
    known = kinds().get(f"{group}/{version}/{kind}") or kinds().get(f"/v1/{kind}")
    return known or (f"{_META}.{kind}" if f"{_META}.{kind}" in _PARTIAL else None)
