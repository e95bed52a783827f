"""Names of custom kinds: which ones a CustomResourceDefinition may have."""

import re

from plugin_operator.kube.gvk import GroupVersionKind

_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_GROUP = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_MAX_GROUP = 180  # PLURAL.GROUP is the name of the definition
_PLURAL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def kind_problem(gvk: GroupVersionKind) -> str:
    """Return why no CustomResourceDefinition can have this kind, and the way out; empty if one can."""
    if not _VERSION.fullmatch(gvk.version):
        return f"{gvk.version!r} is not a version: write for example {gvk.group}/v1/{gvk.kind}"
    if not _KIND.fullmatch(gvk.kind):
        return f"{gvk.kind!r} is not a kind: use letters and digits, with a capital first: Widget"
    if not _GROUP.fullmatch(gvk.group) or len(gvk.group) > _MAX_GROUP:
        rule = "use parts of lower-case letters, digits and -, with dots between them: example.com"
        return f"{gvk.group!r} is not an API group: {rule}"
    return ""


def name_problem(name: object, word: str = "plural") -> str:
    """Return why a definition cannot have this plural or other ``word``, and the way out; empty if it can."""
    if isinstance(name, str) and _PLURAL.fullmatch(name):
        return ""
    return f"{name!r} is not a {word}: use lower-case letters, digits and -, with a letter first"
