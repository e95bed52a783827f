"""The calls of plugins in a test run, and their file for ``plugin-operator rbac --calls``.

Owns what a run has seen. ``hosting.permissions.calls`` owns the format of the file.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from plugin_operator.hosting.permissions.calls import Call, RecordedCall, calls_from_json, calls_to_json

#: Names that are kept of the objects of one type of call. With more, it counts as a call about any object.
_MAX_NAMES = 20


class CallRecording:
    """The distinct calls of plugins. Texts and objects that they send are not recorded."""

    def __init__(self) -> None:
        self._calls: dict[RecordedCall, set[Call]] = {}

    def note(self, plugin: str, call: Call) -> None:
        """Record a call of a plugin."""
        seen = self._calls.setdefault(RecordedCall(plugin, replace(call, namespace="", name="")), set())
        if len(seen) <= _MAX_NAMES:
            seen.add(call)

    def merge(self, text: str) -> None:
        """Add the calls of another process.

        Raises:
            ValueError: the text is no recording.
        """
        for each in calls_from_json(text):
            self.note(each.plugin, each.call)

    def as_json(self) -> str:
        """Return the recording as text."""
        return calls_to_json(self._distinct())

    def __len__(self) -> int:
        return len(list(self._distinct()))

    def _distinct(self) -> Iterable[RecordedCall]:
        for general, seen in self._calls.items():
            if len(seen) > _MAX_NAMES:
                yield general
            else:
                yield from (RecordedCall(general.plugin, call) for call in seen)

    def write(self, path: Path) -> None:
        """Replace a file by the recording, in one step.

        Raises:
            OSError: the file cannot be written.
        """
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        fresh = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.as_json())
            fresh.chmod(0o644)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


#: The calls of this process.
RECORDING = CallRecording()
