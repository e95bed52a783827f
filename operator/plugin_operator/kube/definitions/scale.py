"""``scale()``: the subresource ``scale`` of a kind, for kubectl scale and HorizontalPodAutoscalers."""

from collections.abc import Mapping
from typing import Any

import msgspec

from plugin_operator.kube.definitions.schemas.json_paths import field_at

_MOST_SELECTABLE = 8


class Scale(msgspec.Struct, frozen=True):
    """Value of ``scale()``, checked when a class with ``@resource`` is made."""

    spec_replicas: Any
    status_replicas: Any
    label_selector: Any = None


def scale(*, spec_replicas: str, status_replicas: str, label_selector: str | None = None) -> Scale:
    """Declare the subresource ``scale``, for ``scale=`` of ``resource``.

    The values are checked with the class; the call itself raises nothing.

    Args:
        spec_replicas: path of the wanted number, below ``.spec``: ".spec.replicas".
        status_replicas: path of the present number, below ``.status``: ".status.replicas".
        label_selector: path of a text with the selector of the Pods, below ``.spec`` or ``.status``.

    Returns:
        A value for ``scale=``.
    """
    return Scale(spec_replicas, status_replicas, label_selector)


def scale_document(given: Any, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the subresource as in a CustomResourceDefinition.

    Raises:
        ValueError, TypeError: a path cannot be used, or the schema of the kind has no such field.
    """
    if not isinstance(given, Scale):
        raise TypeError(f"{given!r} is none: write scale(spec_replicas='.spec.replicas', status_replicas='.status.…')")
    found = {
        "specReplicasPath": _checked("spec_replicas", given.spec_replicas, ("spec",), "integer", schema),
        "statusReplicasPath": _checked("status_replicas", given.status_replicas, ("status",), "integer", schema),
    }
    if given.label_selector is not None:
        roots = ("spec", "status")
        found["labelSelectorPath"] = _checked("label_selector", given.label_selector, roots, "string", schema)
    return found


def _checked(name: str, path: Any, roots: tuple[str, ...], type_: str, schema: Mapping[str, Any]) -> str:
    try:
        field = field_at(path, schema)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if path.split(".")[1] not in roots or "[" in path:
        raise ValueError(f"{name}: {path!r} is not below {' or '.join(f'.{each}' for each in roots)}")
    if field is not None and field.get("type") != type_:
        word = "an int" if type_ == "integer" else "a str"
        raise ValueError(f"{name}: the field at {path!r} is not {word}")
    return str(path)


def selectable_documents(paths: Any, schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the selectable fields as in a CustomResourceDefinition.

    Raises:
        ValueError, TypeError: a path cannot be used, or there are too many.
    """
    if not isinstance(paths, list | tuple):
        raise TypeError(f"{paths!r} is no list: write [{paths!r}]")
    if len(set(paths)) != len(paths) or len(paths) > _MOST_SELECTABLE:
        raise ValueError(f"they are at most {_MOST_SELECTABLE} different paths")
    for path in paths:
        field = field_at(path, schema)
        if field is None or path.startswith(".metadata") or field.get("type") not in ("boolean", "integer", "string"):
            raise ValueError(
                f"the field at {path!r} cannot be selected: it is none of spec or status, or no str, int, bool"
            )
    return [{"jsonPath": path} for path in paths]
