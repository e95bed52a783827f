"""The creation of the objects that a cluster starts with."""

from functools import partial
from typing import Any
from uuid import uuid4

from kube_apiserver.bootstrap.templates import Address, Template, templates
from kube_apiserver.cluster import Cluster
from kube_apiserver.storage import Item
from kube_apiserver.wire.times import timestamp


def bootstrap(cluster: Cluster, host: str, port: int) -> None:
    """Create the objects that every cluster has, unless the store has them already.

    The Service ``kubernetes`` and its endpoints follow the address of the server.

    Args:
        cluster: the cluster, before its controllers start.
        host: the address that clients reach the server at.
        port: its port.
    """
    time, address = timestamp(cluster.clock.now()), Address(host, port)
    for template in templates():
        there = cluster.store.get(template.bucket, template.key)
        if there is None:
            uid = str(uuid4())
            cluster.store.create(template.bucket, partial(template.item, uid=uid, time=time, address=address))
        elif template.names_address:
            _follow(cluster, template, there, address)


def _follow(cluster: Cluster, template: Template, there: Item, address: Address) -> None:
    """Update the address in an object that an earlier run of the server wrote."""
    wanted: dict[str, Any] = template.item(0, there.uid, "", address).decode()
    obj = there.decode()
    if "spec" in wanted:
        changed = {**obj, "spec": {**obj["spec"], "ports": wanted["spec"]["ports"]}}
    else:
        changed = {**obj, **{name: wanted[name] for name in ("subsets", "endpoints", "ports") if name in wanted}}
    if changed != obj:
        cluster.store.put(template.bucket, changed, obj["apiVersion"], obj["kind"])
