"""Run each Website as a Deployment and a Service, and report in its status whether it is available."""

from typing import Any

from plugin_operator import Context, Request, controller, own, permission

LABEL = "example.com/website"


@controller(
    for_="example.com/v1/Website",
    owns=[own("apps/v1/Deployment", label_selector=LABEL), own("v1/Service", label_selector=LABEL)],
    permissions=[
        permission("deployments", ["create", "patch"], api_groups="apps"),
        permission("services", ["create", "patch"]),
        permission("websites/status", ["update"], api_groups="example.com"),
    ],
)
async def website(ctx: Context, request: Request) -> None:
    site = ctx.lister.get(request)
    if site is None or site["metadata"].get("deletionTimestamp"):
        return
    for child in (deployment_of(site), service_of(site)):
        ctx.set_owner(child, owner=site)
        await ctx.client.apply(child)  # without force: a field that another manager owns is a conflict, not a loss
    deployment = ctx.lister_for("apps/v1/Deployment").get(request)
    available = ((deployment or {}).get("status") or {}).get("availableReplicas", 0)
    wanted = site["spec"].get("replicas", 1)
    message = f"{available} of {wanted} replicas are available"
    if ctx.set_condition(site, "Available", available >= wanted, "Replicas", message):
        await ctx.client.update_status(site)


def deployment_of(site: dict[str, Any]) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": site["spec"]["image"],
        "ports": [{"containerPort": site["spec"].get("port", 80), "protocol": "TCP"}],
    }
    spec = {
        "replicas": site["spec"].get("replicas", 1),
        "selector": {"matchLabels": labels_of(site)},
        "template": {"metadata": {"labels": labels_of(site)}, "spec": {"containers": [container]}},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata_of(site), "spec": spec}


def service_of(site: dict[str, Any]) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": site["spec"].get("port", 80), "protocol": "TCP"}]
    spec = {"selector": labels_of(site), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata_of(site), "spec": spec}


def metadata_of(site: dict[str, Any]) -> dict[str, Any]:
    return {**{key: site["metadata"][key] for key in ("name", "namespace")}, "labels": labels_of(site)}


def labels_of(site: dict[str, Any]) -> dict[str, str]:
    return {LABEL: site["metadata"]["name"]}
