"""The soak's judge finds what is lost, however quiet everything else is."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.soak.cluster import Cluster
from tests.soak.judge import Judge, Violation
from tests.soak.logs import Logs
from tests.soak.objects import States
from tests.soak.plugins import ROLES, WIDGET, Editor
from tests.soak.records import Records


class JudgeHarness:
    """A judge with files of its own, a server that has what a test says, and replicas that are always well."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for each in ("plugins", "records", "logs"):
            (root / each).mkdir()
        self.statuses: dict[str, str] = {}
        self.truth: dict[str, dict[str, str]] = {kind: {} for kind in ROLES.values()}
        self.acknowledged: dict[tuple[str, str], str | None] = {}
        self.editor = Editor(root / "plugins")
        self.editor.heal()
        self.cluster: Any = SimpleNamespace(
            unexpected=[], replicas=[], is_whole=self._yes, strays=self._none, leader=self._none, server=self._server()
        )
        self.judge = Judge(
            cast("Cluster", self.cluster),
            Records(root / "records"),
            Logs(root / "logs"),
            self.editor,
            cast("Any", SimpleNamespace(states=self._states)),
            cast("Any", SimpleNamespace(acknowledged=self.acknowledged)),
            0.0,
        )

    def reconciled(self, role: str, name: str, step: str, begin: int, edit: int = 1) -> None:
        kind = ROLES[role].rpartition("/")[2] if step != "gone" else "-"
        with (self.root / "records" / "replica-1").open("a") as file:
            file.write(f"{role} {name} {kind} {step} {edit} ok {begin} {begin + 5}\n")

    def said(self, line: str) -> None:
        (self.root / "logs" / "replica-1").write_text(line + "\n")

    async def _yes(self) -> bool:
        return True

    async def _none(self) -> None:
        return None

    async def _states(self) -> States:
        return States(self.truth, self.statuses)

    def _server(self) -> Any:
        return SimpleNamespace(compacts=True, process=SimpleNamespace(pid=1, rss_mib=50.0))


@pytest.fixture
def harness(tmp_path: Path) -> JudgeHarness:
    return JudgeHarness(tmp_path)


async def test_state_that_was_reconciled_is_in_order(harness: JudgeHarness) -> None:
    harness.truth["v1/Secret"]["object-1"] = "2"
    harness.reconciled("secrets-one", "object-1", "1", 10)
    harness.reconciled("secrets-one", "object-1", "2", 20)
    await harness.judge.calm()


async def test_state_that_was_never_reconciled_is_lost(harness: JudgeHarness) -> None:
    harness.truth["v1/Secret"]["object-1"] = "2"
    harness.reconciled("secrets-one", "object-1", "1", 10)
    with pytest.raises(Violation, match=r"lost: 1 .*\n.*step 2 by edit 1 is due"):
        await harness.judge.calm()


async def test_stale_read_after_the_newest_one_is_lost(harness: JudgeHarness) -> None:
    harness.truth["v1/Secret"]["object-1"] = "2"
    harness.reconciled("secrets-one", "object-1", "2", 10)
    harness.reconciled("secrets-one", "object-1", "1", 20)
    with pytest.raises(Violation, match="lost: 1"):
        await harness.judge.calm()


async def test_one_of_two_controllers_of_a_kind_cannot_hide_behind_the_other(harness: JudgeHarness) -> None:
    harness.truth["v1/ConfigMap"]["object-1"] = "2"
    harness.reconciled("configs-one", "object-1", "2", 10)
    with pytest.raises(Violation, match=r"lost: 1 .*\nconfigs-two"):
        await harness.judge.calm()


async def test_reconcile_by_an_old_edit_is_lost(harness: JudgeHarness) -> None:
    harness.truth["v1/Secret"]["object-1"] = "2"
    harness.editor.edit("secrets-one", "good")
    harness.reconciled("secrets-one", "object-1", "2", 10, edit=1)
    with pytest.raises(Violation, match="by edit 2 is due"):
        await harness.judge.calm()


