"""The declared controllers of a plugin module.

Owns finding and validating declarations; a rejection names file, line, field and fix. Leaves running controllers to
``hosting``.
"""

import asyncio
import difflib
import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from plugin_operator.containment import is_cancelled_from_outside
from plugin_operator.controllers import Predicate, RateLimiterSpec, Request
from plugin_operator.error_hints import described
from plugin_operator.errors import PluginRejected, joined
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.objects import ApiObject
from plugin_operator.kube.ownership import cleanup_finalizer
from plugin_operator.plugin.cache_declaration import CacheDeclaration, IndexFunction, OwnDeclaration
from plugin_operator.plugin.declaration import clashes
from plugin_operator.plugin.declaration.caches import refuse_unclear
from plugin_operator.plugin.declaration.contract import check, check_methods
from plugin_operator.plugin.declaration.invocation import AnyFunction
from plugin_operator.plugin.declaration.kopf_files import OF_KOPF, uses_kopf
from plugin_operator.plugin.declaration.options import MARK, is_declared, read_options
from plugin_operator.plugin.declaration.permissions import Permission
from plugin_operator.plugin.declaration.triggers import refuse_doubles, refuse_unconnected
from plugin_operator.plugin.identity import SIGNATURE_PREFIX
from plugin_operator.plugin.triggers.source import Source
from plugin_operator.plugin.triggers.timetable import Timetable
from plugin_operator.plugin.watch_declaration import WatchDeclaration
from plugin_operator.source_location import Place, place_of

_CLOSE_ENOUGH = 0.8

_NO_CONTROLLER = (
    "declares no controller: decorate a function with @controller(for_='v1/ConfigMap'), "
    "or define new_controller() that returns an object with reconcile(ctx, request)"
)


class ControllerDeclaration(msgspec.Struct, frozen=True):
    """The declaration of one controller, validated and in canonical form."""

    name: str
    for_: GroupVersionKind | None
    reconcile: AnyFunction
    id: str = ""
    renamed_from: tuple[str, ...] = ()
    owns: tuple[OwnDeclaration, ...] = ()
    watches: tuple[WatchDeclaration, ...] = ()
    reads: tuple[CacheDeclaration, ...] = ()
    namespaces: tuple[str, ...] | None = None
    label_selector: str = ""
    field_selector: str = ""
    predicates: tuple[Predicate, ...] = ()
    max_concurrent_reconciles: int = 1
    max_prune: int = 10
    reconcile_timeout_seconds: float | None = None
    rate_limit: RateLimiterSpec | None = None
    resync_seconds: float | None = None
    metadata_only: bool = False
    keep_previous: bool = False
    indexes: tuple[tuple[str, IndexFunction], ...] = ()
    permissions: tuple[Permission, ...] = ()
    schedules: tuple[Timetable, ...] = ()
    sources: tuple[Source, ...] = ()
    start: AnyFunction | None = None
    stop: AnyFunction | None = None
    export_state: AnyFunction | None = None
    import_state: AnyFunction | None = None
    cleanup: AnyFunction | None = None
    distribution: str = "single"
    shard_by: str = ""
    path: str = ""
    line: int | None = None
    cls: type[ApiObject] | None = None

    def __post_init__(self) -> None:
        if not self.id:
            force_setattr(self, "id", self.name)

    @property
    def signature(self) -> str:
        """Field manager of the controller, and its finalizer unless it has ``cleanup``."""
        return f"{SIGNATURE_PREFIX}{self.id}"

    @property
    def finalizer(self) -> str:
        """Default finalizer of ``ctx.ensure_finalizer``; with ``cleanup``, the one that the operator manages."""
        return self.signature if self.cleanup is None else cleanup_finalizer(self.id)

    @property
    def is_sharded(self) -> bool:
        """Whether the worker processes divide its objects among them, by ``shard_by``."""
        return bool(self.shard_by)

    @property
    def is_selected(self) -> bool:
        """Whether objects of its kind may leave its cache and still exist."""
        return bool(self.label_selector or self.field_selector)

    @property
    def kinds(self) -> tuple[GroupVersionKind, ...]:
        """Every kind it needs a cache of, the reconciled one first."""
        return tuple(dict.fromkeys(each.kind for each in self.caches))

    @property
    def primary(self) -> CacheDeclaration | None:
        """What it keeps of the reconciled kind; None for a controller without one."""
        if self.for_ is None:
            return None
        return CacheDeclaration(
            kind=self.for_,
            namespaces=self.namespaces,
            label_selector=self.label_selector,
            field_selector=self.field_selector,
            metadata_only=self.metadata_only,
            indexes=self.indexes,
        )

    @property
    def caches(self) -> tuple[CacheDeclaration, ...]:
        """Everything it keeps in a cache, the reconciled kind first."""
        primary = (self.primary,) if self.primary is not None else ()
        return (*primary, *self.owns, *self.watches, *self.reads)

    @property
    def own_request(self) -> Request | None:
        """The only request of a controller without a kind; None for other controllers."""
        return Request("", self.name) if self.for_ is None else None


