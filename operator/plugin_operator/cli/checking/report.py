"""The result of a check as values: plugins, their mistakes, and the document for machines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.hosting.lints.lint import ERROR, REJECTED, SIDE_EFFECT, WARNING


class Mistake(msgspec.Struct, frozen=True):
    """One mistake in a file.

    Attributes:
        path: the file as shown to users.
        line, column: its place, from 1; None if it has none.
        rule: id of the rule.
        severity: ``ERROR`` or ``WARNING``.
        message: what is wrong, and the way out, in one line.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None
    rule: str = REJECTED.id
    severity: str = REJECTED.severity

    @classmethod
    def side_effect(cls, path: str, message: str) -> "Mistake":
        """Return a warning about what the import of a plugin changes."""
        return cls(path, message, rule=SIDE_EFFECT.id, severity=SIDE_EFFECT.severity)

    @property
    def place(self) -> str:
        """File, line and column, as far as they are known."""
        parts = [self.path, *(str(each) for each in (self.line, self.column) if each is not None)]
        return ":".join(parts)


class CheckedPlugin(msgspec.Struct, frozen=True):
    """One plugin, and what the loader says.

    Attributes:
        name, path: its name, and its main file.
        state: ``ok``, ``rejected``, ``compiled`` (not imported), or ``helper``.
        note: why it was not imported.
        declarations: summaries of its controllers.
        definitions: versions of custom kinds that its classes define, unchecked: code of the plugin may have made them.
        metrics: names of the metrics that its import registers.
        mistakes: reasons of a rejection, and side effects of its import.
    """

    name: str
    path: str
    state: str
    note: str = ""
    declarations: Sequence[Mapping[str, Any]] = ()
    definitions: Sequence[Mapping[str, Any]] = ()
    metrics: Sequence[str] = ()
    mistakes: tuple[Mistake, ...] = ()


class CheckReport(msgspec.Struct, frozen=True):
    """All plugins of a check, and all mistakes, sorted and each once."""

    plugins: Sequence[CheckedPlugin]
    mistakes: Sequence[Mistake] = msgspec.field(default=())

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(each.severity == ERROR for each in self.mistakes)

    @property
    def warnings(self) -> int:
        """Number of warnings."""
        return sum(each.severity == WARNING for each in self.mistakes)

    @property
    def summary(self) -> str:
        """The last line for people."""
        checked = _count(len(self.plugins), "plugin")
        if not self.mistakes:
            return f"Checked {checked}: no mistakes."
        found = [(self.errors, "error"), (self.warnings, "warning")]
        files = _count(len({each.path for each in self.mistakes}), "file")
        counts = " and ".join(_count(number, word) for number, word in found if number)
        return f"Checked {checked}: {counts} in {files}."

    def document(self) -> dict[str, Any]:
        """Return the report for machines, with keys in camelCase."""
        return {
            "plugins": [
                {
                    "name": each.name,
                    "path": each.path,
                    "state": each.state,
                    "note": each.note,
                    "controllers": [dict(declared) for declared in each.declarations],
                }
                for each in self.plugins
            ],
            "mistakes": [
                {
                    "path": each.path,
                    "line": each.line,
                    "column": each.column,
                    "rule": each.rule,
                    "severity": each.severity,
                    "message": each.message,
                }
                for each in self.mistakes
            ],
            "summary": {"plugins": len(self.plugins), "errors": self.errors, "warnings": self.warnings},
        }


def declaration_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of a controller with values of its types only.

    The process of a trial import has run code of the plugin, which may have written any other summary.
    """
    lists = ("owns", "watches", "reads", "namespaces", "schedules", "sources", "permissions", "caches")
    found: dict[str, Any] = {key: _plain(each) for key, each in values.items()}
    for key in ("name", "id", "path"):
        found[key] = str(found.get(key, ""))
    found["for"] = str(found["for"]) if found.get("for") is not None else None
    found["line"] = found["line"] if type(found.get("line")) is int else None
    for key in lists:
        if key in found and not isinstance(found[key], list):
            found[key] = None if found[key] is None else []
    found["caches"] = [each for each in found.get("caches") or () if isinstance(each, dict)]
    return found


def _plain(value: Any) -> Any:
    """Return a value of JSON types, with text in place of others."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int) else str(value)


def report_of(plugins: Sequence[CheckedPlugin], others: Iterable[Mistake] = ()) -> CheckReport:
    """Return the report of plugins, with the mistakes that concern several of them or the source."""
    mistakes = {each: None for plugin in plugins for each in plugin.mistakes} | dict.fromkeys(others)
    return CheckReport(
        plugins,
        sorted(mistakes, key=lambda each: (each.path, each.line or 0, each.column or 0, each.rule, each.message)),
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
