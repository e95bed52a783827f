"""How a kind is served: its plural, its scope, its verbs and the URL paths that follow from them."""

from dataclasses import dataclass

from plugin_operator.kube.gvk import GroupVersionKind


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as discovery describes it."""

    gvk: GroupVersionKind
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    subresources: frozenset[str] = frozenset()
    short_names: tuple[str, ...] = ()
    singular: str = ""

    def supports(self, verb: str) -> bool:
        """Tell whether the server lists ``verb`` for this resource."""
        return verb in self.verbs

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the URL path of the collection, of one object or of its subresource.

        Args:
            namespace: narrows a namespaced resource; ignored for a cluster-scoped one, for which it has no meaning.
            name: one object instead of the collection.
            subresource: "status", "scale", …; needs ``name``.

        Raises:
            ValueError: a subresource without a name, or a segment that would change the meaning of the path.
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
    """Refuse what apimachinery's path segment validation refuses, so that a name can never reach another object."""
    if text in {"", ".", ".."} or any(char in text for char in "/%?#"):
        raise ValueError(f"{text!r} cannot be part of a resource path")
    return text
