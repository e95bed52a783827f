"""The load server's process: started with the runner, asked through its control requests."""

import base64
import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from bench.processes import ROOT
from bench.scenarios import Scenario
from bench.servers import Sent


class LoadServer:
    """The load server's process and its control requests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert self._process.stdout is not None
        self._said = json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    @property
    def url(self) -> str:
        """Where it listens without TLS."""
        return f"http://127.0.0.1:{self._said['port']}"

    def ask(self, verb: str, **query: int) -> dict[str, Any]:
        """Send one control request and return its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._said["port"], timeout=600)
        try:
            connection.request("GET", f"/bench/{verb}?" + "&".join(f"{name}={value}" for name, value in query.items()))
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer

    def reset(self, scenario: Scenario, *, metadata: bool) -> None:
        """Serialise the scenario's objects, and forget what was asked before."""
        wanted = {"objects": scenario.objects, "size": scenario.size, "kinds": scenario.job.kinds}
        self.ask("reset", **wanted, metadata=int(metadata))

    def first_request_at(self) -> float:
        """Return when the objects were first asked for."""
        moment: float = self.ask("stats")["first_request_at"]
        return moment

    def holds_watches(self, wanted: int) -> bool:
        """Return whether so many watches were opened and all are open."""
        stats = self.ask("stats")
        return bool(stats["requests"].get("watch", 0) == stats["watches"] == wanted)

    def writes(self) -> int:
        """Return how many writes there were."""
        count: int = self.ask("stats")["requests"].get("write", 0)
        return count

    def prepare(self, events: int, peer: int) -> None:
        """Serialise so many changes."""
        del peer
        self.ask("prepare", events=events)

    def fire(self, rate: int, peer: int) -> Sent:
        """Send what is prepared to every open watch."""
        del peer
        sent = self.ask("pace", rate=rate) if rate else self.ask("fire")
        return Sent(sent["started"], sent.get("times", ()))

    def write_kubeconfig(self, path: Path, *, tls: bool = False) -> Path:
        """Write a kubeconfig that leads a peer here."""
        cluster = {"server": self.url}
        if tls:
            authority = base64.b64encode(self._said["authority"].encode()).decode()
            server = f"https://127.0.0.1:{self._said['tls_port']}"
            cluster = {"server": server, "certificate-authority-data": authority}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": cluster}],
            "users": [{"name": "bench", "user": {"token": "bench"}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        }
        path.write_text(json.dumps(config))
        return path
