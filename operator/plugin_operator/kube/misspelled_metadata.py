"""The key that an author wrote in place of ``metadata`` in a dict."""

import difflib

from plugin_operator.kube.metadata import Object

_SIMILAR = 0.8


def misspelled_metadata(document: Object) -> str:
    """Return the end of a message about an object without a name: which key was meant; empty if none is known."""
    if "metadata" in document:
        return ""
    near = difflib.get_close_matches("metadata", map(str, document), 1, _SIMILAR)
    return f": did you mean 'metadata' by {near[0]!r}?" if near else ""
