"""The operator of kopf's tutorial: a PersistentVolumeClaim for each EphemeralVolumeClaim, of its size and labels."""

import re

from plugin_operator import Context, Request, TerminalError, controller, own, permission

SIZE = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti)")


@controller(
    for_="example.com/v1/EphemeralVolumeClaim",
    owns=[own("v1/PersistentVolumeClaim", label_selector="example.com/ephemeral")],
    permissions=[
        permission("persistentvolumeclaims", ["create", "patch"]),
        permission("ephemeralvolumeclaims/status", ["update"], api_groups="example.com"),
    ],
)
async def ephemeral_volume_claim(ctx: Context, request: Request) -> None:
    claim = ctx.lister.get(request)
    if claim is None or claim["metadata"].get("deletionTimestamp"):
        return
    size = claim["spec"]["size"]
    if not SIZE.fullmatch(size):
        raise TerminalError(f"spec.size is {size!r}: write a size such as 10Gi")
    labels = {**(claim["metadata"].get("labels") or {}), "example.com/ephemeral": request.name}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": request.name, "namespace": request.namespace, "labels": labels},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    }
    ctx.set_owner(volume, owner=claim)
    applied = await ctx.client.apply(volume, force=True)
    phase = (applied.get("status") or {}).get("phase", "Pending")
    if (claim.get("status") or {}).get("phase") != phase:
        await ctx.client.update_status({**claim, "status": {"phase": phase}})
