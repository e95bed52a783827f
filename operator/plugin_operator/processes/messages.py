"""The messages between the supervisor and a worker: one JSON object a line."""

from typing import Any, TypeAlias

import msgspec

from plugin_operator.sharding import MemberRecord, ShardMap, StoredMap


class Message(msgspec.Struct, frozen=True, tag_field="is"):
    """Base of all messages."""


class Quarantine(Message, frozen=True, tag="quarantine"):
    """A content was rolled back in a worker: the others roll it back too, and do not load it again.

    Attributes:
        plugin, digest: the content.
        reason: why, and to what.
        restored: the source that runs again, for a worker that has no earlier revision; empty if none runs again.
    """

    plugin: str
    digest: str
    reason: str
    restored: bytes = b""


class Ruling(Message, frozen=True, tag="ruling"):
    """The worker that leads has decided whether the custom kinds of a content are installed; the others follow.

    Attributes:
        plugin, digest: the content.
        reason: why they are not installed; empty if they are.
        path, line: the class that is not.
        is_refused: whether the change is not allowed; else it waits for the API server or a permission.
    """

    plugin: str
    digest: str
    reason: str = ""
    path: str = ""
    line: int | None = None
    is_refused: bool = False

    @property
    def is_installed(self) -> bool:
        """Whether the content may run."""
        return not self.reason


class Runs(Message, frozen=True, tag="runs"):
    """A content runs in a worker: one that starts later runs it too if the file cannot be loaded any more.

    Attributes:
        plugin, digest: the content; the digest is empty if the plugin was unloaded.
        source: the files.
    """

    plugin: str
    digest: str
    source: bytes = b""


class Vote(Message, frozen=True, tag="vote"):
    """A worker has prepared a content, or cannot run it; the supervisor answers with an ``Outcome``.

    Attributes:
        plugin, digest: the content.
        number: number of the vote in its worker.
        reason: why the worker cannot run it; empty if it is prepared.
        is_withdrawn: whether the worker withdraws the vote with this number, because its file has changed again.
    """

    plugin: str
    digest: str
    number: int
    reason: str = ""
    is_withdrawn: bool = False


class Outcome(Message, frozen=True, tag="outcome"):
    """What all workers do with a content.

    Attributes:
        plugin, digest: the content.
        number: number of the vote that it answers; 0 if ``is_open``.
        reason: why no worker runs it; empty if all swap to it now.
        is_open: whether a worker does not refuse it any more, so that the others should try it again.
    """

    plugin: str
    digest: str
    number: int = 0
    reason: str = ""
    is_open: bool = False


class HoldObject(Message, frozen=True, tag="hold-object"):
    """An object is not reconciled any more by a content, because it has ended workers again and again.

    Attributes:
        plugin, digest, controller: what reconciles it.
        namespace, name: the object.
        reason: why, for users.
    """

    plugin: str
    digest: str
    controller: str
    namespace: str
    name: str
    reason: str


Report: TypeAlias = Quarantine | Ruling | Runs | HoldObject


class Welcome(Message, frozen=True, tag="welcome"):
    """The first message to a worker.

    Attributes:
        life: names this life of the worker in the shard map.
        reported: what other workers have reported, and the verdicts of the supervisor.
        tried: digests of contents that run in another worker, or did in the life before.
    """

    life: str
    reported: tuple[Report, ...] = ()
    tried: tuple[str, ...] = ()


class Held(Message, frozen=True, tag="held"):
    """The worker may reconcile and write.

    Attributes:
        until: second of the common clock after which it may not; None for no limit.
    """

    until: float | None = None


class Suspended(Message, frozen=True, tag="suspended"):
    """The worker waits before each write, until leadership is confirmed or lost."""


class Stop(Message, frozen=True, tag="stop"):
    """The worker drains its reconciles and ends."""


class MapState(Message, frozen=True, tag="map"):
    """The shard map.

    Attributes:
        uid, resource_version, generation: of the map in the supervisor.
        content: the map.
    """

    uid: str
    resource_version: str
    generation: int
    content: ShardMap

    @classmethod
    def of(cls, stored: StoredMap) -> list["MapState"]:
        """Return the message for a stored map; none if it is damaged."""
        if stored.content is None:
            return []
        return [cls(stored.uid, stored.resource_version, stored.generation, stored.content)]

    @property
    def stored(self) -> StoredMap:
        """The map as the supervisor has stored it."""
        return StoredMap(self.uid, self.resource_version, self.generation, self.content)


class Renewed(Message, frozen=True, tag="renewed"):
    """The supervisor has the record of the worker with this number."""

    number: int


class Record(Message, frozen=True, tag="record"):
    """What a worker publishes of itself as a member."""

    record: MemberRecord


class Ask(Message, frozen=True, tag="ask"):
    """A question; the worker sends an ``Answer`` with the same number.

    Attributes:
        number: number of the question.
        what: its kind.
        about: its argument.
    """

    number: int
    what: str
    about: str = ""


class Alive(Message, frozen=True, tag="alive"):
    """Sent by the event loop of a worker twice a second.

    Attributes:
        settled: whether all plugins have reached the state of their files.
        plugins: digest of the active revision by plugin.
    """

    settled: bool = False
    plugins: dict[str, str] = {}


class Answer(Message, frozen=True, tag="answer"):
    """The answer to a question.

    Attributes:
        number: number of the question.
        body: JSON of the answer.
    """

    number: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class Failed(Message, frozen=True, tag="failed"):
    """The worker cannot start, for a reason that the user can fix.

    Attributes:
        reason: the message for the user.
        is_usage: whether a setting is wrong.
    """

    reason: str
    is_usage: bool = False


ToWorker: TypeAlias = (
    Welcome | Held | Suspended | Stop | MapState | Renewed | Ask | Quarantine | Ruling | HoldObject | Outcome
)
FromWorker: TypeAlias = Alive | Answer | Record | Quarantine | Ruling | Runs | Vote | Failed

_encoder = msgspec.json.Encoder()


def line_of(message: Message) -> bytes:
    """Return the line of a message."""
    return _encoder.encode(message) + b"\n"


def body_of(value: Any) -> msgspec.Raw:
    """Return a value as the body of an answer; characters that JSON cannot have are escaped."""
    try:
        return msgspec.Raw(_encoder.encode(value))
    except UnicodeEncodeError:
        return msgspec.Raw(_encoder.encode(_encodable(value)))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value
