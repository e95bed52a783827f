"""The commands in the docs work as printed, in the order of their page, and print what the page shows."""

import json
import re
import shutil
from collections.abc import Callable

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.docs.console import Likeness, Step, plain, steps_of
from tests.acceptance.docs.terminal import Terminal
from tests.acceptance.output import Output
from tests.pages import COMMANDS_HELD_BY, Block, block_with, blocks_in

pytestmark = pytest.mark.embedded_only("the sandbox brings its own server")

BLOCKS = [block for block in blocks_in("console") if block.page not in COMMANDS_HELD_BY]
PAGES = tuple(dict.fromkeys(block.page for block in BLOCKS))
SERVICE = block_with("README.md", 'for_="v1/Service"')
WEBSITE = block_with("docs/typed-resources.md", "class Website(ApiObject)")
SLOW = block_with("docs/checking-plugins.md", "async def slow")

#: Programs that run until Ctrl-C.
LASTING = re.compile(r"(make run|plugin-operator (run|sandbox|apiserver)|python -m kube_apiserver)\b")
#: Where the current kubeconfig of a page's reader is; the page's own sandbox, or a cluster.
CURRENT = {
    "README.md": ".sandbox/kubeconfig",
    "docs/deploying.md": "cluster",
    "docs/operations.md": "cluster",
    "docs/scaling.md": "cluster",
    "docs/signed-plugins.md": "cluster",
}
#: Commands that are not executed, and why. Of these, make resolves targets and recipes (--dry-run).
NOT_EXECUTED = {
    "make deploy-all": "needs a container engine, a registry and nodes",
    "make docker-build docker-push deploy": "needs a container engine, a registry and nodes",
}
#: Programs that a machine may lack; CI installs them.
MAY_BE_MISSING = {"openssl"}
#: Lines that make prints while it creates the environment, which the copy of the checkout has.
ONLY_IN_A_FRESH_CLONE = ("Creating .venv with", "Installing the pinned")


def save_service(terminal: Terminal) -> None:
    (terminal.folder / "plugins" / "service.py").write_text(SERVICE.code)


def save_website(terminal: Terminal) -> None:
    (terminal.folder / "plugins" / "website.py").write_text(WEBSITE.code)


def save_slow(terminal: Terminal) -> None:
    (terminal.folder / "plugins" / "slow.py").write_text(SLOW.code)


def metrics_are_secure(terminal: Terminal) -> None:
    scraper = "system:serviceaccount:monitoring:prometheus"
    assert terminal.must(f"kubectl auth can-i get /metrics --as={scraper}") == "yes\n"
    args = "{.spec.template.spec.containers[0].args}"
    deployment = f"kubectl -n plugin-operator-system get deployment plugin-operator -o jsonpath='{args}'"
    assert "--metrics-secure" in json.loads(terminal.must(deployment))


def fault_is_forgotten(terminal: Terminal) -> None:
    assert json.loads(terminal.must("kubectl --kubeconfig ./kubeconfig get --raw /debug/faults")) == {"faults": []}


Scene = tuple[str, str, Callable[[Terminal], None]]

#: What has happened before a block, because the text says so: page, words of the block, what to do.
BEFORE: tuple[Scene, ...] = (
    ("docs/checking-plugins.md", "$ plugin-operator check plugins", save_slow),
    ("docs/first-session.md", "plugin=service replaced=None", save_service),
    ("docs/typed-resources.md", "$ plugin-operator check plugins/website.py", save_website),
    ("docs/operations.md", "pip install -r", Terminal.save_plugin_with_needs),
)
#: What holds after a block, because the text says so.
AFTER: tuple[Scene, ...] = (
    ("docs/operations.md", "overlays/secure-metrics", metrics_are_secure),
    ("docs/sandbox.md", "/debug/faults", fault_is_forgotten),
)


