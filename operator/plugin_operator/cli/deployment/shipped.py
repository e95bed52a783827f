"""The kustomize base and components that ship with the operator."""

from pathlib import Path

import plugin_operator
from plugin_operator.errors import UsageError

_PACKAGE = Path(plugin_operator.__file__).parent
#: In a wheel they are beside the code, in a checkout beside ``operator``.
_PLACES = (_PACKAGE / "_manifests", _PACKAGE.parents[1] / "manifests")
#: Folders that a deployment is made of.
FOLDERS = ("base", "components", "names")


def shipped_manifests() -> Path:
    """Return the folder with the base, the components and the transformer of names.

    Raises:
        UsageError: the installation lacks them.
    """
    for place in _PLACES:
        if all((place / name).is_dir() for name in FOLDERS):
            return place
    raise UsageError("this installation has no manifests: install the wheel, or use a whole checkout")
