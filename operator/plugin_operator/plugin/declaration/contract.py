"""Validation of a whole declaration: fields, methods and misspelt names."""

import difflib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from plugin_operator.controllers import RateLimiterSpec
from plugin_operator.errors import PluginRejected, joined
from plugin_operator.kube import field_problem, is_without_generation
from plugin_operator.plugin.declaration import caches, fields, sharding, triggers
from plugin_operator.plugin.declaration.invocation import (
    AnyFunction,
    accepts,
    are_swapped,
    is_generator,
    unfilled,
)
from plugin_operator.plugin.declaration.options import FIELDS, METHODS, ControllerOptions
from plugin_operator.plugin.methods import ControllerMethods
from plugin_operator.source_location import Place, place_of

Checked = dict[str, Any]

_ARGUMENTS = {name: tuple(inspect.signature(getattr(ControllerMethods, name)).parameters)[1:] for name in METHODS}
_HOOKS = tuple(name for name in METHODS if name != "reconcile")
_CLEANUP_ARGUMENTS = tuple(inspect.signature(ControllerMethods.cleanup).parameters)[1:]
_CLOSE_ENOUGH = 0.85
_SHORTEST_GUESSED = 8  # shorter names are often similar by chance


def check(options: ControllerOptions, place: Place, *, default_name: str) -> Checked:
    """Return the validated values by field name.

    Raises:
        PluginRejected: values are invalid; each message names the field and the fix.
    """
    values: Checked = {}
    rejections: list[PluginRejected] = []
    for field, clean in _CLEANERS.items():
        raw = getattr(options, field)
        if field == "name" and raw is None:
            raw = default_name
        if field == "id" and raw is None:
            if "name" not in values:
                continue
            raw = values["name"]
        try:
            values[field] = clean(raw)
        except (ValueError, TypeError, ExceptionGroup) as error:
            rejections += (place.reject(field, str(each)) for each in _each_in(error))
    if rejections:
        raise joined(rejections)
    _refuse_own_id(values, place)
    triggers.refuse_unfit(values, place)
    _refuse_deaf_predicates(values, place)
    kind = values["for_"]
    problem = field_problem(kind, values["field_selector"]) if kind is not None else ""
    if problem:
        raise place.reject("field_selector", problem)
    if values["cleanup"] is not None:
        _check_call(values["cleanup"], _CLEANUP_ARGUMENTS, "cleanup", place)
    values["cls"] = options.for_ if isinstance(options.for_, type) else None
    if values["cls"] is not None and values["metadata_only"]:
        raise place.reject(
            "metadata_only", f"leaves only metadata, which is no {options.for_.__name__}: write for_={str(kind)!r}"
        )
    values["shard_by"] = sharding.resolved(values, place)
    return values


def _each_in(error: Exception) -> Sequence[Exception]:
    return error.exceptions if isinstance(error, ExceptionGroup) else (error,)


def _refuse_own_id(values: Checked, place: Place) -> None:
    if values["id"] in values["renamed_from"]:
        raise place.reject("renamed_from", f"{values['id']!r} is the id that the controller has now: leave it out")


def _refuse_deaf_predicates(values: Checked, place: Place) -> None:
    """Reject ``generation_changed`` for a kind without ``metadata.generation``: no change would ever pass."""
    filters = [("predicates", values["for_"], values["predicates"])] if values["for_"] is not None else []
    filters += [(field, each.kind, each.predicates) for field in ("owns", "watches") for each in values[field]]
    for field, kind, predicates in filters:
        if is_without_generation(kind) and any(each.needs_generation for each in predicates):
            raise place.reject(
                field,
                f"generation_changed cannot detect changes of {kind}, which has no metadata.generation: "
                "use labels_changed, annotations_changed, or a function of the object",
            )