class Reader:
    """Types what a page says, and compares."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.likeness = Likeness()
        self._mark = 0

    def read(self, block: Block) -> None:
        self._play(BEFORE, block)
        for step in steps_of(block.code):
            self._take(step)
        self._play(AFTER, block)

    def _play(self, scenes: tuple[Scene, ...], block: Block) -> None:
        for page, words, play in scenes:
            if page == block.page and words in block.code:
                play(self.terminal)

    def _take(self, step: Step) -> None:
        if not step.command:
            self._await(self.terminal.running[-1], step.output)
        elif LASTING.match(step.command):
            self._start(step)
        elif any(step.command.startswith(command) for command in NOT_EXECUTED):
            self.terminal.must(f"make --dry-run {step.command.removeprefix('make ')}")
        else:
            self._mark = len(self.terminal.running[-1].lines) if self.terminal.running else 0
            self._compare(step)

    def _start(self, step: Step) -> None:
        # Ports of the machine may be taken; the page's mean "the usual ones".
        command = step.command.replace(":6443", ":0")
        ports = {"METRICS_ADDR": "0", "HEALTH_PROBE_BIND_ADDRESS": "0"} if "operator run " in command else {}
        variables = {f"PLUGIN_OPERATOR_{name}": value for name, value in ports.items()}
        output = self.terminal.start(command, **variables)
        if "apiserver" in command:
            output.wait_for("Kubernetes API at")
        else:
            for path in (self.terminal.folder / "plugins").glob("*.py"):
                output.wait_for("Plugin active", f"plugin={path.stem} ")
        self._mark = 0
        self._await(output, step.output)

    def _await(self, output: Output, lines: tuple[str, ...]) -> None:
        for line in lines:
            if not line.startswith(ONLY_IN_A_FRESH_CLONE):
                try:
                    self.likeness.learn(output.wait_match(self.likeness.pattern(line), after=self._mark, seconds=40))
                except AssertionError as error:
                    raise AssertionError(f"the page:  {line}\n{error}") from None

    def _compare(self, step: Step) -> None:
        program = step.command.split()[0]
        if program in MAY_BE_MISSING and shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: from here on the page is not executed")
        ended = self.terminal.run(step.command)
        assert step.output or ended.returncode == 0, f"$ {step.command}\n{ended.stdout}"
        printed = [line for line in plain(ended.stdout).splitlines() if line]
        for line, real in zip(step.output, printed, strict=bool(step.output)):
            match = re.fullmatch(self.likeness.pattern(line), real)
            assert match, f"$ {step.command}\nthe page:  {line}\nin truth:  {real}"
            self.likeness.learn(match)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_do_what_it_says(page: str, terminal: Terminal, request: pytest.FixtureRequest) -> None:
    if (current := CURRENT.get(page)) is not None:
        cluster: Cluster | None = request.getfixturevalue("cluster") if current == "cluster" else None
        terminal.environment["KUBECONFIG"] = str(cluster.kubeconfig if cluster else terminal.folder / current)
    reader = Reader(terminal)
    for block in BLOCKS:
        if block.page == page:
            reader.read(block)
    terminal.interrupt()


def test_what_is_not_executed_is_in_a_page() -> None:
    commands = [step.command for block in BLOCKS for step in steps_of(block.code)]
    assert [each for each in NOT_EXECUTED if not any(command.startswith(each) for command in commands)] == []
    assert all(command.startswith("make ") for command in NOT_EXECUTED)


@pytest.mark.parametrize(("page", "words"), [scene[:2] for scene in (*BEFORE, *AFTER)])
def test_a_scene_belongs_to_a_block(page: str, words: str) -> None:
    assert block_with(page, words).language == "console"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("$ plugin-operator validate no-such-folder", "does not exist"),
        ("$ kubectl --kubeconfig no-such-file get pods", "no-such-file"),
        ("$ make no-such-target", "no-such-target"),
        ("$ echo one\ntwo", "in truth:  one"),
        ("$ no-such-program", "not found"),
    ],
)
def test_a_command_that_does_not_work_is_told(code: str, reason: str, terminal: Terminal) -> None:
    with pytest.raises(AssertionError, match=reason):
        Reader(terminal).read(Block("page.md", 1, "console", code))


def test_a_number_in_a_page_stands_for_one_in_reality_and_a_digest_for_itself() -> None:
    likeness = Likeness()
    match = re.fullmatch(likeness.pattern("03:12:36.150273 new=1-0123abcd"), "17:00:00.000000 new=7-0123abcd")
    assert match
    likeness.learn(match)
    assert re.fullmatch(likeness.pattern("old=1-0123abcd"), "old=7-0123abcd")
    assert not re.fullmatch(likeness.pattern("old=1-0123abcd"), "old=8-0123abcd")
    assert not re.fullmatch(likeness.pattern("new=2-0123abcd"), "new=7-0123abcd")
    assert not re.fullmatch(likeness.pattern("new=2-0123abcd"), "new=8-ffffabcd")
    assert steps_of("at start\n$ a '1\n  2'\nb\n\n$ c") == [
        Step("", ("at start",)),
        Step("a '1\n  2'", ("b",)),
        Step("c"),
    ]
