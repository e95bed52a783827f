"""Names without a namespace in the listers of a context: an error for kinds that have one."""

import pytest

from plugin_operator import ApiObject, Metadata, resource
from plugin_operator.testing import fake_context


@resource("example.com/v1/Vault")
class Vault(ApiObject):
    """A kind with namespaces."""


@resource("example.com/v1/Region", scope="Cluster")
class Region(ApiObject):
    """A kind without namespaces."""


def test_a_lister_of_a_context_does_not_look_for_a_namespaced_object_by_its_name_alone() -> None:
    ctx = fake_context([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}])
    for lister in (ctx.lister, ctx.lister_for("v1/ConfigMap"), ctx.lister_for("v1/Secret"), ctx.lister_for(Vault)):
        with pytest.raises(ValueError, match=r"no namespace is given for .*'a', which is namespaced: pass the request"):
            lister.get("a")
    assert ctx.lister.get("a", "ns") is not None
    assert ctx.lister.get("ns/a") is not None


def test_a_lister_of_a_context_looks_for_other_objects_by_their_names() -> None:
    ctx = fake_context([Region(metadata=Metadata(name="a"))])
    found = ctx.lister.get("a")
    assert found is not None
    assert found.metadata.name == "a"
    assert ctx.lister_for(Region).raw("b") is None
    assert ctx.lister_for("v1/Node").get("a") is None
