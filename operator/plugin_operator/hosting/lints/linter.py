"""The caller's side of the lints: asks a process with limits about each file."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plugin_operator.error_hints import methods_in, named_in
from plugin_operator.hosting.inspection.contained_process import ContainedProcess, ProcessEnded
from plugin_operator.hosting.lints.facts import DeclaredController
from plugin_operator.hosting.lints.lint import NOT_LINTED
from plugin_operator.hosting.lints.lint_process import FUNCTIONS, LINT

_MEMORY_BYTES = 512 * 1024 * 1024
_PROCESSOR_SECONDS = 20
_DEADLINE_SECONDS = 60.0
_PACKAGES = str(Path(__file__).parents[3])
_START = (
    "import sys; sys.path.append(sys.argv.pop(1)); from plugin_operator.hosting.lints.lint_process import main; main()"
)


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A mistake in a file, with its rule."""

    rule: str
    severity: str
    line: int | None
    column: int | None
    message: str


class Linter:
    """Lints files, one at a time; ``close`` ends its process."""

    def __init__(self) -> None:
        arguments = ("-c", _START, _PACKAGES, str(_MEMORY_BYTES), str(_PROCESSOR_SECONDS))
        self._process = ContainedProcess(lambda: arguments)

    def functions_of(self, content: bytes, path: str) -> dict[str, Any]:
        """Return what ``lint`` needs to know of a module beside the plugin; nothing if it is too costly. Blocks.

        Args:
            content: the file.
            path: the file as shown to users.

        Raises:
            OSError: no process can be started.
        """
        try:
            answer = self._process.ask((content, FUNCTIONS, path), _DEADLINE_SECONDS)
        except ProcessEnded:
            return {}
        found: dict[str, Any] = answer.get("functions", {})
        return found

    def lint(
        self,
        content: bytes,
        *,
        helpers: Mapping[str, Any] = MappingProxyType({}),
        declared: Sequence[DeclaredController] | None = None,
    ) -> list[LintFinding]:
        """Return the mistakes in a file, in the order of the text. Blocks.

        A file that the lints cannot finish has one finding that says so.

        Args:
            content: the file.
            helpers: the functions of modules beside the plugin, by dotted name of the module.
            declared: the controllers in the file, as the loader read them; None if they are unknown.

        Raises:
            OSError: no process can be started.
        """
        controllers = None if declared is None else [_as_dict(each) for each in declared]
        try:
            answer = self._process.ask((content, LINT, dict(helpers), controllers, _api_in(content)), _DEADLINE_SECONDS)
        except ProcessEnded as ended:
            return [_unfinished(_reason(ended.status))]
        if "found" not in answer:
            self.close()  # its memory may be exhausted for the next file
            return [_unfinished(str(answer.get("rejection")))]
        return [
            LintFinding(rule, severity, line, column, message)
            for rule, severity, (line, column, _, message, _) in answer["found"]
        ]

    def close(self) -> None:
        """End the process."""
        self._process.close()


def _unfinished(reason: str) -> LintFinding:
    return LintFinding(NOT_LINTED.id, NOT_LINTED.severity, None, None, reason)


def _as_dict(declared: DeclaredController) -> dict[str, Any]:
    return {"line": declared.line, "has_kind": declared.has_kind, "caches": declared.caches, "owns": declared.owns}


def _api_in(content: bytes) -> dict[str, tuple[tuple[str, ...], int, tuple[str, ...]]]:
    """Return the arguments of the calls of the API whose names are in a file, as values that ``marshal`` writes."""
    known = {**named_in(content), **methods_in(content)}
    return {name: (each.names, each.positional, each.required) for name, each in known.items()}


def _reason(status: int) -> str:
    if status == -signal.SIGXCPU:
        return f"takes more than {_PROCESSOR_SECONDS} s of processor time in the lints: simplify or split it"
    return f"ends the process of the lints (status {status}): simplify or split it"
