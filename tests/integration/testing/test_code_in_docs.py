"""Python in the docs works as printed: plugins load and reconcile, tests pass, and the rest does what its page says."""

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from types import CodeType

import aiohttp
import pytest

import plugin_operator
from kube_apiserver import ApiServer
from plugin_operator import AlreadyExistsError, testing
from plugin_operator.testing import PluginHarness
from tests.pages import PAGES, ROOT, Block, block_with, blocks_in, blocks_of
from tests.widgets import definition

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

BLOCKS = blocks_in("python")
DETACHED = block_with("docs/security.md", "allow_fork")
FAULTS = block_with("docs/sandbox.md", "api_server.faults.add")
HAND_OVER = block_with("docs/writing-plugins.md", "apply_and_take_over")
SETTINGS = block_with("docs/test-server-reference.md", "def kube_api_server_config")
SHOP = block_with("docs/whole-operator.md", "class Shop(ApiObject)")
HEAD = block_with("docs/writing-plugins.md", "# /// script")

#: What plugins in the pages reconcile: one object of each kind, which their selectors and maps let through.
OBJECTS = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-b"}},
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "hello", "labels": {"app": "web", "example.com/greet": "on", "copy": ""}},
    },
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "labels": {"used-by": "hello"}}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
            },
        },
    },
    definition("example.com", status=True),
    {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "kit"}, "spec": {"parts": {"wheel": 4}}},
    {"apiVersion": "example.com/v1", "kind": "Website", "metadata": {"name": "blog"}, "spec": {"pages": []}},
    {
        "apiVersion": "example.com/v1",
        "kind": "Shop",
        "metadata": {"name": "corner"},
        "spec": {"ports": [{"name": "http", "number": 80}]},
    },
]


def is_test(block: Block) -> bool:
    return re.search(r"^(async )?def test_", block.code, re.MULTILINE) is not None


def is_plugin(block: Block) -> bool:
    return re.search(r"^(@controller\b|(async )?def new_controller\b)", block.code, re.MULTILINE) is not None


def awaits(block: Block) -> bool:
    """Whether it is the inside of an ``async def``."""
    return bool(compiled(block).co_flags & inspect.CO_COROUTINE)


def compiled(block: Block) -> CodeType:
    code: CodeType = compile(block.code, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code


async def run_inside(block: Block) -> None:
    """Run what awaits, in the top of the checkout, with the public names that authors' tests import."""
    names = {name: getattr(module, name) for module in (plugin_operator, testing) for name in module.__all__}
    await eval(compiled(block), names)


TESTS = [block for block in BLOCKS if is_test(block)]
PLUGINS = [block for block in BLOCKS if is_plugin(block)]
AWAITING = [block for block in BLOCKS if awaits(block)]
OTHERS = [block for block in BLOCKS if block not in {*TESTS, *PLUGINS, *AWAITING}]


def validated(folder: Path, blocks: list[Block]) -> dict[str, str]:
    """Load blocks as plugins of one directory; return what is said of each."""
    for block in blocks:
        (folder / f"{block.module}.py").write_text(block.code)
    command = [sys.executable, "-m", "plugin_operator", "validate", "."]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line]
    return {block.module: "\n".join(line for line in lines if f"{block.module}.py" in line) for block in blocks}


