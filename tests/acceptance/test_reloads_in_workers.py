"""Files change while two worker processes run them: each case ends the same in both, no key is lost or doubled."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from plugin_operator.testing.eventually import eventually
from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import Run, StartTwo
from tests.acceptance.worker_operator import SECONDS, WorkerOperator, replace, shared
from tests.gadget_plugins import NAMESPACE, a_plugin

OTHER = """
from plugin_operator import controller

@controller(for_="v1/Secret")
async def other(ctx, request): ...
"""


@pytest.fixture
async def two(start_two: StartTwo, plugins: Path) -> WorkerOperator:
    """Two workers that have reconciled all objects with the first edition."""
    (plugins / "shared.py").write_text(shared("first"))
    (plugins / "other.py").write_text(OTHER)
    made = start_two()
    made.write_objects("0")
    await made.ready()
    await made.settled("0", "first")
    return made


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("def new_controller(:\n", "invalid syntax"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        ("raise RuntimeError('at import')\n", "at import"),
        ("import os\nos._exit(3)\n", "exit"),
    ],
)
async def test_a_file_that_cannot_be_loaded_changes_nothing_and_its_restored_content_runs_on(
    two: WorkerOperator, plugins: Path, broken: str, reason: str
) -> None:
    replace(plugins / "shared.py", broken)
    await two.in_both("Plugin rejected")
    assert reason in two.lines("Plugin rejected")[0]["reason"]
    two.write_objects("1")
    await two.settled("1", "first")
    replace(plugins / "shared.py", shared("first"))
    await eventually(lambda: two.plugin()["state"] == "Active", timeout_seconds=SECONDS)
    two.write_objects("2")
    await two.settled("2", "first")
    replace(plugins / "shared.py", shared("second"))
    await two.settled("2", "second")


async def test_reconciles_that_fail_in_all_workers_bring_back_the_last_good_code_and_quarantine_the_file(
    two: WorkerOperator, plugins: Path
) -> None:
    replace(plugins / "shared.py", shared("bad", body="raise RuntimeError('crash')"))
    await eventually(lambda: two.plugin()["state"] == "Quarantined", timeout_seconds=SECONDS)
    two.write_objects("1")
    await two.settled("1", "first")
    replace(plugins / "shared.py", shared("second"))
    await two.settled("1", "second")
    begun = len(two.lines("Ended", edition="bad"))
    replace(plugins / "shared.py", shared("bad", body="raise RuntimeError('crash')"))
    await eventually(lambda: two.plugin()["state"] == "Quarantined", timeout_seconds=SECONDS)
    two.write_objects("2")
    await two.settled("2", "second")
    assert len(two.lines("Ended", edition="bad")) == begun, "what was rolled back is not tried again"


async def test_a_renamed_file_is_one_plugin_that_goes_and_one_that_comes(two: WorkerOperator, plugins: Path) -> None:
    (plugins / "shared.py").rename(plugins / "renamed.py")
    await eventually(lambda: two.plugin("renamed").get("state") == "Active", timeout_seconds=SECONDS)
    await eventually(lambda: not two.plugin("shared"), timeout_seconds=SECONDS)
    two.write_objects("1")
    await two.settled("1", "first")
    replace(plugins / "renamed.py", shared("second"))
    await two.settled("1", "second")


async def test_a_deleted_file_ends_its_plugin_in_all_workers_and_comes_back(two: WorkerOperator, plugins: Path) -> None:
    (plugins / "shared.py").unlink()
    await two.in_both("Plugin retired", plugin="shared")
    await eventually(lambda: not two.plugin("shared"), timeout_seconds=SECONDS)
    ended = len(two.lines("Ended"))
    two.write_objects("1")
    replace(plugins / "shared.py", shared("back"))
    await two.settled("1", "back")
    assert {each["edition"] for each in two.lines("Ended")[ended:]} == {"back"}


async def test_edits_during_a_drain_end_with_the_last_one_in_all_workers(two: WorkerOperator, plugins: Path) -> None:
    replace(plugins / "shared.py", shared("slow", seconds=2.0))
    await eventually(lambda: two.lines("Ended", edition="slow"), timeout_seconds=SECONDS)
    two.write_objects("1")
    for edition in ("third", "fourth", "fifth"):
        replace(plugins / "shared.py", shared(edition))
        await eventually(lambda: two.lines("Plugin changed") or two.lines("Begun"), timeout_seconds=SECONDS)
    await two.settled("1", "fifth")


STATEFUL = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap", distribution="sharded", label_selector="app=sharded")
class Counting:
    seen = 0

    async def reconcile(self, ctx, request):
        self.seen += 1
        ctx.log.info("Counted", seen=self.seen, edition="EDITION")

    def export_state(self):
        return self.seen

    def import_state(self, state):
        self.seen = state
"""


