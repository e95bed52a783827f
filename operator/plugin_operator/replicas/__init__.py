"""Replicas that share shards over the cluster: the machines of ``sharding``, driven by requests and watches.

Owns the Leases of members, the Lease that holds the shard map, and when the machines are asked. It knows no plugins:
caches and queues follow ``OwnedShards``.
"""