def run_tests(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["-p", "plugin_operator.testing.pytest_plugin", "-p", "kube_apiserver.pytest_plugin", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return validated(tmp_path_factory.mktemp("blocks"), [*PLUGINS, HEAD])


def test_every_block_is_a_plugin_or_a_test_or_has_a_test_of_its_own() -> None:
    # The hand-over is in tests/integration/hosting/test_field_managers.py.
    assert set(OTHERS) == {DETACHED, FAULTS, HAND_OVER, HEAD, SETTINGS}, "write a test that executes the new block"
    assert {block.page for block in PLUGINS} >= {"README.md", "docs/writing-plugins.md"}
    assert {block.page for block in TESTS} >= {"docs/testing-plugins.md"}


@pytest.mark.parametrize("block", PLUGINS, ids=str)
def test_a_plugin_in_a_page_loads(block: Block, verdicts: dict[str, str]) -> None:
    assert verdicts[block.module].startswith(f"./{block.module}.py: ok ("), str(block)


async def test_the_plugins_in_the_pages_reconcile(tmp_path: Path) -> None:
    paths = [tmp_path / f"{block.module}.py" for block in PLUGINS]
    for path, block in zip(paths, PLUGINS, strict=True):
        path.write_text(block.code)
    async with PluginHarness(*paths) as harness:
        for obj in OBJECTS:
            with suppress(AlreadyExistsError):
                await harness.client.create(obj)
        await harness.settle()
        controllers = [each for path in paths for each in harness.plugin(path.stem).controllers]
        assert {each.name: dict(each.failing) for each in controllers if each.failing} == {}
        assert [each.name for each in controllers if not sum(each.reconciles.values())] == []


def test_the_tests_in_the_pages_pass_without_any_configuration(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "plugins" / "shop.py").write_text(SHOP.code)
    for block in TESTS:
        (tmp_path / f"test_{block.module}.py").write_text(block.code)
    ended = run_tests(tmp_path)
    count = sum(block.code.count("def test_") for block in TESTS)
    assert re.search(rf"^{count} passed in", ended.stdout, re.MULTILINE), ended.stdout + ended.stderr


def test_a_project_sets_up_its_own_server_as_the_reference_says(tmp_path: Path) -> None:
    imports = "from pathlib import Path\nimport pytest\nfrom kube_apiserver import ApiServerConfig\n\n"
    (tmp_path / "conftest.py").write_text(imports + SETTINGS.code)
    (tmp_path / "config" / "crd").mkdir(parents=True)
    (tmp_path / "config" / "crd" / "widgets.json").write_text(json.dumps(definition("example.com")))
    (tmp_path / "test_it.py").write_text(
        "import urllib.request\n\ndef test_it(kube_api_server):\n"
        "    url = kube_api_server.endpoint.url\n    assert url.startswith('http://')\n"
        "    assert urllib.request.urlopen(url + '/apis/example.com/v1/widgets').status == 200\n"
    )
    ended = run_tests(tmp_path)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


async def test_what_awaits_in_the_pages_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for block in AWAITING:
        await run_inside(block)
    good = 'async with PluginHarness("plugins/secret.py") as harness:\n    assert not harness.reconciles("secret")\n'
    await run_inside(Block("page.md", 1, "python", good))
    with pytest.raises(AssertionError):
        await run_inside(Block("page.md", 1, "python", good.replace("not ", "")))


async def test_faults_are_planned_as_the_sandbox_page_says(api_server: ApiServer) -> None:
    exec(FAULTS.code, {"api_server": api_server})
    url = f"{api_server.endpoint.url}/api/v1/namespaces/default/configmaps"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        async with session.get(url) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (429, "2")
        async with session.get(url) as answered:
            assert answered.status == 200
        async with session.post(url, json=OBJECTS[2]) as created:
            assert created.status == 201
        async with session.get(url, params={"watch": "true", "timeoutSeconds": "1"}) as silent:
            assert (silent.status, await silent.read()) == (200, b"")


def test_a_detached_program_runs_while_forks_are_guarded() -> None:
    program = textwrap.dedent("""
        from plugin_operator.manager.fork_guard import ForkGuard

        ForkGuard(lambda frame: None).install()
        run_detached({true!r})
        raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
    """).format(true=shutil.which("true"))
    ended = subprocess.run([sys.executable, "-c", DETACHED.code + program], timeout=60, check=False)
    assert ended.returncode == 0


def test_the_head_of_a_plugin_names_what_it_needs(tmp_path: Path, verdicts: dict[str, str]) -> None:
    (tmp_path / "needs.py").write_text(HEAD.code)
    command = [sys.executable, "-m", "plugin_operator", "requirements", "needs.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    lines = [line.partition("#")[0].replace(" ", "") for line in ended.stdout.splitlines()]
    assert lines == ["", "boto3<2,>=1.34", 'tzdata;sys_platform=="win32"']
    assert "boto3" in verdicts[HEAD.module]


def test_a_block_that_does_not_load_is_told(tmp_path: Path) -> None:
    (bad,) = blocks_of("docs/page.md", "text\n\n```python\nfrom plugin_operator import controler\n```\n")
    assert (bad.line, bad.language) == (4, "python")
    assert "controler" in validated(tmp_path, [bad])["page_line_4"]


def test_blocks_are_found_in_every_page() -> None:
    assert {"README.md", "docs/writing-plugins.md", "docs/first-session.md"} <= set(PAGES)
    text = (
        "- a list\n\n  ~~~ python\n  x = 1\n  ~~~\n\n> ```console\n> $ true\n> ```\n\n    indented\n\n```\nbare\n```\n"
    )
    found = [(block.line, block.language, block.code) for block in blocks_of("p.md", text)]
    assert found == [(4, "python", "x = 1\n"), (8, "console", "$ true\n"), (11, "", "indented\n"), (14, "", "bare\n")]