async def test_state_goes_to_the_next_revision_of_each_worker(two: WorkerOperator, plugins: Path) -> None:
    (plugins / "counting.py").write_text(STATEFUL)
    await two.in_both("Counted", edition="EDITION")
    await eventually(lambda: {each["name"] for each in two.lines("Counted")} >= {"object-0", "object-23"})
    await eventually(lambda: len({each["name"] for each in two.lines("Counted")}) == 24, timeout_seconds=SECONDS)
    replace(plugins / "counting.py", STATEFUL.replace("EDITION", "second"))
    await two.in_both("Counted", edition="second")
    for worker in (0, 1):
        before = max(each["seen"] for each in two.lines("Counted", edition="EDITION", worker=worker))
        assert two.lines("Counted", edition="second", worker=worker)[0]["seen"] == before + 1


async def test_two_files_that_change_at_once_both_run_in_all_workers(two: WorkerOperator, plugins: Path) -> None:
    (plugins / "twin.py").write_text(shared("first", name="twin"))
    await two.settled("0", "first", "twin")
    replace(plugins / "shared.py", shared("second"))
    replace(plugins / "twin.py", shared("second", name="twin"))
    two.write_objects("1")
    await two.settled("1", "second")
    await two.settled("1", "second", "twin")


async def test_a_changed_helper_reloads_its_plugin_in_all_workers(two: WorkerOperator, plugins: Path) -> None:
    (plugins / "words.py").write_text("WORD = 'one'\n")
    text = shared("with helper", head="import words\n", body="ctx.log.info('Word', word=words.WORD)")
    replace(plugins / "shared.py", text)
    await two.in_both("Word", word="one")
    replace(plugins / "words.py", "WORD = 'two'\n")
    await two.in_both("Word", word="two")
    two.write_objects("1")
    await two.settled("1", "with helper")
    replace(plugins / "words.py", "WORD = \n")
    await two.in_both("Plugin rejected")
    two.write_objects("2")
    await two.settled("2", "with helper")


@pytest.mark.parametrize("number", [0, 1])
async def test_an_edit_while_a_worker_starts_again_reaches_it(two: WorkerOperator, plugins: Path, number: int) -> None:
    two.kill(number)
    replace(plugins / "shared.py", shared("second"))
    two.write_objects("1")
    await two.settled("1", "second")
    await two.ready()
    assert len({each["pid"] for each in two.lines("Ended", edition="second")}) == 2


HOOK = """
import asyncio
from plugin_operator import controller

@controller(for_="v1/ConfigMap", distribution="sharded", label_selector="app=sharded")
class Hooked:
    async def start(self, ctx):
        ctx.log.info("Starting", edition="EDITION")
        await asyncio.sleep(SECONDS)

    async def reconcile(self, ctx, request):
        step = (ctx.lister.get(request) or {}).get("data", {}).get("step")
        ctx.log.info("Ended", edition="EDITION", how="ok", step=step)
"""


async def test_a_worker_that_is_killed_in_the_middle_of_a_swap_ends_with_the_new_code(
    two: WorkerOperator, plugins: Path
) -> None:
    replace(plugins / "hooked.py", HOOK.replace("SECONDS", "0").replace("EDITION", "first"))
    await two.settled("0", "first", "hooked")
    replace(plugins / "hooked.py", HOOK.replace("SECONDS", "1").replace("EDITION", "second"))
    await eventually(lambda: 1 in two.workers_that_said("Starting", edition="second"), timeout_seconds=SECONDS)
    two.kill(1)
    two.write_objects("1")
    await two.settled("1", "second", "hooked")
    await two.settled("1", "first")


CLAIMS = """
import os, pathlib

class Claims:
    async def start(self, ctx):
        ctx.log.info("Claims", edition="EDITION")
        try:
            with open(FILE, "x") as made:
                made.write(str(os.getpid()))
        except FileExistsError:
            if pathlib.Path(FILE).read_text() != str(os.getpid()):
                raise OSError("the port is taken") from None
"""


def claiming(edition: str, claimed: Path) -> str:
    """Return a plugin whose ``start`` fails in all workers but the first."""
    text = HOOK.replace("class Hooked:", "class Hooked(Claims):").replace("    async def start", "    async def begin")
    text = text.replace("SECONDS", "0").replace("EDITION", edition)
    return CLAIMS.replace("EDITION", edition).replace("FILE", repr(str(claimed))) + text


