"""All mistakes of a module's declarations are reported with the first one."""

import pytest

from plugin_operator.errors import PluginRejected, joined
from tests.unit.plugin.conftest import Load


def rejected(load: Load, source: str) -> list[str]:
    with pytest.raises(PluginRejected) as caught:
        load(source)
    return [f"{each.line}: {each.reason.partition(':')[0]}" for each in (caught.value, *caught.value.others)]


def test_wrong_fields_of_one_controller_are_reported_together(load: Load) -> None:
    fields = "for_='v1/pods', owns=['v1/secrets'], resync_seconds=-1, name='a b'"
    source = f"@controller({fields})\nasync def one(ctx): ...\n"
    assert rejected(load, source) == ["2: one", "2: for_", "2: name", "2: owns", "2: resync_seconds"]


def test_wrong_controllers_are_reported_together(load: Load) -> None:
    source = """\
    @controller(for_='v1/pods')
    async def one(ctx, request): ...
    @controller(for_='v1/Pod')
    async def good(ctx, request): ...
    @controller(for_='v1/Pod', label_selector='(')
    async def two(ctx, request): ...
    def new_controller():
        return 1
    """
    assert rejected(load, source) == ["2: for_", "6: label_selector", "None: reconcile"]


def test_names_that_are_used_again_are_reported_together(load: Load) -> None:
    source = "".join(f"@controller(for_='v1/Pod', name='same')\nasync def c{n}(ctx, request): ...\n" for n in range(3))
    assert rejected(load, source) == ["4: name", "6: name"]


def test_a_rejection_has_at_most_fifty_others() -> None:
    nested = joined([PluginRejected(str(each)) for each in range(40)])
    first = joined([nested, joined([PluginRejected(str(each)) for each in range(40, 80)])])
    assert [each.reason for each in first.others] == [str(each) for each in range(1, 51)]
