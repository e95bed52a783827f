"""Hashes of objects, ranges of hashes, and their text in the query of a list or watch (KEP-5866)."""

from plugin_operator.kube.shards.hashes import HASHES, hash_of, hash_of_namespace
from plugin_operator.kube.shards.ranges import HashRange, ShardKey, ShardRanges

__all__ = ["HASHES", "HashRange", "ShardKey", "ShardRanges", "hash_of", "hash_of_namespace"]
