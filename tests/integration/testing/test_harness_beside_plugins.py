"""Plugins that the test process can import as well: pytest puts the folder of a test on Python's path."""

import sys
import sysconfig
from pathlib import Path

import pytest

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting import Scanner
from plugin_operator.testing import PluginHarness

pytestmark = pytest.mark.embedded_only("the harness brings its own server")

HELPER = "NAME = 'beside'\n"
PLUGIN = """
from plugin_operator import controller
from besidehelper import NAME
from besidepackage.inner import VALUE

@controller(for_="v1/ConfigMap")
async def besideweb(ctx, request): ...
"""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path with a plugin, a helper and a package."""
    folder = tmp_path / "beside"
    (folder / "besidepackage").mkdir(parents=True)
    (folder / "besidepackage/__init__.py").touch()
    (folder / "besidepackage/inner.py").write_text("VALUE = 1\n")
    (folder / "besidehelper.py").write_text(HELPER)
    (folder / "besideweb.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(folder)
    return folder


def scanned(folder: Path, *originals: Path) -> dict[str, str]:
    found = Scanner(folder, originals=[str(each) for each in originals]).scan()
    return {name: rejection.reason for name, rejection in found.rejections.items()}


async def test_plugins_helpers_and_packages_that_the_test_can_import_load(beside: Path) -> None:
    files = [beside / "besideweb.py", beside / "besidehelper.py", beside / "besidepackage"]
    async with PluginHarness(*files) as harness:
        edited = await harness.write("besideweb", PLUGIN + "# edited\n")
        assert edited is not None
        assert (edited.reason, edited.candidate) == ("", "")


async def test_a_file_that_lies_beside_the_plugin_can_be_written(beside: Path) -> None:
    (beside / "besidealone.py").write_text(PLUGIN.replace("from beside", "# from beside"))
    async with PluginHarness(beside / "besidealone.py") as harness:
        await harness.write("besidehelper", HELPER)
        assert not [plugin.reason for plugin in harness.plugins() if "would hide" in plugin.reason]


async def test_the_harness_refuses_a_plugin_that_hides_an_installed_module(beside: Path) -> None:
    (beside / "structlog.py").write_text(PLUGIN)
    with pytest.raises(PluginRejected, match="would hide the installed module 'structlog'"):
        async with PluginHarness(beside / "structlog.py"):
            raise AssertionError("must not be reached")


def test_an_installed_module_counts_though_the_original_comes_first_on_the_path(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, copied = tmp_path / "installed", tmp_path / "copied"
    installed.mkdir()
    copied.mkdir()
    (copied / "besidehelper.py").write_text(HELPER)
    assert scanned(copied, beside / "besidehelper.py") == {}
    assert "would hide" in scanned(copied)["besidehelper"]
    (installed / "besidehelper.py").write_text("# of somebody else\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed)])
    assert str(installed) in scanned(copied, beside / "besidehelper.py")["besidehelper"]


def test_what_lies_beside_an_original_among_installed_packages_is_installed(tmp_path: Path) -> None:
    packages = Path(sysconfig.get_paths()["purelib"])
    (tmp_path / "aiohttp.py").write_text("")
    (tmp_path / "structlog.py").write_text("")
    refused = scanned(tmp_path, packages / "structlog")
    assert set(refused) == {"aiohttp"}


def test_an_original_that_is_reached_by_a_link_is_no_installed_module(beside: Path, tmp_path: Path) -> None:
    (tmp_path / "copied").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "copied/besidehelper.py").write_text(HELPER)
    (tmp_path / "links/besidehelper.py").symlink_to(beside / "besidehelper.py")
    assert scanned(tmp_path / "copied", tmp_path / "links/besidehelper.py") == {}
