"""Every way a plugin can be bad, all at once beside a good one: each is told, and the good one works."""

import json
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run, Sandbox, StartSandbox

pytestmark = pytest.mark.embedded_only("the sandbox brings its own server")

GOOD = """
from plugin_operator import controller

@controller(for_="{kind}")
async def {name}(ctx, request):
    {body}
"""


def plugin(name: str, *, kind: str = "v1/ConfigMap", body: str = "ctx.log.info('Well done')") -> str:
    return GOOD.format(name=name, kind=kind, body=body)


@pytest.fixture
def up(sandbox: StartSandbox, plugins: Path) -> Sandbox:
    files = {
        "good.py": plugin("good"),
        "syntax.py": "def x(:\n",
        "idle.py": "x = 1\n",
        "raises.py": "\nraise RuntimeError('boom')\n",
        "unknown.py": plugin("unknown", kind="example.com/v1/Unicorn"),
        "fails.py": plugin("fails", body="raise ValueError('never again')"),
        "one.py": plugin("same"),
        "two.py": plugin("same"),
        "twice.py": plugin("twice"),
        "twice/__init__.py": plugin("twice"),
        "folder.py/readme": "",
    }
    for name, text in files.items():
        path = plugins / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with (plugins / "huge.py").open("wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    return sandbox()


def reasons(run: Run) -> dict[str, tuple[str, str]]:
    """Return state and reason of each plugin once nothing is being tried any more."""
    deadline = time.monotonic() + 60
    while True:
        listed = json.loads(run("status", "-o", "json").stdout)["plugins"]
        if all(each["state"] not in {"Discovered", "Validating", "Warming"} for each in listed) and len(listed) > 9:
            return {each["name"]: (each["state"], each["reason"]) for each in listed}
        assert time.monotonic() < deadline, listed


def test_each_is_told_and_harms_no_other(up: Sandbox, run: Run) -> None:
    up.kubectl("create", "configmap", "hello")
    up.output.wait_for("Well done", "controller=good", "name=hello")
    up.output.wait_for("ValueError: never again")

    seen = reasons(run)
    assert seen["good"] == ("Active", "")
    for name, words in {
        "syntax": "SyntaxError",
        "idle": "declares no controller",
        "raises": "RuntimeError: boom",
        "twice": "has the same name as the folder",
        "folder": "is a directory: rename it",
        "huge": "has 104,857,600 bytes",
    }.items():
        state, reason = seen[name]
        assert state == "Rejected"
        assert words in reason
    assert seen["unknown"][0] == "Waiting"
    assert "Unicorn" in seen["unknown"][1]
    assert sorted(seen[name][0] for name in ("one", "two")) == ["Active", "Rejected"]
    assert "same" in seen["one"][1] + seen["two"][1]

    at = len(up.output.lines)
    up.kubectl("label", "configmap", "hello", "still=alive")
    up.output.wait_for("Well done", "controller=good", "name=hello", after=at)
    assert up.interrupt() == 0, up.output.text
