"""A Kubernetes operator that loads controllers from plain ``.py`` files and reloads each when its file changes.

Owns the names that plugin authors import. Each is imported on first use, so that ``--help`` imports none of them. Other
modules of the package never import from here.
"""

from typing import TYPE_CHECKING

from plugin_operator.imports import names_on_demand

if TYPE_CHECKING:
    from msgspec import UNSET, UnsetType

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
    from plugin_operator.kube.definitions import (
        Column,
        Condition,
        Conditions,
        Duration,
        EmbeddedObject,
        FieldSchema,
        Quantity,
        Rule,
        Scale,
        column,
        resource,
        rule,
        scale,
        schema,
    )
    from plugin_operator.kube.objects import ApiObject, LossyWriteError, Metadata, ObjectDecodeError, Struct
    from plugin_operator.plugin import (
        AlreadyOwnedError,
        Child,
        ChildExistsError,
        ChildName,
        Context,
        ControllerContext,
        HasStatus,
        Lister,
        MapContext,
        OwnOptions,
        Permission,
        ReadOptions,
        ReadyGate,
        Recorder,
        Schedule,
        Source,
        SyncedChildren,
        WatchOptions,
        allow_fork,
        controller,
        cron,
        every,
        find_condition,
        own,
        permission,
        read,
        ready,
        watch,
    )

#: Where each name lives.
_HOMES = {
    "msgspec": "UNSET UnsetType",
    "plugin_operator.client": "Client Model",
    "plugin_operator.controllers": (
        "ObjectView Predicate RateLimiterSpec Request Result TemporaryError annotations_changed changed "
        "generation_changed labels_changed matches resource_version_changed"
    ),
    "plugin_operator.errors": (
        "AlreadyExistsError AnswerTooLargeError ApiConnectionError ApiError BadRequestError ConfigError "
        "ConflictError ExternalError ForbiddenError GoneError InvalidError LeadershipLost NoMatchError "
        "NotEnqueued NotFoundError PluginOperatorError PluginRejected ServerError TerminalError "
        "TooManyRequestsError UnauthorizedError UnexpectedStatusError"
    ),
    "plugin_operator.kube": "GroupVersionKind ObjectMeta OwnerReference SelectorError",
    "plugin_operator.kube.definitions": (
        "Column Condition Conditions Duration EmbeddedObject FieldSchema Quantity Rule Scale column resource "
        "rule scale schema"
    ),
    "plugin_operator.kube.objects": "ApiObject LossyWriteError Metadata ObjectDecodeError Struct",
    "plugin_operator.plugin": (
        "AlreadyOwnedError Child ChildExistsError ChildName Context ControllerContext HasStatus Lister MapContext "
        "OwnOptions Permission ReadOptions ReadyGate Recorder Schedule Source SyncedChildren WatchOptions "
        "allow_fork controller cron every find_condition own permission read ready watch"
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "UNSET",
    "AlreadyExistsError",
    "AlreadyOwnedError",
    "AnswerTooLargeError",
    "ApiConnectionError",
    "ApiError",
    "ApiObject",
    "BadRequestError",
    "Child",
    "ChildExistsError",
    "ChildName",
    "Client",
    "Column",
    "Condition",
    "Conditions",
    "ConfigError",
    "ConflictError",
    "Context",
    "ControllerContext",
    "Duration",
    "EmbeddedObject",
    "ExternalError",
    "FieldSchema",
    "ForbiddenError",
    "GoneError",
    "GroupVersionKind",
    "HasStatus",
    "InvalidError",
    "LeadershipLost",
    "Lister",
    "LossyWriteError",
    "MapContext",
    "Metadata",
    "Model",
    "NoMatchError",
    "NotEnqueued",
    "NotFoundError",
    "ObjectDecodeError",
    "ObjectMeta",
    "ObjectView",
    "OwnOptions",
    "OwnerReference",
    "Permission",
    "PluginOperatorError",
    "PluginRejected",
    "Predicate",
    "Quantity",
    "RateLimiterSpec",
    "ReadOptions",
    "ReadyGate",
    "Recorder",
    "Request",
    "Result",
    "Rule",
    "Scale",
    "Schedule",
    "SelectorError",
    "ServerError",
    "Source",
    "Struct",
    "SyncedChildren",
    "TemporaryError",
    "TerminalError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnexpectedStatusError",
    "UnsetType",
    "WatchOptions",
    "allow_fork",
    "annotations_changed",
    "changed",
    "column",
    "controller",
    "cron",
    "every",
    "find_condition",
    "generation_changed",
    "labels_changed",
    "matches",
    "own",
    "permission",
    "read",
    "ready",
    "resource",
    "resource_version_changed",
    "rule",
    "scale",
    "schema",
    "watch",
]


if not TYPE_CHECKING:
    __getattr__ = names_on_demand(__name__, _HOME_OF)


def __dir__() -> list[str]:
    return sorted(__all__)