async def test_an_edit_whose_start_fails_in_one_worker_runs_in_none(
    two: WorkerOperator, plugins: Path, tmp_path: Path
) -> None:
    replace(plugins / "hooked.py", HOOK.replace("SECONDS", "0").replace("EDITION", "first"))
    await two.settled("0", "first", "hooked")
    replace(plugins / "hooked.py", claiming("second", tmp_path / "claimed"))
    await eventually(lambda: "rolled back" in two.plugin("hooked")["reason"], timeout_seconds=SECONDS)
    found = two.plugin("hooked")
    worker = two.lines("Plugin rejected", plugin="hooked")[0]["worker"]
    assert found["state"] == "Rejected"
    assert found["reason"].count("the port is taken") == 1
    assert found["reason"].startswith(f"worker {worker}: ")
    two.write_objects("1")
    await two.settled("1", "first", "hooked")
    assert not two.lines("Ended", edition="second")
    two.kill(1 - worker)
    two.write_objects("2")
    await two.settled("2", "first", "hooked")
    replace(plugins / "hooked.py", HOOK.replace("SECONDS", "0").replace("EDITION", "third"))
    await two.settled("2", "third", "hooked")
    assert not two.lines("Ended", edition="second")


def gadgets(edition: str, fields: str = "size: int = 3") -> str:
    """Return a plugin that defines Gadget and says which edition it is."""
    return a_plugin(edition, fields, body=f"    ctx.log.info('Gadget seen', edition={edition!r})\n")


async def test_a_class_that_changes_changes_its_definition_and_a_refused_change_runs_in_no_worker(
    start_two: StartTwo, cluster: Cluster, plugins: Path, tmp_path: Path
) -> None:
    two = start_two("--apply-crds")

    def fields() -> set[str]:
        found = json.loads(
            cluster.kubectl("get", "crd", "gadgets.example.org", "-o", "json", "--ignore-not-found") or "{}"
        )
        versions = found.get("spec", {}).get("versions", [])
        return {
            name for each in versions for name in each["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        }

    (plugins / "one.py").write_text(gadgets("V1"))
    await eventually(lambda: fields() == {"size"}, timeout_seconds=SECONDS)
    await eventually(lambda: two.plugin("one").get("state") == "Active", timeout_seconds=SECONDS)
    replace(plugins / "one.py", gadgets("V2", "size: int = 3\ncolour: str = ''"))
    await eventually(lambda: fields() == {"size", "colour"}, timeout_seconds=SECONDS)
    made = tmp_path / "gadget.json"
    gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "one"}, "spec": {"size": 3}}
    made.write_text(json.dumps(gadget))
    cluster.kubectl("create", "--raw", f"/apis/example.org/v1/namespaces/{NAMESPACE}/gadgets", "-f", str(made))
    await eventually(lambda: two.lines("Gadget seen", edition="V2"), timeout_seconds=SECONDS)
    replace(plugins / "one.py", gadgets("V3", "size: str = ''\ncolour: str = ''"))
    await two.in_both("Plugin rejected", plugin="one")
    assert two.plugin("one")["state"] == "Rejected"
    assert fields() == {"size", "colour"}
    seen = len(two.lines("Gadget seen"))
    cluster.kubectl("label", "gadgets.example.org", "one", "again=yes")
    await eventually(lambda: len(two.lines("Gadget seen")) > seen, timeout_seconds=SECONDS)
    assert not two.lines("Gadget seen", edition="V3")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """Make a private and a public key."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)],
        ["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return private, public


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
async def test_a_file_without_its_signature_runs_in_no_worker(
    start_two: StartTwo, run: Run, plugins: Path, keys: tuple[Path, Path]
) -> None:
    private, public = keys
    (plugins / "shared.py").write_text(shared("first"))
    assert run("sign", "--key", private, plugins).returncode == 0
    two = start_two("--plugins-signature-key", str(public))
    two.write_objects("0")
    await two.settled("0", "first")
    replace(plugins / "shared.py", shared("altered"))
    await two.in_both("Plugins directory unusable")
    killed = two.kill(1, signal.SIGKILL)
    await eventually(lambda: two.pids() and killed not in two.pids(), timeout_seconds=SECONDS)
    two.write_objects("1")
    await two.settled("1", "first")
    assert not two.lines("Ended", edition="altered")
    assert run("sign", "--key", private, plugins).returncode == 0
    await two.settled("1", "altered")
