"""Give each namespace with the label example.com/defaults=true a LimitRange and a NetworkPolicy, and keep them so."""

from typing import Any

from plugin_operator import Context, Request, controller, own, permission

LABEL = "example.com/defaults"
DEFAULTS: list[dict[str, Any]] = [
    {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "defaults"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny-ingress"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    },
]


@controller(
    for_="v1/Namespace",
    label_selector=f"{LABEL}=true",
    owns=[own("v1/LimitRange", label_selector=LABEL), own("networking.k8s.io/v1/NetworkPolicy", label_selector=LABEL)],
    permissions=[
        permission("limitranges", ["create", "patch"]),
        permission("networkpolicies", ["create", "patch"], api_groups="networking.k8s.io"),
    ],
)
async def namespace_defaults(ctx: Context, request: Request) -> None:
    namespace = ctx.lister.get(request)
    if namespace is None or namespace["metadata"].get("deletionTimestamp"):
        return
    for default in DEFAULTS:
        metadata = {**default["metadata"], "namespace": request.name, "labels": {LABEL: "true"}}
        child = {**default, "metadata": metadata}
        ctx.set_owner(child, owner=namespace)
        await ctx.client.apply(child, force=True)