def collect(module: ModuleType) -> tuple[ControllerDeclaration, ...]:
    """Return the declarations in ``module``; must not be called on a running event loop.

    Raises:
        PluginRejected: a declaration is invalid; the error has file, line, field and fix.
    """
    return asyncio.run(discover(module))


async def discover(module: ModuleType) -> tuple[ControllerDeclaration, ...]:
    """Return the declarations in ``module``; an async ``new_controller()`` is awaited on the running loop.

    Raises:
        PluginRejected: a declaration is invalid; the error has file, line, field and fix.
    """
    path = str(module.__file__ or module.__name__)
    stem = module.__name__.rpartition(".")[2]
    made = await _from_factory(module, path)
    made_from = {id(each) for each in made} | {id(type(each)) for each in made}
    targets = [(name, each) for name, each in _decorated(module) if id(each) not in made_from]
    found = _declare_all([*targets, *(("", each) for each in made)], stem, path)
    if not found:
        reason = f"declares no controller: {OF_KOPF}" if uses_kopf(module) else _NO_CONTROLLER + _meant_factory(module)
        raise PluginRejected(reason, path=path, line=1)
    clashes.refuse_overwritten(module, path)
    clashes.refuse_doubles(found)
    clashes.refuse_crowds(found)
    refuse_doubles((source, Place(each.path, each.line)) for each in found for source in each.sources)
    refuse_unconnected(module, (source for each in found for source in each.sources), path)
    return tuple(found)


def _meant_factory(module: ModuleType) -> str:
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    near = difflib.get_close_matches("new_controller", own, n=1, cutoff=_CLOSE_ENOUGH)
    return f"; did you mean new_controller by {near[0]!r}?" if near else ""


def _decorated(module: ModuleType) -> Iterable[tuple[str, Any]]:
    """Yield the decorated objects that are defined in this module or its submodules, but not imported ones."""
    seen: set[int] = set()
    for name, value in vars(module).items():
        if MARK not in getattr(value, "__dict__", ()) or id(value) in seen:
            continue
        home = getattr(value, "__module__", "")
        if home == module.__name__ or home.startswith(module.__name__ + "."):
            seen.add(id(value))
            yield name, value


async def _from_factory(module: ModuleType, path: str) -> list[Any]:
    factory = vars(module).get("new_controller")
    if factory is None:
        return []
    place = place_of(factory, path) if callable(factory) else Place(path, None)
    if not callable(factory):
        raise place.reject("new_controller", "is not a function: write 'def new_controller():'")
    if MARK in getattr(factory, "__dict__", ()):
        return []
    try:
        made = factory()
        if inspect.isawaitable(made):
            made = await made
    except PluginRejected:
        raise
    except BaseException as error:
        if is_cancelled_from_outside(error):
            raise
        raise place.reject("new_controller", f"raised {described(error)}") from error
    made = list(made) if isinstance(made, list | tuple) else [made]
    if not made or any(each is None for each in made):
        raise place.reject("new_controller", "returned no controller: return an object with reconcile(ctx, request)")
    return made


def _declare_all(targets: Iterable[tuple[str, Any]], stem: str, path: str) -> list[ControllerDeclaration]:
    """Return the declarations of all targets.

    Raises:
        PluginRejected: the first mistake, with those of the other targets.
    """
    found: list[ControllerDeclaration] = []
    rejections: list[PluginRejected] = []
    for attribute, target in targets:
        try:
            found.append(_declare(target, attribute, stem, path))
        except PluginRejected as rejection:
            rejections.append(rejection)
    if rejections:
        raise joined(rejections)
    return found


def _declare(target: Any, attribute: str, stem: str, path: str) -> ControllerDeclaration:
    place = place_of(target, path)
    instance = _instantiate(target, place)
    fallback = attribute.lower() if isinstance(target, type) else attribute
    default_name = stem if fallback in {"", "reconcile"} else fallback
    values = _checked(target, instance, place, default_name)
    declaration = ControllerDeclaration(**values, path=place.path, line=place.line)
    refuse_unclear(declaration.caches, place)
    return declaration


def _checked(target: Any, instance: Any, place: Place, default_name: str) -> dict[str, Any]:
    """Return the fields and methods of a controller; the rejection has the mistakes in both."""
    rejections: list[PluginRejected] = []
    options = read_options(instance)
    values: dict[str, Any] = {}
    try:
        values |= check_methods(target, instance, place)
    except PluginRejected as rejection:
        rejections.append(rejection)
        if not is_declared(options):
            raise  # an object that is no controller at all has no wrong fields
    try:
        values |= check(options, place, default_name=default_name)
    except PluginRejected as rejection:
        rejections.append(rejection)
    if rejections:
        raise joined(rejections)
    return values


def _instantiate(target: Any, place: Place) -> Any:
    if not isinstance(target, type):
        return target
    try:
        return target()
    except PluginRejected:
        raise
    except BaseException as error:
        what = f"could not be created: {target.__name__}() raised {described(error)}"
        raise place.reject("", f"{what}; give it an __init__ without arguments") from error
