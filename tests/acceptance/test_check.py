"""``check``: all mistakes of all files at once, with the statuses that CI reads."""

import json
import os
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import Run

HEAD = "from plugin_operator import controller\n\n"
GOOD = HEAD + "@controller(for_='v1/ConfigMap')\nasync def {name}(ctx, request): {body}\n"
FILES = {
    "good.py": GOOD.format(name="good", body="..."),
    "slow.py": "import time\n" + GOOD.format(name="slow", body="time.sleep(1)"),
    "lazy.py": GOOD.format(name="lazy", body="ctx.client.delete('v1/Secret', request)"),
    "cacheless.py": GOOD.format(name="cacheless", body="ctx.lister_for('v1/Secret')"),
    "twin.py": GOOD.format(name="good", body="..."),
    "broken.py": "def x(:\n",
    "helped.py": "import helper\n" + GOOD.format(name="helped", body="await helper.nap(); helper.nap()"),
    "helper.py": "import time\nasync def nap():\n    time.sleep(1)\n",
    "wrong.py": (
        "from plugin_operator import controller\nimport time\n"
        "@controller(for_='v1/pods', owns=['secrets'])\nasync def one(ctx, request): time.sleep(1)\n"
        "@controller(for_='v1/Pod', resync_seconds=-1)\nasync def two(ctx): ...\n"
    ),
    "asks.py": "# /// script\n# dependencies = ['click>=8', 'nothing-of-this-name']\n# ///\n" + "import time\n",
    "asks_less.py": "# /// script\n# dependencies = ['click<8']\n# ///\n",
    "asks_wrongly.py": (
        "from plugin_operator import controller\n@controller(kind='v1/Pod')\nasync def one(ctx, request): ...\n"
        "@controller(for_='v1/Pod', workers=2)\nasync def two(ctx, request): ...\n"
    ),
    "folder/__init__.py": GOOD.format(name="folder", body="...") + "from . import inner\n",
    "folder/inner.py": "import time\nasync def nap():\n    time.sleep(1)\n",
    "counts.py": "import prometheus_client as p\np.Counter('seen', 'x')\n" + GOOD.format(name="counts", body="..."),
    "counts_too.py": "import prometheus_client as p\np.Counter('seen', 'x')\n" + GOOD.format(name="more", body="..."),
    "watching.py": (
        "from plugin_operator import controller\n@controller(for_='v1/Pod')\n"
        "async def watching(ctx, request):\n    try:\n        await ctx.client.get('v1/Pod', request)\n"
        "    except BaseException:\n        pass\n"
    ),
}


def save(folder: Path, *names: str) -> None:
    for name in names or FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(FILES[name])


def mistakes_in(document: dict[str, Any], folder: Path) -> dict[str, list[str]]:
    """Return the places and rules of the mistakes, by file."""
    found: dict[str, list[str]] = {}
    for each in document["mistakes"]:
        found.setdefault(str(Path(each["path"]).relative_to(folder)), []).append(f"{each['line']}:{each['rule']}")
    return found


def test_all_mistakes_of_all_files_are_found_at_once(run: Run, plugins: Path) -> None:
    save(plugins)
    ended = run("check", "-o", "json", plugins, plugins / "good.py", plugins / "helper.py")
    assert (ended.returncode, ended.stderr) == (1, "")
    document = json.loads(ended.stdout)
    assert mistakes_in(document, plugins) == {
        "asks.py": ["2:PO001"],
        "asks_less.py": ["2:PO001", "2:PO001"],
        "asks_wrongly.py": ["2:PO001", "4:PO113"],
        "broken.py": ["1:PO001"],
        "cacheless.py": ["4:PO103"],
        "counts_too.py": ["None:PO001"],
        "folder/inner.py": ["3:PO101"],
        "helped.py": ["5:PO102"],
        "helper.py": ["3:PO101"],
        "lazy.py": ["4:PO102"],
        "slow.py": ["5:PO101"],
        "twin.py": ["3:PO001"],
        "watching.py": ["6:PO104"],
        "wrong.py": ["3:PO001", "3:PO001", "4:PO101", "5:PO001", "5:PO001"],
    }
    states = {each["name"]: each["state"] for each in document["plugins"]}
    rejected = {name for name, state in states.items() if state == "rejected"}
    assert rejected == {"asks", "asks_less", "asks_wrongly", "broken", "wrong"}
    assert states["helper"] == "helper"
    messages = {Path(each["path"]).name: each["message"] for each in document["mistakes"]}
    assert messages["counts_too.py"] == f"its metric 'seen' has the name of one in {plugins}/counts.py: choose another"
    assert messages["asks_less.py"].startswith("no version of click matches all: ")


