"""Which denied writes count as missing rights, and until when."""

from typing import Any

import pytest

from plugin_operator.errors import ForbiddenError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.writes.expectations import Expectations
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.plugin.writes.missing_rights import REPORTED_SECONDS, MissingRights
from plugin_operator.testing.virtual_clock import VirtualClock

MAP = GroupVersionKind.parse("v1/ConfigMap")
A = NamespacedName("default", "a")
OBJECT: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
CANNOT = 'User "op" cannot patch resource "configmaps" in API group "" in the namespace "default"'
CALLS = [
    ("create", (OBJECT,)), ("update", (OBJECT,)), ("update_status", (OBJECT,)), ("apply", (OBJECT,)),
    ("patch", (MAP, A, {})), ("patch_status", (MAP, A, {})), ("delete", (MAP, A)),
    ("scale", (MAP, A, 3)), ("delete_collection", (MAP, "default")), ("evict", (A,)),
]  # fmt: skip


class Server:
    """Denies everything while ``message`` is set."""

    message = f'configmaps "a" is forbidden: {CANNOT}: RBAC: x not found'

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **options: Any) -> Any:
            if self.message:
                raise ForbiddenError(403, "Forbidden", self.message)
            return [OBJECT] if name == "delete_collection" else OBJECT

        return call


class ClientHarness:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.server = Server()
        self.rights = MissingRights("p", "1-a", "c", self.clock)
        writes = Expectations(MAP, lambda _kind, _key: (), clock=self.clock, on_late=lambda: None)
        self.client = ExpectingClient(self.server, writes, A, None, self.rights)

    async def call(self, name: str, args: tuple[Any, ...]) -> None:
        try:
            await getattr(self.client, name)(*args)
        except ForbiddenError:
            assert self.server.message


@pytest.fixture
async def harness() -> ClientHarness:
    return ClientHarness()


@pytest.mark.parametrize(("name", "args"), CALLS, ids=[each[0] for each in CALLS])
async def test_a_denied_write_is_told_without_the_objects_name_until_it_is_granted(
    harness: ClientHarness, name: str, args: tuple[Any, ...]
) -> None:
    await harness.call(name, args)
    await harness.call(name, args)
    assert harness.rights.reasons() == [CANNOT]
    assert harness.rights.denials() == [f' "a" is forbidden: {CANNOT}']
    harness.server.message = ""
    await harness.call(*next(each for each in CALLS if each[0] != name))
    assert harness.rights.reasons() == [CANNOT]
    await harness.call(name, args)
    assert harness.rights.reasons() == []
    assert not harness.rights


async def test_a_right_that_nobody_asks_for_any_more_is_forgotten(harness: ClientHarness) -> None:
    await harness.call(*CALLS[0])
    await harness.clock.advance(REPORTED_SECONDS + 1)
    assert harness.rights.reasons() == []


async def test_the_name_of_the_first_denied_object_is_kept(harness: ClientHarness) -> None:
    for name in ("a", "b"):
        harness.server.message = f'configmaps "{name}" is forbidden: {CANNOT}'
        await harness.call("patch", (MAP, NamespacedName("default", name), {}))
    assert harness.rights.denials() == [f' "a" is forbidden: {CANNOT}']
    harness.rights.forget(harness.rights.denials())
    assert harness.rights.reasons() == []


@pytest.mark.parametrize(
    "message",
    ['pods "a" is forbidden: exceeded quota: small', 'pods "a" is forbidden: violates PodSecurity "restricted"'],
)
async def test_what_admission_refuses_is_no_missing_right(harness: ClientHarness, message: str) -> None:
    harness.server.message = message
    await harness.call(*CALLS[0])
    assert harness.rights.reasons() == []
