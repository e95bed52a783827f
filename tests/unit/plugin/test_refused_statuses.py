"""``ctx.status`` of typed objects: a status that breaks its class is refused with its path, and nothing is sent."""

from typing import Annotated, Any

import pytest

from plugin_operator import ApiObject, Condition, Metadata, Struct, resource, schema
from plugin_operator.errors import InvalidError
from plugin_operator.testing import fake_context

TEXT: Any = "a"


class PartStatus(Struct):
    size: Annotated[int, schema(le=9)] = 0


class CountedStatus(Struct):
    n: int = 0
    parts: list[PartStatus] = []
    by_zone: dict[str, PartStatus] = {}
    notes: dict[str, str] = {}
    conditions: list[Condition] = []


@resource("example.com/v1/Counted")
class Counted(ApiObject):
    status: CountedStatus | None = None


def stored(status: CountedStatus | None = None) -> tuple[Any, Any]:
    ctx: Any = fake_context([Counted(metadata=Metadata(name="a", namespace="ns"), status=status)], kind=Counted)
    return ctx, ctx.lister.get(ctx.request)


async def write(ctx: Any, obj: Any, error: Exception | None = None, **fields: Any) -> None:
    """Change the status in a block, which may raise."""
    async with ctx.status(obj) as status:
        for name, value in fields.items():
            setattr(status, name, value)
        if error is not None:
            raise error


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"n": "a"}, "status.n: Expected int, got str"),
        ({"parts": [PartStatus(), PartStatus(size=TEXT)]}, "status.parts[1].size: Expected int, got str"),
        ({"parts": [PartStatus(size=10)]}, "status.parts[0].size: must be <= 9, and is 10"),
        ({"by_zone": {"a": PartStatus(), "b.c": PartStatus(size=TEXT)}}, "status.byZone[b.c].size: Expected int, got"),
        ({"notes": {"a": "b", "c": 1}}, "status.notes[c]: Expected str, got int"),
        ({"notes": {"c": 1, "d": 2}}, "status.notes[c]: Expected str, got int"),
    ],
)
@pytest.mark.parametrize("before", [None, CountedStatus(n=1)], ids=["absent", "present"])
async def test_a_value_that_breaks_the_class_is_refused_with_its_path(
    before: CountedStatus | None, fields: dict[str, Any], reason: str
) -> None:
    ctx, obj = stored(before)
    with pytest.raises(InvalidError) as raised:
        await write(ctx, obj, **fields)
    assert f"is invalid and was not sent: {reason}" in str(raised.value)
    assert not [*ctx.writes, *ctx.failed_writes]


async def test_a_status_that_broke_its_class_before_can_still_be_written() -> None:
    ctx, _ = stored()
    old = {**ctx.lister.raw(ctx.request), "status": {"parts": [{"size": 99}], "n": 1}}
    ctx = fake_context([old], kind=Counted)
    await write(ctx, ctx.lister.get(ctx.request), n=2)
    assert [str(each) for each in ctx.writes] == ["apply example.com/v1/Counted/status ns/a"]


async def test_a_failed_reconcile_with_wrong_conditions_reports_its_own_exception() -> None:
    ctx, obj = stored()
    with pytest.raises(RuntimeError, match="own"):
        await write(ctx, obj, RuntimeError("own"), conditions=[5])
    assert not [*ctx.writes, *ctx.failed_writes]
