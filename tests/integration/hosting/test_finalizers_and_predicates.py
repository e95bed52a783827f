"""A controller with a finalizer hears of a deletion, whatever its predicates say."""

import os
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")

CLEANS_UP = """
obj = ctx.lister.get(request)
if obj and obj['metadata'].get('deletionTimestamp'):
    ctx.recorder.event({}, 'Normal', 'cleaned', request.name)
    await ctx.remove_finalizer(obj)
elif obj:
    await ctx.ensure_finalizer(obj)
"""


async def has_finalizer(harness: HostHarness, name: str) -> bool:
    return bool((await harness.client.get("v1/ConfigMap", name, NAMESPACE))["metadata"].get("finalizers"))


@pytest.mark.parametrize("predicate", ["labels_changed", "annotations_changed & labels_changed", "MINE"])
async def test_an_object_with_a_finalizer_is_cleaned_up(
    harness: HostHarness, plugin_text: Callable[..., str], predicate: str
) -> None:
    head = (
        "from plugin_operator import annotations_changed, labels_changed\n"
        "MINE = lambda obj: 'mine' not in (obj.get('data') or {})\n"
    )
    harness.write("one.py", plugin_text("V1", head=head, body=CLEANS_UP, options=f", predicates=[{predicate}]"))
    await harness.create("a")
    await eventually(lambda: has_finalizer(harness, "a"), timeout_seconds=20)
    await harness.client.patch("v1/ConfigMap", "a", {"data": {"mine": "no"}}, NAMESPACE)
    await harness.client.delete("v1/ConfigMap", "a", NAMESPACE)
    await harness.ran("cleaned", "a")
    await eventually(lambda: len(harness.factory.informers()[0].lister) == 0, timeout_seconds=20)


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ("", "otherwise its children, fields and other finalizers keep the old id"),
        (
            ", cleanup=clean",
            "otherwise the finalizer of its cleanup= is taken off without a cleanup after the probation of this edit",
        ),
    ],
)
async def test_a_renamed_controller_is_warned_of_what_becomes_of_its_marks(
    harness: HostHarness, plugin_text: Callable[..., str], options: str, end: str
) -> None:
    await harness.create("a")
    head = "async def clean(ctx, obj): ...\n"
    harness.write("one.py", plugin_text("V1", name="copy_secret", head=head, options=options))
    await harness.ran("V1", "a", name="copy_secret")
    with capture_logs() as lines:
        harness.write("one.py", plugin_text("V2", name="copysecret"))
        await harness.ran("V2", "a", name="copysecret")
    (line,) = [line for line in lines if line["event"] == "Controller replaced by one with another id"]
    assert (line["gone"], line["replaced_by"]) == ("copy_secret", ["copysecret"])
    assert "write renamed_from='copy_secret' in its successor" in line["way_out"]
    assert end in line["way_out"]
    with capture_logs() as lines:
        harness.write(
            "one.py", plugin_text("V3", name="copies", options=", renamed_from=['copysecret', 'copy_secret']")
        )
        await harness.ran("V3", "a", name="copies")
    assert [line for line in lines if line["event"] == "Controller replaced by one with another id"] == []
