"""Log every ConfigMap: the factory form, an object with ``reconcile(ctx, request)``."""

from plugin_operator import Context, Request, Result


class ConfigMapController:
    """Says which ConfigMap has changed and which keys it has; values may be secrets, so they are never logged."""

    for_ = "v1/ConfigMap"
    name = "configmap"

    async def reconcile(self, ctx: Context, request: Request) -> Result | None:
        configmap = ctx.lister.get(request)
        if configmap is None:
            ctx.log.info("ConfigMap deleted")
            return None
        keys = sorted({*configmap.get("data", {}), *configmap.get("binaryData", {})})
        ctx.log.info("ConfigMap reconciled", keys=keys)
        return None


def new_controller() -> ConfigMapController:
    """Return the controller of this plugin."""
    return ConfigMapController()
