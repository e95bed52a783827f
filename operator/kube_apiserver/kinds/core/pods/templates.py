"""PodTemplates, which ReplicationControllers and other objects were made from once."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import NONE, listed
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.pods.specs import template_causes
from kube_apiserver.validation.pods.warnings import template_warnings


def _default(obj: Draft) -> None:
    """Set the fields of the Pod template."""
    default_template(member(obj, "template"))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the Pod template."""
    return template_causes(obj.get("template") or {}, "template")


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about the Pod template."""
    return template_warnings(obj, old, "template", obj.get("template"))


def _cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a PodTemplate."""
    template = obj.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    marks = (template.get("metadata") or {}).get("labels") or {}
    names, images = (listed(one.get(key, "") for one in containers) for key in ("name", "image"))
    return [name_cell(obj), names, images, listed((f"{key}={marks[key]}" for key in sorted(marks)), NONE)]


STRATEGIES = (
    Strategy(
        kind="PodTemplate",
        default=_default,
        as_kept=kept_template("template"),
        validate=_validate,
        warn=_warn,
        columns=columns("Name/name|Containers|Images|Pod Labels", _cells),
        deletion=Deletion(returns_object=True),
    ),
)
