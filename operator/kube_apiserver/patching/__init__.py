"""The patch types of the API: JSON patch, merge patch and strategic merge patch, as pure functions.

Apply patches are in ``fieldmanagers``. The verbs handle content types, conflicts and the validation of the result.
"""

from kube_apiserver.patching.errors import PatchError
from kube_apiserver.patching.json_patch import json_patch
from kube_apiserver.patching.merge_patch import merge_patch
from kube_apiserver.patching.strategic_merge_patch import strategic_merge_patch

__all__ = ["PatchError", "json_patch", "merge_patch", "strategic_merge_patch"]
