"""A Kubernetes operator that loads controllers from plain ``.py`` files and reloads each when its file changes.

Owns the names that plugin authors import; each is loaded when it is first asked for, so that the command line answers
``--help`` without loading any of them. The inside of the package never imports from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_operator.client import Client
    from plugin_operator.controllers import (
        Predicate,
        RateLimiterSpec,
        Request,
        Result,
        annotations_changed,
        generation_changed,
        labels_changed,
        matches,
        resource_version_changed,
    )
    from plugin_operator.errors import (
        AlreadyExistsError,
        ApiConnectionError,
        ApiError,
        ConflictError,
        ForbiddenError,
        InvalidError,
        NotFoundError,
        TerminalError,
    )
    from plugin_operator.plugin import (
        Context,
        ControllerContext,
        allow_fork,
        controller,
        find_condition,
        permission,
        watch,
    )

_HOMES = {
    "plugin_operator.client": ("Client",),
    "plugin_operator.controllers": (
        "Predicate",
        "RateLimiterSpec",
        "Request",
        "Result",
        "annotations_changed",
        "generation_changed",
        "labels_changed",
        "matches",
        "resource_version_changed",
    ),
    "plugin_operator.errors": (
        "AlreadyExistsError",
        "ApiConnectionError",
        "ApiError",
        "ConflictError",
        "ForbiddenError",
        "InvalidError",
        "NotFoundError",
        "TerminalError",
    ),
    "plugin_operator.plugin": (
        "Context",
        "ControllerContext",
        "allow_fork",
        "controller",
        "find_condition",
        "permission",
        "watch",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlreadyExistsError",
    "ApiConnectionError",
    "ApiError",
    "Client",
    "ConflictError",
    "Context",
    "ControllerContext",
    "ForbiddenError",
    "InvalidError",
    "NotFoundError",
    "Predicate",
    "RateLimiterSpec",
    "Request",
    "Result",
    "TerminalError",
    "allow_fork",
    "annotations_changed",
    "controller",
    "find_condition",
    "generation_changed",
    "labels_changed",
    "matches",
    "permission",
    "resource_version_changed",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Load the public name ``name`` from where it lives (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
