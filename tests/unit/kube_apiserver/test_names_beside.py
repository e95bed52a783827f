"""The fields that a schema declares at the place of an unknown one."""

from typing import Any

import pytest

from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.decoding.pruning import names_beside
from kube_apiserver.schema.builtin_schemas import Schemas
from kube_apiserver.schema.model import Schema

ITEM: dict[str, Any] = {"type": "object", "properties": {"port": {"type": "integer"}}}
CUSTOM = from_crd(
    {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "ports": {"type": "array", "items": ITEM},
                    "zones": {"type": "object", "additionalProperties": ITEM},
                    "whole": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"a": ITEM}},
                },
            }
        },
    }
)
BUILTIN = Schemas.builtin().get(("apps", "v1", "Deployment"))


@pytest.mark.parametrize(
    ("schema", "path", "known"),
    [
        (CUSTOM, "spce", "spec"),
        (CUSTOM, "spec.port", "ports"),
        (CUSTOM, "spec.ports[0].prt", "port"),
        (CUSTOM, "spec.zones.a.prt", "port"),
        (CUSTOM, "metadata.lables", "labels"),
        (CUSTOM, "spec.whole.metdata", "metadata"),
        (CUSTOM, "spec.whole.metadata.lables", "labels"),
        (BUILTIN, "spec.template.spec.containers[0].imag", "image"),
        (BUILTIN, "metadata.lables", "labels"),
    ],
)
def test_the_fields_beside_an_unknown_one_are_found(schema: Schema | None, path: str, known: str) -> None:
    assert schema is not None
    assert known in names_beside(schema, path)


@pytest.mark.parametrize("path", ["spec.unknown.prt", "spec.ports.x.prt", "spec.zones.a.b.c[1].d", ""])
def test_a_place_that_the_schema_does_not_have_has_none(path: str) -> None:
    assert "port" not in names_beside(CUSTOM, path)
