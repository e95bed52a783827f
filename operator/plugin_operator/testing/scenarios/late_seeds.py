"""The objects of a scenario, of which some are of kinds that its plugins define.

Those are created once the operator has installed the definition, before the caches of the plugin start.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from plugin_operator.client import Client
from plugin_operator.errors import ApiError
from plugin_operator.hosting.environment import DefinitionsLike
from plugin_operator.testing.scenarios import seeds


class Seeding:
    """Creates the objects of a scenario.

    Args:
        objects: the objects.
        client: returns the client of the test.
    """

    def __init__(self, objects: Sequence[seeds.SeedObject], client: Callable[[], Client]) -> None:
        self._left = objects
        self._client = client

    async def before_start(self) -> None:
        """Create the objects whose kind is served.

        Raises:
            ApiError: the server rejects an object.
        """
        self._left = await seeds.create(self._client(), self._left, defers=True)

    async def after_start(self) -> bool:
        """Create what is left, and return whether there was any.

        Raises:
            ApiError: the server rejects an object, or serves no such kind.
        """
        left, self._left = self._left, ()
        return bool(left and await seeds.create(self._client(), left) is not None)

    def with_definitions(self, definitions: DefinitionsLike) -> DefinitionsLike:
        """Return ``definitions``, after each of which objects are created."""
        return _DefinitionsBeforeObjects(definitions, self)


class _DefinitionsBeforeObjects:
    def __init__(self, definitions: DefinitionsLike, seeding: Seeding) -> None:
        self._definitions = definitions
        self._seeding = seeding

    async def install(self, wanted: Mapping[str, Any], *, plugin: str, path: str) -> Any:
        done = await self._definitions.install(wanted, plugin=plugin, path=path)
        with suppress(ApiError):  # what is left fails after the start, with its reason
            await self._seeding.before_start()
        return done
