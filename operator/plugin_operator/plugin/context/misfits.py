"""Reports of objects that do not fit their class: a log line, an Event of the object, and a metric."""

from collections.abc import Callable
from typing import Protocol

from plugin_operator import logs
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ObjectDecodeError
from plugin_operator.plugin.context.recorder import Recorder

_REASON = "DoesNotFitClass"
_MAX_REMEMBERED = 1000

_log = logs.get_logger(__name__)


class Reporting(Protocol):
    """What the reports use of a controller."""

    plugin: str
    revision: str
    controller: str
    recorder: Recorder
    on_misfit: Callable[[], None] | None


class MisfitReports:
    """The reports of one controller in one revision, one for each version of an object.

    Args:
        scope: names, recorder and counter of the controller.
    """

    __slots__ = ("_reported", "_scope")

    def __init__(self, scope: Reporting) -> None:
        self._scope = scope
        self._reported: dict[tuple[str, str, str], str] = {}

    def report(self, error: ObjectDecodeError, version: str) -> None:
        """Report an object that does not fit; does nothing for a version that was reported. Thread-safe.

        Args:
            error: says which object and field.
            version: resource version of the object.
        """
        key = error.kind, error.namespace, error.name
        if self._reported.get(key) == version:
            return
        if len(self._reported) >= _MAX_REMEMBERED:
            self._reported.clear()
        self._reported[key] = version
        scope = self._scope
        if scope.on_misfit is not None:
            scope.on_misfit()
        _log.warning(
            "Object does not fit its class",
            plugin=scope.plugin,
            revision=scope.revision,
            controller=scope.controller,
            kind=error.kind,
            namespace=error.namespace,
            name=error.name,
            path=error.path,
            reason=error.reason,
        )
        gvk = GroupVersionKind.parse(error.kind)
        about = {
            "apiVersion": gvk.api_version,
            "kind": gvk.kind,
            "namespace": error.namespace,
            "name": error.name,
            "uid": error.uid,
        }
        scope.recorder.event(about, "Warning", _REASON, str(error))
