"""The mark of the operator that installed a definition: two operators of one kind would undo each other's changes."""

from collections.abc import Mapping

from plugin_operator.hosting.crds.decision import Definition

#: Annotation of a definition: namespace and name of the Lease of the operator that installed it.
INSTALLED_BY = "plugin-operator/installed-by"


def marked(wanted: Definition, operator: str) -> Definition:
    """Return a definition with the mark of an operator."""
    metadata = wanted["metadata"]
    return {
        **wanted,
        "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), INSTALLED_BY: operator}},
    }


def other_installer(live: Definition, operator: str) -> str:
    """Return the operator that installed a live definition; empty if it is ``operator``, or none."""
    found: str = (live["metadata"].get("annotations") or {}).get(INSTALLED_BY, "")
    return "" if found == operator else found


def lacks_mark(live: Definition, manager: str) -> bool:
    """Report whether ``manager`` applied the spec of a live definition that has no mark.

    A definition without a mark that another tool owns stays without one.
    """
    entries = live["metadata"].get("managedFields") or ()
    is_applied = any(
        each.get("manager") == manager and each.get("operation") == "Apply" and "f:spec" in (each.get("fieldsV1") or {})
        for each in entries
    )
    return is_applied and not (live["metadata"].get("annotations") or {}).get(INSTALLED_BY)


def is_stored_alike(applied: Definition, live: Definition) -> bool:
    """Report whether the API server would store a definition as it is, marks aside.

    It writes some values in another way: it drops an empty ``properties``, and rounds large numbers.
    """
    return bool(applied["spec"] == live["spec"]) and all(
        _unmarked(applied["metadata"].get(key)) == _unmarked(live["metadata"].get(key))
        for key in ("labels", "annotations")
    )


def _unmarked(texts: Mapping[str, str] | None) -> dict[str, str]:
    return {key: text for key, text in (texts or {}).items() if key != INSTALLED_BY}


def left_to(live: Definition, other: str) -> str:
    """Return why a definition is left to the operator that installed it, and the way out."""
    name = live["metadata"]["name"]
    return (
        f"the operator {other} installed it: change the class there, or if that operator is gone, take it over with "
        f"kubectl annotate crd {name} {INSTALLED_BY}-"
    )
