"""Field management: managedFields of every writer, and server-side apply.

The package implements the semantics of structured-merge-diff as pure functions on objects. Plain patches are in
``patching``.
"""

from kube_apiserver.fieldmanagers.applying import apply
from kube_apiserver.fieldmanagers.conflicts import ApplyConflict
from kube_apiserver.fieldmanagers.scaling import parent_entries, scale_entries
from kube_apiserver.fieldmanagers.tracking import track
from kube_apiserver.fieldmanagers.typed_errors import typed_patch_error, untracked_error
from kube_apiserver.fieldmanagers.typed_values import rooted

__all__ = [
    "ApplyConflict",
    "apply",
    "parent_entries",
    "rooted",
    "scale_entries",
    "track",
    "typed_patch_error",
    "untracked_error",
]
