"""Credentials from a command, by the rules of client-go's exec plugins.

Owns the process: path, input, limits of output, and termination. Leaves the time of the call to ``kubeconfig_source``.
"""

import asyncio
import base64
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.client.credentials.tokens import is_token
from plugin_operator.errors import ConfigError
from plugin_operator.tasks import start_task
from plugin_operator.tasks.child_processes import kill_and_reap

DEADLINE_SECONDS = 60.0
"""Deadline of a command; a person may have to log in."""

_MAX_OUTPUT_BYTES = 2**20
_MAX_COMPLAINT_BYTES = 2000
_CHUNK_BYTES = 2**16
_POLL_SECONDS = 0.02
_PIPE_SECONDS = 0.5  # a child that the command leaves behind may keep its pipes open
_REAP_SECONDS = 2.0
_API_VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
_MODES = ("Never", "IfAvailable", "Always")


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """Credentials from a command: a token, a client certificate, or both."""

    token: str | None = field(default=None, repr=False)
    certificate_pem: bytes | None = field(default=None, repr=False)
    key_pem: bytes | None = field(default=None, repr=False)
    expires_at: datetime | None = None


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: datetime | None = None

    def __repr__(self) -> str:
        """Return the expiry only, without credentials."""
        return f"_Status(expiration_timestamp={self.expiration_timestamp!r})"


