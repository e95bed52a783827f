"""pytest fixtures for plugin authors; pytest finds them by itself once this package is installed.

Owns the fixture ``plugin_harness``. pytest imports this module in every run of every project in the environment, so it
imports nothing of the operator before a test asks for it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_operator.testing.harness import PluginHarness


@pytest.fixture
def plugin_harness() -> "Callable[..., PluginHarness]":
    """Return what makes a harness around plugin files.

    Example:
        async def test_it(plugin_harness):
            async with plugin_harness("plugins/configmap.py") as harness: ...
    """
    from plugin_operator.testing.harness import PluginHarness

    def make(*plugins: str | Path, timeout_seconds: float = 30.0) -> PluginHarness:
        return PluginHarness(*plugins, timeout_seconds=timeout_seconds)

    return make
