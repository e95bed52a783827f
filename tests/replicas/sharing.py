"""Replicas that share the objects of one controller, and the judgement about what they wrote.

Each reconcile adds to the journal of its object under optimistic concurrency, and nothing else writes there. So the
API server itself refuses a write of a second replica that works on the object at the same moment: a conflict is work
that was doubled. Work that was lost is an object whose journal never shows its last step.
"""

import base64
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from plugin_operator.replicas.lease_names import MAP_KEY
from plugin_operator.sharding import LEAD, ShardMap
from tests.replicas.conftest import Replica, Server

OBJECTS = 12
#: For a machine that has other work: it tells slow from never.
PATIENCE_SECONDS = 120.0
MAP = "plugin-operator-shards"
GATE = "ShardedListAndWatch=true"

PLUGIN = """
import asyncio, os, time
from pathlib import Path
from plugin_operator import Result, controller
from plugin_operator.errors import ConflictError, LeadershipLost

ME, NOTES = os.environ["REPLICA"], Path(os.environ["REPLICA_FOLDER"]) / "notes"

def note(what, name):
    with NOTES.open("a") as file:
        file.write(f"{time.monotonic():.6f} {ME} {what} {name}\\n")

@controller(for_="v1/ConfigMap", distribution="sharded", shard_by="uid", label_selector="shared", owns=["v1/Secret"],
            max_concurrent_reconciles=16)
async def shared(ctx, request):
    found = ctx.lister.get(request)
    if found is None:
        return
    name, step = request.name, found["data"]["step"]
    note("begins", name)
    try:
        page = await ctx.client.get("v1/ConfigMap", f"journal-of-{name}", request.namespace)
        await asyncio.sleep(0.1)
        page["data"] = {"step": step, "by": ME, "edition": "EDITION"}
        await ctx.client.update(page)
        child = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"child-of-{name}"}}
        await ctx.sync_children(found, [{**child, "stringData": {"step": step}}])
    except ConflictError as error:
        note("conflict", f"{name} {error}")
        raise
    except LeadershipLost:
        note("refused", name)
        raise
    finally:
        note("ends", name)
    return Result(requeue_after=0.3)

@controller(for_="v1/ConfigMap", label_selector="alone")
async def alone(ctx, request):
    note("alone", request.name)
    return Result(requeue_after=0.3)
"""


