"""A real kube-apiserver that feeds the peers: TLS, HTTP/2 and protobuf for those who ask for them.

One server lives for one scenario. It is slower than its peers, so a burst is made while the peer's process is stopped.
The events wait in sockets, and the clock runs from the moment in which the process continues. The objects have the
label that reconciles set, so that a PATCH changes nothing, causes no event, and writes nothing to disk. The server's
audit log says when a peer asked for what.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bench import stream
from bench.apiservers import MANY, Client, controlplane
from bench.scenarios import Scenario
from bench.servers import Sent
from tests.conformance.differential.targets import running

# The server's own controllers also watch everything, the metadata of ConfigMaps included.
_OWN_CLIENTS = ("kube-apiserver/", "kube-controller-manager/")
_REQUESTS_FOR_OBJECTS = {
    "level": "Metadata",
    "verbs": ["list", "watch"],
    "resources": [{"group": "", "resources": ["configmaps"]}],
}
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["ResponseStarted", "ResponseComplete"],
    "rules": [_REQUESTS_FOR_OBJECTS, {"level": "None"}],
}
#: Method, path and body of a request.
_Request = tuple[str, str, dict[str, Any]]
#: From the answer to the last change until its event is in the socket of a watch.
_SENT_SECONDS = 0.5


class KubeApiserver:
    """The server's process, with the objects of one scenario once it was reset.

    Raises:
        OSError: it cannot be built, or did not start.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="plugin-operator-bench-"))
        self._audit, policy = self._folder / "audit.log", self._folder / "policy.json"
        policy.write_text(json.dumps(_POLICY))
        flags = ["--", f"--audit-policy-file={policy}", f"--audit-log-path={self._audit}"]
        self._stack = contextlib.ExitStack()
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        with self._stack:
            try:
                command = [*controlplane(self._folder / "data"), *flags]
                server = running(command, self._folder / "data" / "kubeconfig", self._folder / "log")
                self._target = self._stack.enter_context(server)
            except (subprocess.CalledProcessError, RuntimeError) as error:
                raise OSError(f"kube-apiserver did not start: {getattr(error, 'stderr', None) or error}") from error
            self._stack = self._stack.pop_all()
        self._objects = 0
        self._version = 0
        self._audited = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write_kubeconfig(self, path: Path, *, tls: bool) -> Path:
        """Write the administrator's kubeconfig; the server speaks nothing but TLS."""
        del tls
        return Path(shutil.copy(self._target.kubeconfig, path))

    def reset(self, scenario: Scenario, *, metadata: bool) -> None:
        """Create the scenario's objects if they are not there yet, and forget what was asked before."""
        del metadata
        if not self._objects:
            self._objects = scenario.objects
            self._send(map(_namespace, range(stream.NAMESPACES)))
            self._send(_created(index, scenario.size) for index in range(scenario.objects))
        self._audited = self._audit.stat().st_size

    def first_request_at(self) -> float:
        """Return when the peer first asked for ConfigMaps."""
        received = min(datetime.fromisoformat(each["requestReceivedTimestamp"]) for each in self._requests())
        return received.timestamp() - time.time() + time.monotonic()

    def holds_watches(self, wanted: int) -> bool:
        """Return whether the peer opened so many watches of ConfigMaps and none of them again."""
        return [each["verb"] for each in self._requests()].count("watch") == wanted

    def writes(self) -> int:
        """Return 0: counting each PATCH would cost the server."""
        return 0

    def prepare(self, events: int, peer: int) -> None:
        """Stop the process ``peer`` and change so many objects."""
        os.kill(peer, signal.SIGSTOP)
        self._version += 1
        self._send(_changed(number % self._objects, f"{self._version}.{number}") for number in range(events))
        time.sleep(_SENT_SECONDS)

    def fire(self, rate: int, peer: int) -> Sent:
        """Let the process ``peer`` continue."""
        del rate
        started = time.monotonic()
        os.kill(peer, signal.SIGCONT)
        return Sent(started)

    def _requests(self) -> list[dict[str, Any]]:
        """Return the audited requests of peers since the last reset."""
        with self._audit.open("rb") as log:
            log.seek(self._audited)
            found = [json.loads(line) for line in log]
        return [each for each in found if not each.get("userAgent", "").startswith(_OWN_CLIENTS)]

    def _send(self, requests: Iterator[_Request]) -> None:
        async def work(client: Client) -> None:
            for method, path, body in requests:
                await client.call(method, path, json.dumps(body).encode())
            client.close()

        async def work_all() -> None:
            await asyncio.gather(*[work(await Client(self._target).open()) for _ in range(MANY)])

        asyncio.run(work_all())


def _namespace(number: int) -> _Request:
    namespace, _ = stream.name_of(number)
    return "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}


def _created(index: int, size: int) -> _Request:
    """Return the request that creates what the load server serves; the API server fills in the rest."""
    body = json.loads(stream.body_of(index, 1, size))
    for name in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        del body["metadata"][name]
    body["metadata"]["labels"]["seen"] = "yes"
    return "POST", f"/api/v1/namespaces/{body['metadata']['namespace']}/configmaps", body


def _changed(index: int, version: str) -> _Request:
    namespace, name = stream.name_of(index)
    return "PATCH", f"/api/v1/namespaces/{namespace}/configmaps/{name}", {"data": {"version": version}}
