"""The author-facing API and the contract of plugin files.

Owns the author forms (``@controller``, class, ``new_controller``), the validation of declarations, ``Context`` and
``EventRecorder``. Leaves finding, loading and swapping files to ``hosting``, and queueing to ``controllers``.
"""

from plugin_operator.plugin.bound_controller import BoundController
from plugin_operator.plugin.cache_declaration import (
    CacheDeclaration,
    IndexFunction,
    OwnOptions,
    ReadOptions,
    own,
    read,
)
from plugin_operator.plugin.children import (
    ChildExistsError,
    PruneBudget,
    PruneBudgets,
    child_synchronizer,
    marked_owner,
    owner_uid,
)
from plugin_operator.plugin.cleanup import Cleaning, CleanupFilter, ObjectCleanup
from plugin_operator.plugin.context.children import Child, ChildName, ReadyGate, SyncedChildren, ready
from plugin_operator.plugin.context.conditions import find_condition
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.context.controller_context import ControllerContext
from plugin_operator.plugin.context.map_context import MapContext
from plugin_operator.plugin.context.owners import AlreadyOwnedError
from plugin_operator.plugin.context.recorder import BoundRecorder, EventRecorder, Recorder
from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.context.status import HasStatus
from plugin_operator.plugin.declaration.declarations import ControllerDeclaration, collect, discover
from plugin_operator.plugin.declaration.permissions import Permission, permission
from plugin_operator.plugin.declaration.summaries import summary
from plugin_operator.plugin.decorator import controller
from plugin_operator.plugin.identity import ControllerIdentity
from plugin_operator.plugin.listers.lister import Lister
from plugin_operator.plugin.methods import ControllerMethods
from plugin_operator.plugin.runtime.forks import allow_fork
from plugin_operator.plugin.runtime.task_tracking import RevisionTasks, current_revision, install_task_factory
from plugin_operator.plugin.status import status_writer
from plugin_operator.plugin.triggers.schedule import Schedule, cron, every
from plugin_operator.plugin.triggers.source import Outlet, Refusal, Source
from plugin_operator.plugin.triggers.timetable import Timetable
from plugin_operator.plugin.watch_declaration import WatchDeclaration, WatchOptions, watch
from plugin_operator.plugin.writes.expectations import CacheView, Expectations
from plugin_operator.plugin.writes.missing_rights import MissingRights
from plugin_operator.plugin.writes.write_fights import EXISTENCE, Fight, FightDetector, Writer
from plugin_operator.plugin.writes.write_loops import Loop, LoopDetector

__all__ = [
    "EXISTENCE",
    "AlreadyOwnedError",
    "BoundController",
    "BoundRecorder",
    "CacheDeclaration",
    "CacheView",
    "Child",
    "ChildExistsError",
    "ChildName",
    "Cleaning",
    "CleanupFilter",
    "Context",
    "ControllerContext",
    "ControllerDeclaration",
    "ControllerIdentity",
    "ControllerMethods",
    "ControllerScope",
    "EventRecorder",
    "Expectations",
    "Fight",
    "FightDetector",
    "HasStatus",
    "IndexFunction",
    "Lister",
    "Loop",
    "LoopDetector",
    "MapContext",
    "MissingRights",
    "ObjectCleanup",
    "Outlet",
    "OwnOptions",
    "Permission",
    "PruneBudget",
    "PruneBudgets",
    "ReadOptions",
    "ReadyGate",
    "Recorder",
    "Refusal",
    "RevisionTasks",
    "Schedule",
    "Source",
    "SyncedChildren",
    "Timetable",
    "WatchDeclaration",
    "WatchOptions",
    "Writer",
    "allow_fork",
    "child_synchronizer",
    "collect",
    "controller",
    "cron",
    "current_revision",
    "discover",
    "every",
    "find_condition",
    "install_task_factory",
    "marked_owner",
    "own",
    "owner_uid",
    "permission",
    "read",
    "ready",
    "status_writer",
    "summary",
    "watch",
]
