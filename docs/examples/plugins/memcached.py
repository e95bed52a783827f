"""The Memcached of operator-sdk's tutorial: a Deployment of its size, and the names of its Pods in the status."""

import os
from typing import Annotated, Any

from msgspec import field

from plugin_operator import (
    ApiObject,
    Conditions,
    Context,
    Metadata,
    Request,
    Struct,
    column,
    controller,
    own,
    resource,
    schema,
    watch,
)
from plugin_operator.kinds import apps_v1, core_v1, meta_v1

NAME, INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/instance"
IMAGE = os.environ.get("MEMCACHED_IMAGE", "memcached:1.6.26-alpine3.19")


class MemcachedSpec(Struct):
    """What a user asks for.

    Attributes:
        size: How many Pods there are.
        container_port: The port on which each of them listens.
    """

    size: Annotated[int, schema(ge=1, le=3, format="int32")] = 1
    container_port: Annotated[int, schema(ge=1, le=65535, format="int32")] = 11211


class MemcachedStatus(Struct):
    """What the operator found.

    Attributes:
        nodes: The names of the Pods.
        conditions: Whether the Pods are available.
    """

    nodes: list[str] = []
    conditions: Conditions = []


@resource("example.com/v1/Memcached", columns=[column("Size", ".spec.size"), column("Nodes", ".status.nodes")])
class Memcached(ApiObject):
    """Some servers of memcached."""

    spec: MemcachedSpec = field(default_factory=MemcachedSpec)
    status: MemcachedStatus = field(default_factory=MemcachedStatus)


def memcached_of(pod: dict[str, Any]) -> str | None:
    instance = (pod["metadata"].get("labels") or {}).get(INSTANCE)
    return f"{pod['metadata']['namespace']}/{instance}" if instance else None


async def record_deletion(ctx: Context[Memcached], found: Memcached) -> None:
    ctx.recorder.event(found, "Warning", "Deleting", f"Memcached {found.metadata.name} is being deleted")


@controller(
    for_=Memcached,
    owns=[own(apps_v1.Deployment, label_selector={NAME: "memcached"})],
    watches=[watch(core_v1.Pod, map=memcached_of, label_selector={NAME: "memcached"}, metadata_only=True)],
    cleanup=record_deletion,
)
async def memcached(ctx: Context[Memcached], request: Request) -> None:
    found = ctx.lister.get(request)
    if found is None or found.metadata.deletion_timestamp:
        return
    async with ctx.status(found) as status:
        try:
            await ctx.sync_children(found, [deployment_of(found)])
        except Exception as error:
            ctx.set_condition(found, "Available", False, "Refused", str(error))
            raise
        pods = ctx.lister_for(core_v1.Pod).list(request.namespace, labels_of(found))
        status.nodes = sorted(each.metadata.name for each in pods)
        deployment = ctx.lister_for(apps_v1.Deployment).get(request)
        available = deployment.status.available_replicas if deployment is not None else 0
        message = f"{available} of {found.spec.size} replicas are available"
        ctx.set_condition(found, "Available", available >= found.spec.size, "Replicas", message)


def deployment_of(found: Memcached) -> apps_v1.Deployment:
    container = core_v1.Container(
        name="memcached",
        image=IMAGE,
        command=["memcached", "--memory-limit=64", "-o", "modern", "-v"],
        ports=[core_v1.ContainerPort(container_port=found.spec.container_port, name="memcached", protocol="TCP")],
        security_context=core_v1.SecurityContext(
            run_as_non_root=True,
            run_as_user=1001,
            allow_privilege_escalation=False,
            capabilities=core_v1.Capabilities(drop=["ALL"]),
        ),
    )
    security = core_v1.PodSecurityContext(seccomp_profile=core_v1.SeccompProfile(type="RuntimeDefault"))
    return apps_v1.Deployment(
        metadata=Metadata(name=found.metadata.name, labels=labels_of(found)),
        spec=apps_v1.DeploymentSpec(
            replicas=found.spec.size,
            selector=meta_v1.LabelSelector(match_labels=labels_of(found)),
            template=core_v1.PodTemplateSpec(
                metadata=Metadata(labels=labels_of(found)),
                spec=core_v1.PodSpec(containers=[container], security_context=security),
            ),
        ),
    )


def labels_of(found: Memcached) -> dict[str, str]:
    return {NAME: "memcached", INSTANCE: found.metadata.name}