def check_methods(target: Any, instance: Any, place: Place) -> dict[str, AnyFunction | None]:
    """Return ``reconcile`` and the optional hooks of a controller.

    Raises:
        PluginRejected: ``reconcile`` is missing, or a method has a wrong signature.
    """
    if instance is target and not hasattr(target, "reconcile") and callable(target):
        _check_call(target, _ARGUMENTS["reconcile"], getattr(target, "__name__", "reconcile"), place)
        return {"reconcile": target}
    _refuse_near_misses(instance, place)
    reconcile = getattr(instance, "reconcile", None)
    if not callable(reconcile):
        kind = type(instance).__name__
        raise place.reject(
            "reconcile", f"{kind} has no method reconcile: add 'async def reconcile(self, ctx, request)'"
        )
    _check_call(reconcile, _ARGUMENTS["reconcile"], "reconcile", place)
    methods: dict[str, AnyFunction | None] = {"reconcile": reconcile}
    for name in _HOOKS:
        method = getattr(instance, name, None)
        if method is not None:
            _check_call(method, _ARGUMENTS[name], name, place)
        methods[name] = method
    if (methods["export_state"] is None) != (methods["import_state"] is None):
        raise place.reject("export_state", "needs import_state: define both or neither")
    return methods


def _check_call(function: Any, arguments: tuple[str, ...], name: str, place: Place) -> None:
    if not callable(function):
        raise place.reject(name, f"{function!r} cannot be called")
    if inspect.isroutine(function):
        place = place_of(function, place.path)
    if is_generator(function):
        raise place.reject(
            name,
            "contains a yield, so that a call runs nothing: remove the yield, or move it into another function",
        )
    called = f"{name}({', '.join(arguments)})"
    if len(arguments) > 1 and are_swapped(function):
        raise place.reject(name, f"is called as {called}, and takes them in the other order: swap them")
    odd = unfilled(function, len(arguments))
    if odd:
        also = ", and read the object with ctx.lister.get(request)" if "request" in arguments else ""
        raise place.reject(name, f"is called as {called}, which never fills {odd}: take exactly these arguments{also}")
    if not accepts(function, len(arguments)):
        raise place.reject(name, f"cannot be called as {called}: take exactly these arguments")


def _refuse_near_misses(instance: Any, place: Place) -> None:
    """Reject class attributes whose names are close to a field or method; instance attributes are free."""
    known = [word for word in (*FIELDS, *METHODS) if len(word) >= _SHORTEST_GUESSED]
    for name in dir(type(instance)):
        if name.startswith("_") or name in known:
            continue
        for near in difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE_ENOUGH):
            # A method whose name resembles that of a field is the plugin's own, because fields are not declared by def.
            is_own = near in FIELDS and inspect.isroutine(getattr(type(instance), name, None))
            if not is_own and not hasattr(instance, near):
                raise place.reject(name, f"is not a field or method of a controller; did you mean {near!r}?")


def _rate_limit(value: Any) -> Any:
    if value is not None and not isinstance(value, RateLimiterSpec):
        raise TypeError(f"{value!r} is not a rate limit: write RateLimiterSpec(base_seconds=…, cap_seconds=…)")
    return value


def _cleanup(value: Any) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"{value!r} is not a function: write 'async def cleanup(ctx, obj)' and cleanup=cleanup")
    return value


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "for_": fields.optional_kind,
    "name": fields.name,
    "id": fields.controller_id,
    "renamed_from": fields.former_ids,
    "owns": caches.owns,
    "watches": caches.watches,
    "reads": caches.reads,
    "namespaces": fields.namespaces,
    "label_selector": fields.label_selector,
    "field_selector": fields.field_selector,
    "predicates": caches.predicates,
    "max_concurrent_reconciles": fields.positive_int,
    "max_prune": fields.positive_int,
    "reconcile_timeout_seconds": fields.optional_seconds,
    "rate_limit": _rate_limit,
    "resync_seconds": fields.optional_seconds,
    "metadata_only": fields.boolean,
    "keep_previous": fields.boolean,
    "indexes": caches.indexes,
    "permissions": fields.permissions,
    "schedules": triggers.schedules,
    "sources": triggers.sources,
    "cleanup": _cleanup,
    "distribution": sharding.distribution,
    "shard_by": sharding.shard_by,
}
