"""The part of the operator that looks after the custom kinds of plugins, imported once a plugin defines one."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.client import RESTMapper
from plugin_operator.client.http.transport import Transport
from plugin_operator.clock import Clock
from plugin_operator.hosting.environment import DefinitionsLike
from plugin_operator.metrics import Metrics


class Definitions:
    """Installs definitions, or only compares them.

    Args:
        transport: sends the requests; it rejects writes once this process does not lead any more.
        mapper: the mapper of the informers.
        clock: measures the wait for a served kind.
        metrics: counts what was written.
        operator: name of this operator, if it installs definitions; None if it does not.
    """

    def __init__(
        self, transport: Transport, mapper: RESTMapper, *, clock: Clock, metrics: Metrics, operator: str | None
    ) -> None:
        self._transport = transport
        self._mapper = mapper
        self._clock = clock
        self._metrics = metrics
        self._operator = operator
        self._made: DefinitionsLike | None = None

    async def install(self, wanted: Mapping[str, Any], *, plugin: str, path: str) -> Any:
        """See ``DefinitionInstaller.install`` and ``DefinitionObserver.install``."""
        if self._made is None:
            self._made = self._make()
        return await self._made.install(wanted, plugin=plugin, path=path)

    def _make(self) -> DefinitionsLike:
        # Imported on demand: most plugins define no kind.
        from plugin_operator.hosting.crds.installer import DefinitionInstaller
        from plugin_operator.hosting.crds.observer import DefinitionObserver
        from plugin_operator.hosting.crds.requests import DefinitionRequests

        requests = DefinitionRequests(self._transport, self._mapper)
        if self._operator is not None:
            return DefinitionInstaller(requests, self._clock, self._metrics, operator=self._operator)
        return DefinitionObserver(requests)
