"""The patch types of the API: JSON patch, merge patch and strategic merge patch, as pure functions.

Owns applying them and how they fail. Leaves content types, retries on conflict and validation of the result to the
server, and apply patches to ``fieldmanagers``.
"""

from kube_apiserver.patching.errors import PatchError
from kube_apiserver.patching.json_patch import json_patch
from kube_apiserver.patching.merge_patch import merge_patch
from kube_apiserver.patching.strategic_merge_patch import strategic_merge_patch

__all__ = ["PatchError", "json_patch", "merge_patch", "strategic_merge_patch"]
