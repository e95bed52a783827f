"""The operator of kopf's tutorial: a PersistentVolumeClaim for each EphemeralVolumeClaim, of its size and labels."""

from msgspec import field

from plugin_operator import (
    ApiObject,
    Conditions,
    Context,
    InvalidError,
    Metadata,
    Quantity,
    Request,
    Struct,
    TerminalError,
    column,
    controller,
    own,
    resource,
)
from plugin_operator.kinds import core_v1

LABEL = "example.com/ephemeral"


class EphemeralVolumeClaimSpec(Struct):
    """What a user asks for.

    Attributes:
        size: The storage, such as 1G. It can grow, and not shrink.
    """

    size: Quantity


class EphemeralVolumeClaimStatus(Struct):
    """What the operator found.

    Attributes:
        claim: The name of the PersistentVolumeClaim.
        phase: Its phase.
        conditions: Whether it has the size.
    """

    claim: str = ""
    phase: str = ""
    conditions: Conditions = []


@resource(
    "example.com/v1/EphemeralVolumeClaim",
    short_names=["evc"],
    columns=[column("Size", ".spec.size"), column("Phase", ".status.phase")],
)
class EphemeralVolumeClaim(ApiObject):
    """A volume that lives as long as this object."""

    spec: EphemeralVolumeClaimSpec
    status: EphemeralVolumeClaimStatus = field(default_factory=EphemeralVolumeClaimStatus)


@controller(for_=EphemeralVolumeClaim, owns=[own(core_v1.PersistentVolumeClaim, label_selector=LABEL)])
async def ephemeral_volume_claim(ctx: Context[EphemeralVolumeClaim], request: Request) -> None:
    found = ctx.lister.get(request)
    if found is None or found.metadata.deletion_timestamp:
        return
    volume = core_v1.PersistentVolumeClaim(
        metadata=Metadata(name=request.name, labels={**found.metadata.labels, LABEL: request.name}),
        spec=core_v1.PersistentVolumeClaimSpec(
            access_modes=["ReadWriteOnce"],
            resources=core_v1.VolumeResourceRequirements(requests={"storage": str(found.spec.size)}),
        ),
    )
    async with ctx.status(found) as status:
        try:
            await ctx.sync_children(found, [volume])
        except InvalidError as error:
            ctx.set_condition(found, "Sized", False, "Refused", str(error))
            raise TerminalError(str(error)) from error  # until the size or the volume changes
        current = ctx.lister_for(core_v1.PersistentVolumeClaim).get(request)
        status.claim = request.name
        status.phase = (current.status.phase if current is not None else None) or "Pending"
        ctx.set_condition(found, "Sized", True, "Applied")
