"""The form of what an operator answers at ``/status``, as far as the command reads it.

Any server may listen at the address. Fields that are not here may hold anything: a newer operator has more.
"""

from typing import Annotated, Any

import msgspec


class AnswerError(ValueError):
    """An answer is not a status: why."""


class _Misbehavior(msgspec.Struct):
    how: str = ""
    detail: str = ""
    stack: list[str] | None = None


class _Rule(msgspec.Struct):
    verbs: list[str]


class _Lack(msgspec.Struct):
    kind: str
    rules: list[_Rule]
    namespace: str | None = None


class _Plugin(msgspec.Struct):
    name: str
    state: str = ""
    path: str | None = None
    line: int | None = None
    reason: str | None = None
    revision: str | None = None
    digest: str | None = None
    failing: str | None = None
    failures: str | None = None
    controllers: list[str] | None = None
    misbehaving: list[_Misbehavior] | None = None
    missing_permissions: list[_Lack] | None = msgspec.field(default=None, name="missingPermissions")


#: A hash in hexadecimal digits, as a range of shards begins or ends.
_Hash = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-f]{1,17}$")]


class _Worker(msgspec.Struct):
    number: int | None = None
    pid: int | None = None
    since: str | None = None
    shards: int | None = None
    leads: bool | None = None
    load: float | None = None
    problem: str | None = None
    ranges: list[tuple[_Hash, _Hash]] | None = None


class _Replica(msgspec.Struct):
    lease: str | None = None
    pod: str | None = None
    state: str | None = None
    own: bool | None = msgspec.field(default=None, name="self")
    coordinates: bool | None = None
    leads: bool | None = None
    shards: int | None = None
    giving: int | None = None
    coming: int | None = None
    epoch: int | None = None
    ranges: list[tuple[_Hash, _Hash]] | None = None


class _Sharding(msgspec.Struct):
    filters: bool | None = msgspec.field(default=None, name="serverFilters")
    hint: str | None = None
    problem: str | None = None
    version: int | None = None
    unowned: int | None = None
    unattended: int | None = None
    moving: int | None = None
    moves: int | None = None
    changes: int | None = msgspec.field(default=None, name="membershipChanges")
    imbalance: float | None = None


class _Status(msgspec.Struct):
    plugins: list[_Plugin]
    workers: list[_Worker] | None = None
    replicas: list[_Replica] | None = None
    sharding: _Sharding | None = None
    version: str | None = None
    server: str | None = None
    plugins_dir: str | None = msgspec.field(default=None, name="pluginsDir")
    problem: str | None = msgspec.field(default=None, name="pluginsDirProblem")
    leading: bool | None = None


def status_from(content: bytes) -> dict[str, Any]:
    """Return the status that an answer holds.

    Raises:
        AnswerError: the answer is not JSON, or has another form than a status.
    """
    if not content.strip():
        raise AnswerError("its response is empty")
    if content.lstrip()[:1] == b"<":
        raise AnswerError("its response is a web page")
    try:
        status: dict[str, Any] = msgspec.json.decode(content)
        msgspec.convert(status, _Status)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise AnswerError(f"its response is not a status: {error}") from error
    return status
