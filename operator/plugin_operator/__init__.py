"""A Kubernetes operator that loads controllers from plain ``.py`` files and reloads each when its file changes.

Owns the names that plugin authors import. Each is imported on first use, so that ``--help`` imports none of them. Other
modules of the package never import from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_operator.client import Client, Model
    from plugin_operator.controllers import (
        ObjectView,
        Predicate,
        RateLimiterSpec,
        Request,
        Result,
        TemporaryError,
        annotations_changed,
        changed,
        generation_changed,
        labels_changed,
        matches,
        resource_version_changed,
    )
    from plugin_operator.errors import (
        AlreadyExistsError,
        AnswerTooLargeError,
        ApiConnectionError,
        ApiError,
        BadRequestError,
        ConfigError,
        ConflictError,
        ExternalError,
        ForbiddenError,
        GoneError,
        InvalidError,
        LeadershipLost,
        NoMatchError,
        NotEnqueued,
        NotFoundError,
        PluginOperatorError,
        PluginRejected,
        ServerError,
        TerminalError,
        TooManyRequestsError,
        UnauthorizedError,
        UnexpectedStatusError,
    )
    from plugin_operator.kube import (
        GroupVersionKind,
        ObjectMeta,
        OwnerReference,
        SelectorError,
    )
    from plugin_operator.plugin import (
        AlreadyOwnedError,
        Context,
        ControllerContext,
        Lister,
        Permission,
        Recorder,
        Schedule,
        Source,
        WatchOptions,
        allow_fork,
        controller,
        cron,
        every,
        find_condition,
        permission,
        watch,
    )

_HOMES = {
    "plugin_operator.client": ("Client", "Model"),
    "plugin_operator.controllers": (
        "ObjectView",
        "Predicate",
        "RateLimiterSpec",
        "Request",
        "Result",
        "TemporaryError",
        "annotations_changed",
        "changed",
        "generation_changed",
        "labels_changed",
        "matches",
        "resource_version_changed",
    ),
    "plugin_operator.errors": (
        "AlreadyExistsError",
        "AnswerTooLargeError",
        "ApiConnectionError",
        "ApiError",
        "BadRequestError",
        "ConfigError",
        "ConflictError",
        "ExternalError",
        "ForbiddenError",
        "GoneError",
        "InvalidError",
        "LeadershipLost",
        "NoMatchError",
        "NotEnqueued",
        "NotFoundError",
        "PluginOperatorError",
        "PluginRejected",
        "ServerError",
        "TerminalError",
        "TooManyRequestsError",
        "UnauthorizedError",
        "UnexpectedStatusError",
    ),
    "plugin_operator.kube": (
        "GroupVersionKind",
        "ObjectMeta",
        "OwnerReference",
        "SelectorError",
    ),
    "plugin_operator.plugin": (
        "AlreadyOwnedError",
        "Context",
        "ControllerContext",
        "Lister",
        "Permission",
        "Recorder",
        "Schedule",
        "Source",
        "WatchOptions",
        "allow_fork",
        "controller",
        "cron",
        "every",
        "find_condition",
        "permission",
        "watch",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlreadyExistsError",
    "AlreadyOwnedError",
    "AnswerTooLargeError",
    "ApiConnectionError",
    "ApiError",
    "BadRequestError",
    "Client",
    "ConfigError",
    "ConflictError",
    "Context",
    "ControllerContext",
    "ExternalError",
    "ForbiddenError",
    "GoneError",
    "GroupVersionKind",
    "InvalidError",
    "LeadershipLost",
    "Lister",
    "Model",
    "NoMatchError",
    "NotEnqueued",
    "NotFoundError",
    "ObjectMeta",
    "ObjectView",
    "OwnerReference",
    "Permission",
    "PluginOperatorError",
    "PluginRejected",
    "Predicate",
    "RateLimiterSpec",
    "Recorder",
    "Request",
    "Result",
    "Schedule",
    "SelectorError",
    "ServerError",
    "Source",
    "TemporaryError",
    "TerminalError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnexpectedStatusError",
    "WatchOptions",
    "allow_fork",
    "annotations_changed",
    "changed",
    "controller",
    "cron",
    "every",
    "find_condition",
    "generation_changed",
    "labels_changed",
    "matches",
    "permission",
    "resource_version_changed",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Import and return the public name ``name`` (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
