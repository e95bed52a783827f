"""Copy Secrets with the label example.com/copy=source into namespaces with labels.

The annotation example.com/copy-to of the source selects the namespaces, in the syntax of kubectl.
"""

from typing import Any

from plugin_operator import (
    Context,
    MapContext,
    Metadata,
    Request,
    Result,
    SelectorError,
    TerminalError,
    controller,
    own,
    watch,
)
from plugin_operator.kinds import core_v1

LABEL, TO = "example.com/copy", "example.com/copy-to"


def every_source(ctx: MapContext[core_v1.Secret], _namespace: dict[str, Any]) -> list[Request]:
    return ctx.lister.keys()


async def remove_copies(ctx: Context[core_v1.Secret], source: core_v1.Secret) -> Result | None:
    """Run when the source is deleted, and when it loses its label."""
    found = await ctx.sync_children(source, [])
    return None if found.is_complete else Result(requeue_after=5)


@controller(
    for_=core_v1.Secret,
    label_selector={LABEL: "source"},
    owns=[own(core_v1.Secret, label_selector={LABEL: "copy"})],
    watches=[watch(core_v1.Namespace, map=every_source, metadata_only=True)],
    cleanup=remove_copies,
)
async def copy_secret(ctx: Context[core_v1.Secret], request: Request) -> None:
    source = ctx.lister.get(request)
    if source is None:
        return
    # A Secret of that name that is no copy stays as it is, and an Event of the source names it.
    await ctx.sync_children(source, [copy_of(source, name) for name in namespaces_for(ctx, source)])


def namespaces_for(ctx: Context[core_v1.Secret], source: core_v1.Secret) -> list[str]:
    selector = source.metadata.annotations.get(TO)
    if not selector:
        return []
    try:
        found = ctx.lister_for(core_v1.Namespace).list(label_selector=selector)
    except SelectorError as error:
        raise TerminalError(f"the annotation {TO} is no label selector: {error}") from error
    living = {each.metadata.name for each in found if not each.metadata.deletion_timestamp}
    return sorted(living - {source.metadata.namespace})


def copy_of(source: core_v1.Secret, namespace: str) -> core_v1.Secret:
    metadata = Metadata(name=source.metadata.name, namespace=namespace, labels={LABEL: "copy"})
    return core_v1.Secret(metadata=metadata, type=source.type, data=source.data)
