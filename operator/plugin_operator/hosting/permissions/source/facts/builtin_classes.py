"""Classes of ``plugin_operator.kinds`` by their names."""

import re
from importlib import import_module

from plugin_operator.kube import GroupVersionKind

_CLASS = re.compile(r"(plugin_operator\.kinds\.\w+)\.(\w+)")


def kind_of_builtin_class(name: str) -> GroupVersionKind | None:
    """Return the kind of a class of ``plugin_operator.kinds``; None if ``name`` is not the full name of one."""
    match = _CLASS.fullmatch(name)
    if match is None:
        return None
    from plugin_operator.kube.definitions import definition_of  # plugins without typed objects do not need it

    try:
        return definition_of(getattr(import_module(match[1]), match[2])).gvk
    except (ImportError, AttributeError, TypeError):
        return None
