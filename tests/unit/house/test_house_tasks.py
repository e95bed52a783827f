"""No background task without a supervisor: only ``tasks.py``, and few others by name, may make one."""

import ast
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[3] / "operator"

_MAKERS = {"create_task", "ensure_future", "TaskGroup", "create_eager_task_factory"}
_ALLOWED = {
    "plugin_operator/tasks/waiting.py": "makes them for everybody else",
    "plugin_operator/plugin/runtime/task_tracking.py": "the task factory itself",
    "plugin_operator/manager/event_loop.py": "the main task, before the loop runs",
    # The embedded API server is a process of its own wherever it matters.
    "kube_apiserver/controllers/coalescer.py": "one at a time, whose failures are logged",
    "kube_apiserver/faults/watches.py": "faults that tests plan",
    "kube_apiserver/storage/journal.py": "awaited by every write",
    "http1/connection.py": "one for each connection, which is closed when it ends",
}
_THREADS_ALLOWED = {
    "plugin_operator/tasks/threads.py": "threads of services",
    "plugin_operator/threads.py": "threads on call",
    "plugin_operator/app/tracing.py": "one flush at the end",
    "plugin_operator/app/main.py": "ends a process that does not end by itself",
    "plugin_operator/hosting/inspection/inspector.py": "replaced at the next look if they have ended",
    "plugin_operator/manager/signals.py": "ends a process that does not end by itself",
    "plugin_operator/cli/lifetime.py": "its end is the end of the process",
    "kube_apiserver/command/main.py": "its end is the end of the process",
    "kube_apiserver/threaded.py": "the server itself",
    "kube_apiserver/storage/journal.py": "one executor for the journal",
    "kube_apiserver/threads.py": "executors for documents, gzip and long requests",
}


def makers_in(source: str) -> list[str]:
    """Return what makes tasks in a module, with lines: calls of any name that does, ``asyncio.Task`` and its kind."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
            found += [f"{node.lineno}: class {node.name}" for base in bases if base in {"asyncio.Task", "Task"}]
        if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            found += [f"{node.lineno}: import {each.name}" for each in node.names if each.name in _MAKERS]
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        is_task = name == "Task" and ast.unparse(node.func) in {"asyncio.Task", "Task"}
        if name in _MAKERS or is_task:
            found.append(f"{node.lineno}: {ast.unparse(node.func)}")
    return found


def threads_in(source: str) -> list[str]:
    """Return what starts threads in a module, with lines."""
    return [
        f"{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"Thread", "Timer", "ThreadPoolExecutor", "start_new_thread"}
    ]


def modules() -> list[Path]:
    """Every module of the operator."""
    return sorted(PACKAGES.rglob("*.py"))


def test_tasks_are_made_by_their_owners_alone() -> None:
    found = {path.relative_to(PACKAGES).as_posix(): makers_in(path.read_text()) for path in modules()}
    bare = {name: lines for name, lines in found.items() if lines and name not in _ALLOWED}
    assert not bare, f"use TaskOwner.serve, complete or spawn, or tasks.start_task if you wait for it: {bare}"


def test_threads_are_started_by_few_modules() -> None:
    found = {path.relative_to(PACKAGES).as_posix(): threads_in(path.read_text()) for path in modules()}
    bare = {name: lines for name, lines in found.items() if lines and name not in _THREADS_ALLOWED}
    assert not bare, f"use tasks.run_thread in a service, or ThreadRunner: {bare}"


@pytest.mark.parametrize("names", [_ALLOWED, _THREADS_ALLOWED])
def test_no_exception_is_kept_longer_than_needed(names: dict[str, str]) -> None:
    find = makers_in if names is _ALLOWED else threads_in
    assert [name for name in names if not find((PACKAGES / name).read_text())] == []


@pytest.mark.parametrize(
    "planted",
    [
        "asyncio.create_task(f())",
        "asyncio.ensure_future(f())",
        "asyncio.get_running_loop().create_task(f())",
        "self._loop.create_task(f())",
        "async def g():\n    async with asyncio.TaskGroup() as group: group.create_task(f())",
        "from asyncio import create_task as later\nlater(f())",
        "asyncio.Task(f())",
        "class Own(asyncio.Task[None]): ...",
    ],
)
def test_a_planted_bare_task_is_found(planted: str) -> None:
    assert makers_in(planted)


@pytest.mark.parametrize("planted", ["threading.Thread(target=f)", "Thread(target=f)", "threading.Timer(1, f)"])
def test_a_planted_thread_is_found(planted: str) -> None:
    assert threads_in(planted)
