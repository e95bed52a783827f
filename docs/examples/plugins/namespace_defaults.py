"""Keep a ResourceQuota and a NetworkPolicy in each namespace with the label example.com/defaults=true."""

from plugin_operator import Context, Metadata, Request, controller, own
from plugin_operator.kinds import core_v1, meta_v1, networking_v1

LABEL, ON = "example.com/defaults", "true"
MANAGED = {"app.kubernetes.io/managed-by": "namespace-defaults"}


def defaults(namespace: str) -> list[core_v1.ResourceQuota | networking_v1.NetworkPolicy]:
    hard = {"requests.cpu": "4", "requests.memory": "16Gi", "limits.cpu": "4", "limits.memory": "16Gi"}
    deny = networking_v1.NetworkPolicySpec(pod_selector=meta_v1.LabelSelector(), policy_types=["Ingress", "Egress"])
    return [
        core_v1.ResourceQuota(
            metadata=Metadata(name="default-quota", namespace=namespace, labels=MANAGED),
            spec=core_v1.ResourceQuotaSpec(hard=hard),
        ),
        networking_v1.NetworkPolicy(
            metadata=Metadata(name="default-deny", namespace=namespace, labels=MANAGED), spec=deny
        ),
    ]


@controller(
    for_=core_v1.Namespace,
    owns=[own(each, label_selector=MANAGED) for each in (core_v1.ResourceQuota, networking_v1.NetworkPolicy)],
)
async def namespace_defaults(ctx: Context[core_v1.Namespace], request: Request) -> None:
    namespace = ctx.lister.get(request)  # each one: one that loses the label loses its defaults
    if namespace is not None:
        is_on = namespace.metadata.labels.get(LABEL) == ON
        await ctx.sync_children(namespace, defaults(request.name) if is_on else [])