class Sharing:
    """The replicas and what became of the objects.

    Attributes:
        alive: those that should work.
        everybody: those that were ever started.
    """

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server
        self.alive: list[Replica] = []
        self.everybody: list[Replica] = []
        self._steps = 0
        self.plugins = folder / "plugins"
        self.plugins.mkdir()
        self.edit("first")
        self.write()
        self._apply(_config_map("alone", {"alone": "yes"}, {}))

    # ---- replicas

    def add(self, *names: str, plugins: Path | None = None) -> None:
        """Start replicas, perhaps with a plugins directory of their own."""
        flags = ["--shard-replicas", *(["--plugins-dir", str(plugins)] if plugins is not None else [])]
        for name in names:
            self.alive.append(Replica(name, self.server, self.folder, *flags))
            self.everybody.append(self.alive[-1])

    def take_out(self, replica: Replica) -> None:
        """Expect no more work of a replica."""
        self.alive.remove(replica)

    def restart_ended(self) -> None:
        """Start replicas in the place of those that ended with status 1, as a kubelet does."""
        for each in [each for each in self.alive if each.process.poll() is not None]:
            assert each.process.poll() == 1, each.log[-3000:]
            assert "Traceback" not in each.log, each.log[-3000:]
            self.take_out(each)
            self.add(f"{each.name}i")

    def coordinator(self) -> Replica:
        """Wait until one replica divides the shards, and return it."""
        found: list[Replica] = []

        def is_found() -> bool:
            found[:] = [each for each in self.alive if _sharding(each).get("coordinates")]
            return len(found) == 1

        self.until(is_found)
        return found[0]

    def settled(self, *, restarts: bool = False) -> None:
        """Wait until the living replicas, and no others, share all shards, and none moves."""

        def is_settled() -> bool:
            if restarts:
                self.restart_ended()
            found = [_sharding(each) for each in self.alive]
            if not all(found):
                return False
            names = {each["replica"] for each in found}
            maps = [(each["version"], each["unowned"], each["moving"], {*each["owners"]}) for each in found]
            total = sum(found[0]["owners"].values())
            shares = [each["owned"] for each in found]
            return (
                all(each == maps[0] for each in maps)
                and maps[0][1:] == (0, 0, names)
                and sum(shares) == total
                and min(shares) > 1
                and all(each.is_ready() for each in self.alive)
            )

        self.until(is_settled)

    def owners(self) -> set[str]:
        """Return the Leases of the members that own a slice, as the stored map says."""
        annotations = self.get("lease", MAP)["metadata"]["annotations"]
        shards = ShardMap.decode(annotations[MAP_KEY].encode()).shards
        return {each.owner.partition("/")[0] for name, each in shards.items() if name != LEAD}

    # ---- objects

    def edit(self, edition: str, text: str = PLUGIN) -> None:
        """Write the plugin as an editor does."""
        fresh = self.plugins / ".shared.new"
        fresh.write_text(text.replace("EDITION", edition))
        fresh.rename(self.plugins / "shared.py")

    def write(self) -> None:
        """Create all objects, or give each of them its next step."""
        self._steps += 1
        names = [f"object-{number}" for number in range(OBJECTS)]
        items = [_config_map(name, {"shared": "yes"}, {"step": str(self._steps)}) for name in names]
        if self._steps == 1:
            items += [_config_map(f"journal-of-{name}", {"journal": "yes"}, {}) for name in names]
        self._apply({"apiVersion": "v1", "kind": "List", "items": items})

    def worked(self, edition: str = "first") -> None:
        """Give each object another step; wait until its journal and its child show it, written by living replicas."""
        self.write()
        living = {each.name for each in self.alive}

        def is_done() -> bool:
            pages = self.get("configmap", "--selector=journal")["items"]
            children = self._children()
            return (
                all(each.get("data", {}).get("step") == str(self._steps) for each in pages)
                and all(each["data"]["edition"] == edition and each["data"]["by"] in living for each in pages)
                and len(children) == OBJECTS
                and all(_step_of(each) == str(self._steps) for each in children)
            )

        self.until(is_done)

    def _children(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("secret")["items"]
        return [each for each in items if each["metadata"]["name"].startswith("child-of-")]

    def workers(self) -> dict[str, set[str]]:
        """Wait until each object was reconciled again; return the replicas that did since, by object."""
        since = time.monotonic()

        def found() -> dict[str, set[str]]:
            names: dict[str, set[str]] = defaultdict(set)
            for at, replica, what, name in self.notes():
                if what == "begins" and at >= since:
                    names[name].add(replica)
            return names

        self.until(lambda: len(found()) == OBJECTS)
        return found()

    def notes(self) -> list[tuple[float, str, str, str]]:
        """Return what the plugins noted, in the order of time."""
        with contextlib.suppress(FileNotFoundError):
            lines = [each.split(" ", 3) for each in (self.folder / "notes").read_text().splitlines()]
            return sorted((float(at), replica, what, name) for at, replica, what, name in lines)
        return []

    def unattended_since(self, moment: float, lost: str) -> float:
        """Return the seconds until each object of ``lost`` had its next reconcile, at most; print them."""
        notes = self.notes()
        last = {name: replica for at, replica, what, name in notes if what == "begins" and at <= moment}
        waits = [
            min(at for at, replica, what, name in notes if name == each and at > moment and replica != lost) - moment
            for each, owner in last.items()
            if owner == lost
        ]
        longest = max(waits, default=0.0)
        say(f"{len(waits)} objects of {lost}: unattended for {longest:.2f} s")
        return longest

    def assert_never_doubled(self, *interrupted: Replica) -> None:
        """Hold that no write met a conflict, and that no two replicas were inside a reconcile of one object.

        Args:
            interrupted: replicas that were killed or stopped. Conflicts judge their writes.
        """
        cut = {each.name for each in interrupted}
        inside: dict[str, set[str]] = defaultdict(set)
        for at, replica, what, name in self.notes():
            assert what != "conflict", f"{at} {replica} {name}"
            if what == "begins":
                others = inside[name] - {replica} - cut
                assert not others, f"{at}: {replica} begins {name} while {others} work on it"
                inside[name].add(replica)
            elif what == "ends":
                inside[name].discard(replica)

    # ---- the server

    def get(self, *words: str) -> Any:
        """Return what the server has."""
        return json.loads(self.server.kubectl("get", *words, "-o", "json"))

    def _apply(self, content: dict[str, Any]) -> None:
        made = self.folder / "applied.json"
        made.write_text(json.dumps(content))
        self.server.kubectl("apply", "-f", str(made))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.explained()
            time.sleep(0.1)

    def explained(self) -> str:
        """Return what the replicas said last."""
        texts = [f"{each.name}: {each.process.poll()} {_sharding(each)}\n{each.log[-2500:]}" for each in self.alive]
        return "\n".join(texts)

    def close(self) -> None:
        """End everything."""
        for replica in self.everybody:
            replica.close()
        self.server.stop()


def started(folder: Path, gates: str) -> Iterator[Sharing]:
    """Yield replicas without a member yet, on a server of their own."""
    made = Sharing(folder, Server(folder, gates))
    yield made
    made.close()


def say(text: str) -> None:
    """Print a figure that no test asserts."""
    print(text)  # noqa: T201 - for those who read the report


def _sharding(replica: Replica) -> dict[str, Any]:
    with contextlib.suppress(OSError):
        found: dict[str, Any] = replica.status()["sharding"]
        return found
    return {}


def _config_map(name: str, labels: dict[str, str], data: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _step_of(secret: dict[str, Any]) -> str:
    return base64.b64decode(secret.get("data", {}).get("step", "")).decode()
