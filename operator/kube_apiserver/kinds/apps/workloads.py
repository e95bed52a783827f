"""What the kinds of workloads share: rules of selectors and templates, warnings, and cells."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.printer_columns.formats import listed
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.pods.specs import always_restarted_causes, template_causes
from kube_apiserver.validation.pods.warnings import name_warnings, template_warnings

#: The counters of every workload that has revisions.
COUNTS = ("observedGeneration", "collisionCount", "terminatingReplicas")
WIDE_COLUMNS = "Containers*1|Images*1|Selector*1"


def workload_warnings(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about the Pod template of a workload."""
    return template_warnings(obj, old, "spec.template", (obj.get("spec") or {}).get("template"))


def named_workload_warnings(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about the Pod template of a workload, and about the name of a new one."""
    return [*(name_warnings(obj) if old is None else ()), *workload_warnings(obj, old)]


def selector_causes_of(spec: Object, kind: str) -> list[Cause]:
    """Return the field errors of the selector of a workload, whose kind the message about an empty one names."""
    selector = spec.get("selector")
    if selector is None:
        return [messages.required("spec.selector")]
    causes = selector_causes(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(messages.invalid("spec.selector", {}, f"empty selector is invalid for {kind}"))
    return causes


def replicated_template_causes(spec: Object) -> list[Cause]:
    """Return the field errors of the Pod template of a Deployment or ReplicaSet, which its selector must match."""
    selector = spec.get("selector")
    if selector is not None and selector_causes(selector, "spec.selector"):
        return [messages.invalid("spec.selector", selector, "invalid label selector")]
    template = spec.get("template") or {}
    causes = [*unmatched_causes(spec), *template_causes(template, "spec.template")]
    return [*causes, *always_restarted_causes(template, "spec.template", "ReplicaSet")]


def unmatched_causes(spec: Object) -> Iterator[Cause]:
    """Yield the field error of labels of a Pod template that the selector of its workload does not match."""
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if not selects(spec.get("selector"), labels or {}):
        detail = "`selector` does not match template `labels`"
        yield messages.invalid("spec.template.metadata.labels", labels, detail)


def selects(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """Report whether a label selector matches labels; one that is missing matches none."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_fits(each, labels) for each in selector.get("matchExpressions") or ())


def _fits(requirement: Object, labels: Mapping[str, str]) -> bool:
    key, operator, values = (requirement.get(name) or "" for name in ("key", "operator", "values"))
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) == (operator == "Exists")
    return (key in labels and labels[key] in values) == (operator == "In")


def fixed_selector_causes(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of selector."""
    if not is_changed(old, new, "spec", "selector"):
        return []
    return [messages.invalid("spec.selector", (new.get("spec") or {}).get("selector"), IMMUTABLE)]


def container_cells(template: Object | None) -> list[Any]:
    """Return the names and the images of the containers of a template."""
    containers = ((template or {}).get("spec") or {}).get("containers") or []
    return [listed(one.get("name", "") for one in containers), listed(one.get("image", "") for one in containers)]
