"""What the kinds of workloads share: rules of selectors, replicas and templates, and cells."""

from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.printer_columns.formats import listed
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.pods.specs import template_causes

#: The counters of every workload that has revisions.
COUNTS = ("observedGeneration", "collisionCount", "terminatingReplicas")
WIDE_COLUMNS = "Containers*1|Images*1|Selector*1"


def workload_causes(obj: Object, claimed: AbstractSet[str] = frozenset()) -> list[Cause]:
    """Return the field errors of replicas, selector, the Pod template and strategy.

    Its containers may mount the ``claimed`` volumes too.
    """
    spec = obj.get("spec") or {}
    causes = _replicas(spec) + selected_causes(spec)
    causes += template_causes(spec.get("template") or {}, "spec.template", ("Always",), claimed)
    return causes + _strategy(spec, "strategy", ("Recreate", "RollingUpdate"))


def selected_causes(spec: Object) -> list[Cause]:
    """Return the field errors of the selector of a workload, which must match the labels of its template."""
    selector = spec.get("selector")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    wanted = (selector or {}).get("matchLabels") or {}
    causes = [] if selector else [messages.required("spec.selector")]
    if selector is not None and not wanted and not selector.get("matchExpressions"):
        causes.append(messages.invalid("spec.selector", {}, "empty selector is invalid for deployment"))
    fits = selector and all((labels or {}).get(key) == value for key, value in wanted.items())
    if not fits:
        detail = "`selector` does not match template `labels`"
        causes.append(messages.invalid("spec.template.metadata.labels", labels, detail))
    return causes


def _replicas(spec: Object) -> list[Cause]:
    count = spec.get("replicas")
    if count is None or count >= 0:
        return []
    return [messages.invalid("spec.replicas", count, "must be greater than or equal to 0")]


def _strategy(spec: Object, name: str, supported: tuple[str, ...]) -> list[Cause]:
    kind = (spec.get(name) or {}).get("type")
    if not kind or kind in supported:
        return []
    shown = {"Type": kind, "RollingUpdate": None}
    return [messages.not_supported(f"spec.{name}", shown, supported)]


def fixed_selector_causes(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of selector."""
    if not is_changed(old, new, "spec", "selector"):
        return []
    return [messages.invalid("spec.selector", (new.get("spec") or {}).get("selector"), IMMUTABLE)]


def container_cells(template: Object | None) -> list[Any]:
    """Return the names and the images of the containers of a template."""
    containers = ((template or {}).get("spec") or {}).get("containers") or []
    return [listed(one.get("name", "") for one in containers), listed(one.get("image", "") for one in containers)]