async def test_deletion_that_was_never_told_is_lost(harness: JudgeHarness) -> None:
    harness.reconciled("secrets-one", "object-1", "1", 10)
    with pytest.raises(Violation, match=r"it is gone, last was"):
        await harness.judge.calm()
    harness.reconciled("secrets-one", "object-1", "gone", 20)
    await harness.judge.calm()


async def test_deletion_while_shards_move_is_nobodys(harness: JudgeHarness) -> None:
    with (harness.root / "records" / "replica-1.100").open("a") as file:
        file.write("secrets-one object-1 Secret 1 1 ok 10 20 uid-1\n")
    with pytest.raises(Violation, match=r"it is gone, last was"):
        await harness.judge.calm()
    harness.said('{"event": "Shards given away", "shards": 1}')
    await harness.judge.calm()


async def test_deletion_between_two_workers_that_run_single_controllers_is_nobodys(harness: JudgeHarness) -> None:
    for worker, name, begin in (("100", "object-1", 10), ("200", "object-2", 30)):
        with (harness.root / "records" / f"replica-1.{worker}").open("a") as file:
            file.write(f"configs-two {name} ConfigMap 1 1 ok {begin} {begin + 5}\n")
    with pytest.raises(Violation, match=r"lost: 1 .*\n.*object-2: it is gone"):
        await harness.judge.calm()


async def test_deletion_between_two_plugins_is_nobodys(harness: JudgeHarness) -> None:
    harness.editor.edit("secrets-one", "rename")
    harness.reconciled("secrets-one", "object-1", "1", time.monotonic_ns(), edit=1)  # the old one, before it is retired
    await harness.judge.calm()
    harness.reconciled("secrets-one", "object-1", "1", time.monotonic_ns(), edit=2)
    with pytest.raises(Violation, match=r"it is gone, last was"):
        await harness.judge.calm()


async def test_status_that_an_older_write_took_back_is_lost(harness: JudgeHarness) -> None:
    harness.truth[WIDGET]["object-1"] = "2"
    harness.statuses["object-1"] = "1"
    harness.reconciled("widgets", "object-1", "2", 10)
    with pytest.raises(Violation, match="its status is of step 1 instead of 2"):
        await harness.judge.calm()
    harness.statuses["object-1"] = "2"
    await harness.judge.calm()


async def test_acknowledged_write_that_the_server_has_not_is_lost(harness: JudgeHarness) -> None:
    harness.acknowledged["v1/Secret", "object-1"] = "2"
    with pytest.raises(Violation, match="the API server lost 1 writes"):
        await harness.judge.calm()


async def test_deleted_object_that_the_server_still_has_is_found(harness: JudgeHarness) -> None:
    harness.acknowledged["v1/Secret", "object-1"] = None
    harness.truth["v1/Secret"]["object-1"] = "1"
    harness.reconciled("secrets-one", "object-1", "1", 10)
    with pytest.raises(Violation, match="the API server lost 1 writes"):
        await harness.judge.calm()


async def test_error_that_nobody_planned_is_found(harness: JudgeHarness) -> None:
    harness.said('{"event": "Reconciler error", "level": "error", "exception": "KeyError: 1"}')
    with pytest.raises(Violation, match="unexpected in the logs"):
        harness.judge.look()


async def test_object_of_another_kind_is_found(harness: JudgeHarness) -> None:
    with (harness.root / "records" / "replica-1").open("a") as file:
        file.write("secrets-one object-1 ConfigMap 1 1 ok 10 20\n")
    with pytest.raises(Violation, match="of the wrong kind"):
        harness.judge.look()


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        (
            'E1127 finisher.go:175] "Unhandled Error" err="panicked: false, panic-reason: <nil>"',
            False,
        ),
        ('E1127 runtime.go:142] "Observed a panic" panic="runtime error: index out of range"', True),
        ("panic: close of closed channel", True),
        ("fatal error: concurrent map writes", True),
    ],
)
async def test_real_server_must_only_not_break(harness: JudgeHarness, line: str, is_found: bool) -> None:
    (harness.root / "logs" / "kube-apiserver").write_text(line + "\n")
    harness.judge.logs.poll()
    assert bool(harness.judge.logs.unexpected) is is_found
