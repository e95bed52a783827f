"""A whole operator on an embedded API server in this process, whose metrics become the input of rules."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from plugin_operator.app import App
from plugin_operator.app.host_parts import HostParts
from plugin_operator.client import ConnectionConfig
from plugin_operator.hosting import HostSettings
from plugin_operator.options import LeaderElectionOptions, Options
from plugin_operator.testing.eventually import eventually
from tests.alerts.scrapes import samples_of, scrape_of

LEASE = "plugin-operator-leader-election"
HEALTHY = """
from plugin_operator import controller

@controller(for_="v1/ConfigMap")
async def healthy(ctx, request):
    pass
"""

_SETTINGS = HostSettings(
    scan_interval_seconds=0.2,
    import_deadline_seconds=30,
    drain_deadline_seconds=0.2,
    cancel_grace_seconds=0.2,
    reload_burst=1000,
    retry_base_seconds=0.1,
    retry_cap_seconds=0.2,
)


class RunningOperator:
    """One replica.

    Args:
        url: the API server.
        folder: the plugins directory.
        elects: whether the replica takes part in leader election.
    """

    def __init__(self, url: str, folder: Path, *, elects: bool) -> None:
        options = Options(
            plugins_dir=folder,
            metrics_address=None,
            probe_address=None,
            stall_threshold_seconds=0.5,
            leader_election=LeaderElectionOptions(enabled=elects, resource_namespace="default"),
        )
        config = replace(ConnectionConfig.for_endpoint(url), namespace="default")
        self.folder = folder
        self.app = App(options, config, (), parts=HostParts(settings=_SETTINGS, validates=False))
        self._end = asyncio.create_task(self.app.run())

    def write(self, name: str, text: str) -> None:
        """Save a plugin as an editor does: whole, by rename."""
        fresh = self.folder / f".{name}.new"
        fresh.write_text(text)
        fresh.rename(self.folder / f"{name}.py")

    def remove(self, name: str) -> None:
        """Delete a plugin."""
        (self.folder / f"{name}.py").unlink()

    async def create(self, *names: str) -> None:
        """Create ConfigMaps."""
        for name in names:
            await self.app.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})

    async def state(self, plugin: str, state: str) -> None:
        """Wait until a plugin is in a state."""

        def reached() -> bool:
            return {each.name: str(each.state) for each in self.app.host.status()}.get(plugin) == state

        await eventually(reached, timeout_seconds=20)

    def scrape(self) -> str:
        """Return what ``/metrics`` shows now."""
        return scrape_of(self.app.metrics)

    async def shows(self, name: str, is_so: Callable[[float], bool] = bool, **labels: str) -> str:
        """Wait until a sample shows in a scrape, and return that scrape."""

        def shown() -> str | None:
            text = self.scrape()
            for each, has, value in samples_of(text):
                if each == name and labels.items() <= has.items() and is_so(value):
                    return text
            return None

        return await eventually(shown, timeout_seconds=20, interval_seconds=0.1)

    def tasks(self, part: str) -> list["asyncio.Task[Any]"]:
        """Return the tasks of this process that have ``part`` in their names."""
        return [task for task in asyncio.all_tasks() if part in task.get_name()]

    async def stop(self) -> None:
        """End it cleanly."""
        self.app.manager.request_stop()
        assert await asyncio.wait_for(self._end, 30) == 0
