"""What divides the objects of a controller, and which part of each kind its caches keep."""

import asyncio

import pytest

from plugin_operator.cache import ShardBy
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.runtime.caches.cache_parts import cache_parts
from plugin_operator.hosting.runtime.spec_builder import shards_of
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import ControllerDeclaration
from tests.unit.plugin.conftest import Load, load

__all__ = ["load"]

SHARDED = (
    "@controller(for_='example.com/v1/W', distribution='sharded', owns=['v1/Secret'], reads=['v1/Pod'], "
    "watches=[watch('v1/Node', map=print)], shard_by={!r})\nasync def one(ctx, request): ..."
)


async def is_namespaced(kind: GroupVersionKind) -> bool:
    return False


def declared(load: Load, shard_by: str) -> ControllerDeclaration:
    (found,) = load(SHARDED.format(shard_by))
    return found


@pytest.mark.parametrize(("shard_by", "children"), [("uid", ShardBy.OWNER), ("namespace", ShardBy.NAMESPACE)])
def test_the_reconciled_kind_and_its_children_are_kept_in_part_and_others_as_a_whole(
    load: Load, shard_by: str, children: ShardBy
) -> None:
    parts = cache_parts(declared(load, shard_by), (), ShardBy(shard_by))
    assert [key.shard_by for part in parts for key in part.keys] == [ShardBy(shard_by), children, None, None]


def test_a_single_controller_is_not_divided(load: Load) -> None:
    (found,) = load("@controller(for_='v1/Pod')\nasync def one(ctx, request): ...")
    assert asyncio.run(shards_of(found, is_namespaced)) is None


def test_a_kind_of_the_cluster_is_not_divided_by_namespace(load: Load) -> None:
    assert asyncio.run(shards_of(declared(load, "uid"), is_namespaced)) is ShardBy.UID
    with pytest.raises(PluginRejected, match="has no namespace: write shard_by='uid'") as refused:
        asyncio.run(shards_of(declared(load, "namespace"), is_namespaced))
    assert (refused.value.path, refused.value.line) == ("/plugins/sample.py", 2)
