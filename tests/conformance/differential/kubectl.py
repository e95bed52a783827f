"""Plays kubectl command lines against one server and returns their normalised output."""

import asyncio
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.conformance.differential.normalising import Normaliser
from tests.conformance.differential.playing import Outcome

COMMAND_SECONDS = 60.0
_AGE = re.compile(r"(?<![\w.-])(\d+[smhd]){1,2}(?![\w.-])")
_HASH = re.compile(r"\b[0-9a-f]{40}\b")
_RESOURCE_VERSION = re.compile(r'(resourceVersion: "?|"resourceVersion": "|Resource Version: +)(\d+)')
_TIME_OF_DAY = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
_FILE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}")
_LOG_PREFIX = re.compile(r"(?m)^([IWE])\d{4} [\d:.]+ +\d+ ")
_SCRATCH = re.compile(r"(?<=/)(LIVE|MERGED)-\d+")
_WORDS = (
    (_TIME_OF_DAY, "<time>"),
    (_FILE_TIME, "<time>"),
    (_LOG_PREFIX, r"\1 "),
    (_AGE, "<age>"),
    (_HASH, "<hash>"),
    (_SCRATCH, r"\1"),
)
_SPACES = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Command:
    """One command line after ``kubectl``; ``stdin`` is a manifest; ``silent`` ones only set the scene."""

    line: str
    stdin: str = ""
    silent: bool = False
    editor: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """Command lines in order, in a namespace of their own."""

    name: str
    commands: tuple[Command, ...]


class Shell:
    """kubectl with one server's kubeconfig, one namespace and a home of its own."""

    def __init__(self, kubeconfig: Path, home: Path, word: str) -> None:
        self._namespace = f"case-{word}"
        self._word = word
        self._home = home
        self._environment = {
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(home),
            "TMPDIR": str(home),
            "PATH": os.environ.get("PATH", ""),
            "KUBE_EDITOR": "false",
            "TZ": "UTC",
        }
        self._normaliser = Normaliser({str(home): "<home>", self._namespace: "<ns>", word: "<id>"})

    async def play(self, script: Script) -> list[Outcome]:
        """Run every command; the namespace goes afterwards, also when cancelled."""
        await self._run(Command(f"create namespace {self._namespace}"))
        outcomes = []
        try:
            for number, command in enumerate(script.commands, 1):
                status, output, errors = await self._run(command)
                if not command.silent:
                    value = {"exit": status, "stdout": self._lines(output), "stderr": self._lines(errors)}
                    outcomes.append(Outcome(f"{number} kubectl {command.line}", value))
        finally:
            await self._run(Command(f"delete namespace {self._namespace} --wait=false"))
        return outcomes

    async def _run(self, command: Command) -> tuple[int, str, str]:
        words = {"ns": self._namespace, "id": self._word, "home": str(self._home)}
        line = Template(command.line).safe_substitute(words)
        script = f'kubectl() {{ "$KUBECTL" --namespace={self._namespace} "$@"; }}; kubectl {line}'
        environment = self._environment | {"KUBECTL": find_kubectl()}
        if command.editor:
            environment["KUBE_EDITOR"] = command.editor
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            script,
            cwd=self._home,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                manifest = Template(command.stdin).safe_substitute(words)
                output, errors = await process.communicate(manifest.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            return -1, "", "no end in time"
        return process.returncode or 0, output.decode(), errors.decode()

    def _lines(self, text: str) -> list[str]:
        text = _RESOURCE_VERSION.sub(lambda m: f"{m[1]}{self._normaliser.version(m[2])}", text)
        text = self._normaliser.text(text)
        for pattern, word in _WORDS:
            text = pattern.sub(word, text)
        return [_SPACES.sub(" ", line).rstrip() for line in text.splitlines()]


def find_kubectl() -> str:
    """Return the kubectl that ``SCRIPTS_KUBECTL`` names, the one beside this interpreter, or the one on the path."""
    if named := os.environ.get("SCRIPTS_KUBECTL"):
        return named
    beside = Path(sys.executable).with_name("kubectl")
    return str(beside) if beside.exists() else shutil.which("kubectl") or "kubectl"
