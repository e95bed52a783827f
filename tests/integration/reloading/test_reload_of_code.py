"""Code that fails, hangs, crashes or will not end, edited under load: see ``loaded_operator`` for what always holds."""

from pathlib import Path
from typing import Any

import pytest

from plugin_operator.testing.eventually import eventually
from tests.integration.reloading.conftest import Case

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_syntax_error_keeps_the_last_good_code_and_a_mend_takes_over(case: Case) -> None:
    await case.save("v1")
    case.put(case.path.name, case.text("v2") + "def broken(:\n")
    assert (await case.state("Rejected")).reason.startswith("SyntaxError")
    await case.goes_on("v1")
    await case.save("v3")
    assert case.count("v2") == 0
    assert (await case.state("Active")).reloads == 2


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("import time; time.sleep(1000)", "did not end within"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os._exit(3)", "os._exit(3)"),
        ("while True: print('x' * 2**20)", "prints more than 1 MiB"),
    ],
    ids=["hangs", "segfaults", "exits", "prints"],
)
async def test_an_import_that_would_harm_the_operator_is_tried_elsewhere_and_refused(
    case: Case, head: str, named: str
) -> None:
    await case.save("v1")
    case.put(case.path.name, case.text("v2", head=head))
    assert named in (await case.state("Rejected")).reason
    await case.goes_on("v1")
    await case.save("v3")


async def test_a_thread_that_an_import_starts_is_named(case: Case) -> None:
    start = "import threading, time; threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    await case.save("v1", head=start)
    assert "thread" in (await case.state("Active")).leftovers[0]


async def test_a_reconcile_that_swallows_cancellation_locks_its_key_alone(case: Case, tmp_path: Path) -> None:
    body = (
        f"while request.name == 'k000' and not __import__('os').path.exists({str(tmp_path / 'free')!r}):\n"
        "    try: await asyncio.sleep(0.02)\n"
        "    except asyncio.CancelledError: pass\n"
    )
    await case.save("v1", body=body)
    await eventually(lambda: (case.name, "k000") in case.operator.ledger.running)
    await case.save("v2")
    assert "default/k000" in (await case.state("Stuck")).reason
    await case.goes_on("v2")
    assert "k000" not in case.keys("v2")
    (tmp_path / "free").touch()
    await eventually(lambda: "k000" in case.keys("v2"), timeout_seconds=20)


async def test_a_crash_loop_right_after_a_swap_is_rolled_back(case: Case) -> None:
    await case.save("v1")
    good = (await case.state("Active")).revision
    case.put(case.path.name, case.text("v2", body="raise ValueError('bad edit')"))
    status = await case.state("Quarantined")
    assert (status.revision, "bad edit" in status.reason) == (good, True)
    await case.goes_on("v1")
    assert case.count("v2") == 0


async def test_reconciles_that_time_out_right_after_a_swap_are_a_crash_loop_too(case: Case) -> None:
    timeout = ", max_concurrent_reconciles=4, reconcile_timeout_seconds=0.1"
    await case.save("v1", options=timeout)
    good = (await case.state("Active")).revision
    case.put(case.path.name, case.text("v2", options=timeout, body="await asyncio.sleep(1000)"))
    status = await case.state("Quarantined")
    assert status.revision == good
    assert "took longer than 0.1 s" in status.reason
    await case.goes_on("v1")


async def test_an_edit_that_needs_a_kind_that_is_not_there_waits_and_the_old_code_goes_on(case: Case) -> None:
    await case.save("v1")
    good = (await case.state("Active")).revision
    group = f"{case.name}.example.com"
    case.put(case.path.name, case.text("v2", options=f", reads=['{group}/v1/Widget'], max_concurrent_reconciles=4"))
    status = await case.state("Waiting")
    assert "Widget" in status.reason
    assert f"{good} keeps running" in status.reason
    assert (status.revision, bool(status.candidate)) == (good, True)
    await case.goes_on("v1")
    assert case.count("v2") == 0
    await case.operator.client.create(widget_definition(group))
    await case.ran("v2")
    status = await case.state("Active")
    assert (status.reason, status.candidate, status.reloads) == ("", "", 2)


def widget_definition(group: str) -> dict[str, Any]:
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": versions},
    }


async def test_a_traceback_of_old_code_shows_the_source_that_ran(case: Case, tmp_path: Path) -> None:
    go, out = tmp_path / "go", tmp_path / "out"
    body = (
        f"if request.name == 'k000' and not Path({str(out)!r}).exists():\n"
        f"    while not Path({str(go)!r}).exists(): await asyncio.sleep(0.02)\n"
        "    try: raise ValueError('from the first source')\n"
        f"    except ValueError: Path({str(out)!r}).write_text(traceback.format_exc())\n"
    )
    await case.save("v1", head="import traceback\nfrom pathlib import Path", body=body)
    await eventually(lambda: (case.name, "k000") in case.operator.ledger.running)
    await case.save("v2", head="# one line\n# and another", body="\n\n\nraise_nothing = 'by the second source'\n")
    go.touch()
    await eventually(lambda: out.exists() and out.read_text(), timeout_seconds=20)
    text = out.read_text()
    assert "try: raise ValueError('from the first source')" in text
    assert str(case.path) in text


async def test_fifty_reloads_lose_nothing(case: Case) -> None:
    for number in range(1, 51):
        await case.save(f"v{number}")
    assert (await case.state("Active")).reloads == 50
