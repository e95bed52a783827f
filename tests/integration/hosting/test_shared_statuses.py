"""``ctx.status`` of several workers about one object, on the API server: no condition is lost."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing import scenario

PLUGIN = """
import asyncio

from plugin_operator import Context, Request, controller

together, waited = asyncio.Barrier(3), set()


@controller(for_="v1/ConfigMap", label_selector="a=b", reads=["KIND"], max_concurrent_reconciles=3)
async def reporter(ctx: Context, request: Request) -> None:
    obj = ctx.lister.get(request)
    if obj is None:
        return
    shared = await ctx.client.get("KIND", "shared", "default")
    async with ctx.status(shared):
        ctx.set_condition(shared, "Of" + request.name.upper(), True, "Reported", obj["data"]["n"])
        if (report := (request.name, obj["data"]["n"])) not in waited:
            waited.add(report)
            await together.wait()
"""
POD: dict[str, Any] = {"spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}}
#: Conditions of a Service are a map by type, those of a Job are one value.
SPECS: dict[str, dict[str, Any]] = {"v1/Service": {"ports": [{"port": 80}]}, "batch/v1/Job": {"template": POD}}


@pytest.mark.parametrize("kind", SPECS)
async def test_conditions_that_workers_set_at_once_on_one_object_all_stay(kind: str, tmp_path: Path) -> None:
    (tmp_path / "reporter.py").write_text(PLUGIN.replace("KIND", kind))
    api_version, _, name = kind.rpartition("/")
    metadata = {"name": "shared", "namespace": "default"}
    async with scenario(tmp_path / "reporter.py") as run:
        await run.create({"apiVersion": api_version, "kind": name, "metadata": metadata, "spec": SPECS[kind]})
        for number in "01":
            for each in "abc":
                labelled = {"name": each, "namespace": "default", "labels": {"a": "b"}}
                await run.client.apply(
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": labelled, "data": {"n": number}}
                )
            await run.advance(60)
            found = (await run.get(kind, "shared"))["status"]["conditions"]
            assert {each["type"]: each["message"] for each in found} == dict.fromkeys(("OfA", "OfB", "OfC"), number)
