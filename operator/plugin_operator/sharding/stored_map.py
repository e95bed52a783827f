"""The shard map as it is stored, with the marks by which a change by hand is detected."""

import msgspec

from plugin_operator.sharding.shard_map import ShardMap


class StoredMap(msgspec.Struct, frozen=True):
    """One state of the map object.

    A writer sets ``ShardMap.version`` to the generation that its write creates, and names the object by its uid. So an
    edit by hand, or an old map that is applied again, does not fit its object.

    Attributes:
        uid: uid of the object.
        resource_version: version of the object; a write names it, and is refused if the object has another.
        generation: number of changes of the content since the object was created, counted by the store.
        content: the map; None if the object holds no map.
    """

    uid: str
    resource_version: str
    generation: int
    content: ShardMap | None

    @property
    def intact(self) -> ShardMap | None:
        """The map, if it is the one that a coordinator wrote; else None."""
        content = self.content
        if content is None or content.version != self.generation:
            return None
        is_first = not content.is_settled and not content.object_uid
        return content if is_first or content.object_uid == self.uid else None

    def without_content(self) -> "StoredMap":
        """Return the same state of the object, as one that holds no map."""
        return StoredMap(self.uid, self.resource_version, self.generation, None)