class _Answer(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status


class ExecCommand:
    """The command in the ``exec`` of a kubeconfig's user.

    Args:
        settings: the mapping ``exec``.
        folder: folder of the kubeconfig. A relative command with a slash starts there; one without is searched in
            ``$PATH``.
        cluster: input about the cluster if ``provideClusterInfo`` is set.
        has_terminal: reports whether standard input is a terminal.

    Raises:
        ConfigError: the mapping is not valid.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        folder: str,
        cluster: Mapping[str, Any],
        *,
        has_terminal: Callable[[], bool] | None = None,
    ) -> None:
        command = settings.get("command")
        if not isinstance(command, str) or not command:
            raise ConfigError("the kubeconfig's exec names no command")
        self._api_version = settings.get("apiVersion")
        if self._api_version not in _API_VERSIONS:
            raise ConfigError(f"the kubeconfig's exec needs an apiVersion, one of {', '.join(_API_VERSIONS)}")
        self._mode = settings.get("interactiveMode") or "IfAvailable"
        if self._mode not in _MODES:
            raise ConfigError(f"the kubeconfig's exec has interactiveMode {self._mode!r}: use {', '.join(_MODES)}")
        program = str(Path(folder, command)) if os.sep in command else command
        self._arguments = [program, *_texts(settings.get("args"))]
        self._variables = {str(each["name"]): str(each["value"]) for each in settings.get("env") or ()}
        self._hint = str(settings.get("installHint") or "")
        self._cluster = cluster if settings.get("provideClusterInfo") else None
        self._has_terminal = has_terminal or _has_terminal

    async def run(self) -> ExecCredential:
        """Run the command and return its credentials.

        After ``DEADLINE_SECONDS``, or when the call is cancelled, the process group of the command is killed.

        Raises:
            ConfigError: the command cannot start, fails, exceeds the deadline or prints no credential.
        """
        interactive = self._is_interactive()
        process = await self._started(interactive)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                output, complaint = await _outcome(process)
        except TimeoutError as error:
            raise ConfigError(f"{self._name} gave no credentials within {DEADLINE_SECONDS:g} s") from error
        finally:
            await kill_and_reap(process, group=not interactive, deadline_seconds=_REAP_SECONDS)
        if process.returncode:
            raise ConfigError(f"{self._name} ended with status {process.returncode}{complaint and f': {complaint}'}")
        return self._read(output)

    async def _started(self, interactive: bool) -> Process:
        """Start the command, shielded from cancel: asyncio would kill only the command and wait for its children."""
        starting = start_task(self._start(interactive), "credentials command")
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            if starting.exception() is None:
                await kill_and_reap(starting.result(), group=not interactive, deadline_seconds=_REAP_SECONDS)
            raise

    async def _start(self, interactive: bool) -> Process:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._cluster is not None:
            spec["cluster"] = self._cluster
        info = msgspec.json.encode({"kind": "ExecCredential", "apiVersion": self._api_version, "spec": spec})
        environment = {**os.environ, **self._variables, "KUBERNETES_EXEC_INFO": info.decode()}
        try:
            return await asyncio.create_subprocess_exec(
                *self._arguments,
                env=environment,
                stdin=None if interactive else DEVNULL,
                stdout=PIPE,
                stderr=None if interactive else PIPE,
                # A separate process group, which cannot read from the terminal; uvloop has no process_group.
                start_new_session=not interactive,
            )
        except (OSError, ValueError) as error:
            hint = f". {self._hint}" if self._hint else ""
            raise ConfigError(f"{self._name} cannot be run: {error}{hint}") from error

    def _is_interactive(self) -> bool:
        if self._mode == "Never":
            return False
        has_terminal = self._has_terminal()
        if self._mode == "Always" and not has_terminal:
            raise ConfigError(f"{self._name} has interactiveMode Always, and standard input is not a terminal")
        return has_terminal

    def _read(self, output: bytes) -> ExecCredential:
        try:
            answer = msgspec.json.decode(output, type=_Answer)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ConfigError(f"{self._name} printed no ExecCredential: {error}") from error
        status = answer.status
        if answer.kind != "ExecCredential" or answer.api_version != self._api_version:
            # Other output may be a credential.
            version = answer.api_version if answer.api_version in _API_VERSIONS else "another version"
            kind = "" if answer.kind == "ExecCredential" else "another kind than ExecCredential: "
            raise ConfigError(f"{self._name} printed {kind}{version}, not {self._api_version}")
        if bool(status.client_certificate_data) != bool(status.client_key_data):
            raise ConfigError(f"{self._name} printed one of clientCertificateData and clientKeyData without the other")
        if not status.token and not status.client_certificate_data:
            raise ConfigError(f"{self._name} printed neither a token nor clientCertificateData")
        if status.token and not is_token(status.token):
            raise ConfigError(f"{self._name} printed something else than a token")
        expires_at = status.expiration_timestamp
        return ExecCredential(
            status.token or None,
            status.client_certificate_data.encode() if status.client_certificate_data else None,
            status.client_key_data.encode() if status.client_key_data else None,
            expires_at.replace(tzinfo=expires_at.tzinfo or UTC) if expires_at is not None else None,
        )

    @property
    def _name(self) -> str:
        return f"the credentials command {self._arguments[0]!r}"


def cluster_info(cluster: Mapping[str, Any], ca_pem: bytes | None) -> Mapping[str, Any]:
    """Return the cluster information for a command, as in ``client.authentication.k8s.io``'s ``Cluster``."""
    info = {
        key: cluster[key]
        for key in ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression")
        if cluster.get(key)
    }
    if ca_pem is not None:
        info["certificate-authority-data"] = base64.b64encode(ca_pem).decode()
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info


async def _outcome(process: Process) -> tuple[bytes, str]:
    """Wait for the process; return its output, and the end of its standard error.

    asyncio's ``wait`` would also wait for children that keep the pipes open.
    """
    output, complaint = bytearray(), bytearray()
    pipes = [
        start_task(_collect(process.stdout, output, _MAX_OUTPUT_BYTES), "credentials output"),
        start_task(_keep_end(process.stderr, complaint, _MAX_COMPLAINT_BYTES), "credentials complaints"),
    ]
    try:
        while process.returncode is None:
            await asyncio.sleep(_POLL_SECONDS)
            if len(output) > _MAX_OUTPUT_BYTES:
                raise ConfigError(f"the credentials command printed more than {_MAX_OUTPUT_BYTES} bytes")
        await asyncio.wait(pipes, timeout=_PIPE_SECONDS)
        return bytes(output), complaint.decode("utf-8", "replace").strip()
    finally:
        for pipe in pipes:
            pipe.cancel()
        await asyncio.wait(pipes)


async def _collect(stream: asyncio.StreamReader | None, into: bytearray, limit: int) -> None:
    while stream is not None and len(into) <= limit and (piece := await stream.read(_CHUNK_BYTES)):
        into += piece


async def _keep_end(stream: asyncio.StreamReader | None, into: bytearray, limit: int) -> None:
    """Read the whole stream, so that the command never blocks on it, and keep the end."""
    while stream is not None and (piece := await stream.read(_CHUNK_BYTES)):
        into += piece
        del into[:-limit]


def _texts(values: Any) -> list[str]:
    if values is not None and not isinstance(values, list):
        raise ConfigError("the args of the kubeconfig's exec are not a list")
    return [str(value) for value in values or ()]


def _has_terminal() -> bool:
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        return False  # closed
