"""Plugins that need something installed, through the real host."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_operator.hosting.reporting.reporter import PLUGIN_LOAD_ERRORS
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

NEEDS = "# /// script\n# dependencies = ['some-thing>=2']\n# ///\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a version of a distribution, and nothing else of it, where this process and its children look."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(version: str) -> None:
        folder = site / f"some_thing-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: some-thing\nVersion: {version}\n")

    return install


@pytest.mark.parametrize("validate", [True, False])
async def test_a_plugin_waits_for_what_it_needs_and_loads_once_it_is_installed(
    make_harness: Callable[..., HostHarness],
    plugin_text: Callable[..., str],
    install: Callable[[str], None],
    tmp_path: Path,
    validate: bool,
) -> None:
    harness = make_harness(validate=validate)
    trace = tmp_path / "ran"
    harness.write("one.py", NEEDS + plugin_text("V1", head=f"open({str(trace)!r}, 'a').close()"))
    await harness.host.start()
    harness.host.lead()
    refused = await harness.state("Rejected")
    assert refused.reason.startswith("needs 'some-thing>=2', which is not installed; install it where")
    assert (refused.path, refused.line) == (f"{harness.root}/one.py", 2)
    assert not trace.exists()
    install("2.5")
    await harness.state("Active")
    await harness.create("a", n="1")
    await harness.ran("V1", "a")


async def test_an_edit_that_needs_more_than_there_is_leaves_the_last_good_code_running(
    harness: HostHarness, plugin_text: Callable[..., str], install: Callable[[str], None]
) -> None:
    install("1.0")
    harness.write("one.py", plugin_text("V1"))
    await harness.state("Active")
    harness.write("one.py", NEEDS + plugin_text("V2"))
    refused = await harness.state("Rejected")
    assert "needs 'some-thing>=2', but 1.0 is installed" in refused.reason
    await harness.create("a", n="1")
    await harness.ran("V1", "a")
    harness.write("one.py", NEEDS.replace("'some-thing>=2'", "x") + plugin_text("V2"))
    await eventually(lambda: "is not TOML" in harness.status().reason, timeout_seconds=20)
    assert harness.metrics.family(PLUGIN_LOAD_ERRORS).get("one", "rejected") >= 2
    harness.write("one.py", NEEDS.replace(">=2", ">=1") + plugin_text("V3"))
    await harness.ran("V3", "a")
