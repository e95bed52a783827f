"""Scale Deployments with the label example.com/office-hours to nothing at night, with typed models."""

from zoneinfo import ZoneInfo

from kubernetes_asyncio.client import V1Deployment

from plugin_operator import Context, Request, TerminalError, controller, cron, permission

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE = "example.com/replicas-by-day"


@controller(
    for_="apps/v1/Deployment",
    label_selector="example.com/office-hours",
    schedules=[cron("0 7 * * 1-5", tz="Europe/Berlin"), cron("0 20 * * 1-5", tz="Europe/Berlin")],
    permissions=[permission("deployments", ["get", "patch"], api_groups="apps")],
)
async def office_hours(ctx: Context, request: Request) -> None:
    if request not in ctx.lister:
        return
    deployment = await ctx.client.get(V1Deployment, request)
    now = ctx.now().astimezone(BERLIN)
    is_day = now.weekday() < 5 and 7 <= now.hour < 20
    replicas = deployment.spec.replicas
    by_day = (deployment.metadata.annotations or {}).get(BEFORE)
    if is_day and not replicas and by_day is not None:
        if not by_day.isdecimal():
            raise TerminalError(f"annotation {BEFORE} is {by_day!r}: write a number of replicas")
        wanted, annotation = int(by_day), None
    elif not is_day and replicas:
        wanted, annotation = 0, str(replicas)
    else:
        return
    patch = {"metadata": {"annotations": {BEFORE: annotation}}, "spec": {"replicas": wanted}}
    await ctx.client.patch(deployment, patch)
