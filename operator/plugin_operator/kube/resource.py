"""``Resource``: plural, scope, verbs and URL paths of a kind."""

import re

import msgspec

from plugin_operator.kube.gvk import GroupVersionKind

_NO_NAMES = ("", ".", "..")
_WITHOUT_SEPARATORS = re.compile(r"[^/%?#]*").fullmatch


class Resource(msgspec.Struct, frozen=True):
    """One resource from the API server's discovery."""

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    subresources: frozenset[str] = frozenset()
    short_names: tuple[str, ...] = ()
    singular: str = ""

    def supports(self, verb: str) -> bool:
        """Report whether discovery lists ``verb`` for this resource."""
        return verb in self.verbs

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the URL path of the collection, of one object or of its subresource.

        Args:
            namespace: one namespace of a namespaced resource; ignored for a cluster-scoped one.
            name: one object instead of the collection.
            subresource: "status", "scale", …; needs ``name``.

        Raises:
            ValueError: ``subresource`` without ``name``, or a segment such as ".." that would change the path.
        """
        if subresource and not name:
            raise ValueError(f"the subresource {subresource!r} of {self.gvk} needs a name")
        prefix = f"/apis/{self.gvk.group}" if self.gvk.group else "/api"
        parts = [prefix, self.gvk.version]
        if namespace and self.namespaced:
            parts += ["namespaces", _segment(namespace)]
        parts.append(self.plural)
        if name:
            parts.append(_segment(name))
        if subresource:
            parts += [_segment(part) for part in subresource.split("/")]
        return "/".join(parts)


def _segment(text: str) -> str:
    """Return ``text``, or raise if apimachinery's path segment validation rejects it: "../x" names another object."""
    if text in _NO_NAMES or not _WITHOUT_SEPARATORS(text):
        raise ValueError(f"{text!r} cannot be part of a resource path")
    return text