def test_warnings_fail_a_strict_check_only(run: Run, plugins: Path) -> None:
    save(plugins, "good.py", "watching.py")
    again = plugins / ".." / plugins.name
    ended = run("check", plugins / "good.py", again / "good.py", again / "watching.py")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == "Checked 2 plugins: 1 warning in 1 file."
    assert run("check", "--strict", plugins).returncode == 1


def test_a_file_in_a_folder_is_checked_with_its_plugin(run: Run, plugins: Path) -> None:
    save(plugins, "folder/__init__.py", "folder/inner.py")
    ended = run("check", "-o", "github", plugins / "folder" / "inner.py", plugins / "folder" / "__init__.py")
    assert ended.returncode == 1
    command, summary = ended.stdout.splitlines()
    assert command.startswith("::error file=plugins/folder/inner.py,line=3,col=5,title=PO101::time.sleep() blocks")
    assert summary == "Checked 1 plugin: 1 error in 1 file."


def test_a_plugin_that_is_only_compiled_is_linted(run: Run, plugins: Path) -> None:
    text = FILES["asks.py"] + GOOD.format(name="asks", body="time.sleep(1)")
    (plugins / "asks.py").write_text(text)
    ended = run("check", "--allow-missing-requirements", "-o", "json", plugins)
    document = json.loads(ended.stdout)
    assert [each["state"] for each in document["plugins"]] == ["compiled"]
    assert mistakes_in(document, plugins) == {"asks.py": ["8:PO101"]}


def test_hostile_files_are_named_and_cost_the_others_nothing(run: Run, plugins: Path) -> None:
    save(plugins, "slow.py")
    (plugins / "huge.py").write_text("x = 1\n" * 2_000_000)
    (plugins / "deep.py").write_text("x = " + "(" * 10_000 + ")" * 10_000)
    (plugins / "chain.py").write_text("import time\nasync def f():\n    x = " + "+".join(["time.sleep(1)"] * 900))
    (plugins / "bytes.py").write_bytes(b"x = '\xff\xfe'\n")
    (plugins / "null.py").write_bytes(b"x = 1\0\n")
    os.mkfifo(plugins / "pipe.py")
    (plugins / "loop.py").symlink_to("loop.py")
    (plugins / "hangs.py").write_text("while True: pass\n")
    ended = run("check", "--validate-timeout", "1s", "-o", "json", plugins)
    assert (ended.returncode, ended.stderr) == (1, "")
    found = mistakes_in(json.loads(ended.stdout), plugins)
    for name in ("huge", "deep", "bytes", "null", "pipe", "loop", "hangs"):
        assert [each.partition(":")[2] for each in found[f"{name}.py"]] == ["PO001"], name
    assert found["slow.py"] == ["5:PO101"]
    assert "3:PO101" in found["chain.py"]


def test_a_path_with_nothing_to_check_is_an_error(run: Run, plugins: Path, tmp_path: Path) -> None:
    project, empty = tmp_path / "project", tmp_path / "empty"
    for folder in (empty, project / "plugins", project / "tests"):
        folder.mkdir(parents=True)
    save(project / "plugins", "good.py")
    (project / "tests" / "test_good.py").touch()
    os.mkfifo(plugins / "pipe.py")
    ended = run("check", "-o", "json", project, empty, plugins / "pipe.py")
    assert (ended.returncode, ended.stderr) == (1, "")
    messages = {Path(each["path"]).name: each["message"] for each in json.loads(ended.stdout)["mistakes"]}
    assert messages == {
        "project": f"has no .py file: did you mean {project}/plugins?",
        "empty": f"is an empty directory: did you mean {plugins}?",
        "pipe.py": "is a named pipe, not a file",
    }
