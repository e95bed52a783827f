"""The status of several workers reads like that of one process."""

from typing import Any

from plugin_operator.processes.merging.status import merged_status


def controller(*, started: bool = True, objects: int = 2, **changes: Any) -> dict[str, Any]:
    return {
        "name": "widget",
        "revision": "1-abc",
        "started": started,
        "synced": True,
        "queueDepth": 1,
        "delayed": 0,
        "waitingNamespaces": [],
        "schedules": [],
        "inFlight": [{"request": "default/a"}],
        "maxConcurrentReconciles": 4,
        "reconciles": {"success": 3, "error": 1},
        "failing": {},
        "failures": {"objects": 1, "names": ["default/a"], "handlers": 0, "keepsFailing": False, "last": None},
        "informers": [{"kind": "v1/ConfigMap", "state": "WATCHING", "objects": objects, "synced": True}],
        **changes,
    }


def status(state: str = "Active", reason: str = "", **changes: Any) -> dict[str, Any]:
    plugin = {
        "name": "widgets",
        "state": state,
        "reason": reason,
        "placedReason": reason,
        "missingPermissions": [],
        "controllerStatus": [controller(**changes)],
        "leftovers": [],
        "reloads": 1,
        "failing": "",
        "failures": "",
        "tasks": 1,
        "misbehaving": [],
    }
    return {"version": "1", "pluginsDirProblem": "", "plugins": [plugin]}


def test_numbers_of_a_controller_are_those_of_all_workers_that_run_it() -> None:
    (plugin,) = merged_status([status(), status(objects=5)])["plugins"]
    (found,) = plugin["controllerStatus"]
    assert (found["queueDepth"], found["maxConcurrentReconciles"]) == (2, 8)
    assert found["reconciles"] == {"success": 6, "error": 2}
    assert [each["objects"] for each in found["informers"]] == [7]
    assert len(found["inFlight"]) == 2


def test_a_worker_that_only_keeps_the_caches_of_a_controller_does_not_count() -> None:
    (plugin,) = merged_status([status(), status(started=False)])["plugins"]
    (found,) = plugin["controllerStatus"]
    assert (found["started"], found["queueDepth"], found["maxConcurrentReconciles"]) == (True, 1, 4)
    assert [each["objects"] for each in found["informers"]] == [2]


def test_a_plugin_has_the_state_of_the_worker_in_which_it_is_worst() -> None:
    (plugin,) = merged_status([status(), status("Rejected", "no such name")])["plugins"]
    assert (plugin["state"], plugin["reason"]) == ("Rejected", "worker 1: no such name")


def test_a_reason_that_all_workers_share_names_none_of_them() -> None:
    (plugin,) = merged_status([status("Waiting", "kind not served"), status("Waiting", "kind not served")])["plugins"]
    assert plugin["reason"] == "kind not served"


def rejected(reason: str, line: int | None = None, revision: str = "1-abc") -> dict[str, Any]:
    found = status("Rejected", reason)
    placed = f"one.py:{line}: {reason}" if line else reason
    found["plugins"][0] |= {"line": line, "placedReason": placed, "revision": revision}
    return found


def test_different_reasons_name_their_workers() -> None:
    (plugin,) = merged_status([rejected("no port", 3), status(), rejected("no disk"), rejected("no port")])["plugins"]
    assert plugin["reason"] == "workers 0, 3: no port; worker 2: no disk"
    assert plugin["placedReason"] == "workers 0, 3: one.py:3: no port; worker 2: no disk"


def test_a_reason_that_names_its_worker_is_said_as_it_is() -> None:
    (plugin,) = merged_status([rejected("worker 1: no port", 3), status("Warming")])["plugins"]
    assert plugin["reason"] == "worker 1: no port"


def test_a_content_has_the_highest_of_its_revisions() -> None:
    found = [rejected("no port", revision=each) for each in ("2-abc", "11-abc", "30-def")]
    assert merged_status(found)["plugins"][0]["revision"] == "11-abc"
    found = [status(revision="2-abc"), status(revision="11-abc")]
    assert merged_status(found)["plugins"][0]["controllerStatus"][0]["revision"] == "11-abc"


def failing(objects: int, names: list[str], error: str, at: str) -> dict[str, Any]:
    last = {"what": "reconcile", "error": error, "places": ["one.py:7"], "at": at}
    failures = {"objects": objects, "names": names, "handlers": 0, "keepsFailing": False, "last": last}
    found = status(failures=failures)
    found["plugins"][0]["failures"] = "not to be joined"
    return found


def test_failures_are_one_sentence_with_the_sum_of_the_objects_and_the_last_error() -> None:
    found = [failing(2, ["a", "b"], "old", "2026-01-01"), failing(3, ["c", "d", "e"], "ValueError: no", "2026-01-02")]
    (plugin,) = merged_status(found)["plugins"]
    assert plugin["failures"] == "widget: 5 objects fail (a, b, c, …); last ValueError: no (one.py:7)"
    assert merged_status([status(), status()])["plugins"][0]["failures"] == ""


def test_a_misbehavior_of_all_workers_stands_once_and_one_of_some_names_them() -> None:
    found = [status(), status()]
    for number, each in enumerate(found):
        each["plugins"][0]["misbehaving"] = [
            {"how": "loops", "detail": "writes its own object", "since": "", "stack": []},
            {"how": "tasks", "detail": f"{number + 5} of them", "since": "", "stack": []},
        ]
    (plugin,) = merged_status(found)["plugins"]
    assert [each["detail"] for each in plugin["misbehaving"]] == [
        "writes its own object", "5 of them in worker 0", "6 of them in worker 1",
    ]  # fmt: skip


def test_a_worker_that_does_not_answer_leaves_the_status_of_the_others() -> None:
    found = merged_status([None, status()], leader="me", workers=[])
    assert [each["name"] for each in found["plugins"]] == ["widgets"]
    assert (found["leader"], found["workers"]) == ("me", [])
    assert merged_status([None, None])["plugins"] == []


def test_a_plugin_is_not_active_while_a_worker_without_a_plugins_directory_does_not_run_it() -> None:
    problem = "plugins does not exist"
    keeps = {**status(), "pluginsDirProblem": problem}
    started_later = {**status(), "pluginsDirProblem": problem, "plugins": []}
    assert merged_status([keeps, keeps])["plugins"][0]["state"] == "Active"
    (plugin,) = merged_status([keeps, started_later])["plugins"]
    assert (plugin["state"], plugin["reason"]) == ("Discovered", "worker 1 does not run it: plugins does not exist")
