"""What the arguments of a call certainly are in the source: kinds, names, or no namespace at all."""

import ast

from plugin_operator.hosting.permissions.source.facts.methods import METHODS, Access, Method
from plugin_operator.hosting.permissions.source.facts.places import subject_of
from plugin_operator.hosting.permissions.source.facts.values import KindValue, Obj, Text, Value, texts_of

_TAKES_OBJECT = tuple(METHODS[name] for name in ("create", "update", "update_status", "apply"))


def lacks_namespace(access: Access, method: Method) -> bool:
    """Report whether a call about one object, or about those of one namespace, certainly names no namespace.

    The client of a plugin has no default one, so such a call fails.
    """
    call = written_call(access)
    if call is None:
        return False
    if any(method is each for each in _TAKES_OBJECT):
        obj = argument_of(call, 0, "obj")
        return _is_dict_without(obj) or (_is_typed_without(obj) and _makes(subject_of(access), obj))
    if (
        method.namespace_at is None
        or method.is_of_all
        or argument_of(call, method.namespace_at, "namespace") is not None
    ):
        return False
    if method.name_at is None:
        return are_kinds(subject_of(access))
    name = access.argument(method.name_at, "name", "pod")
    is_text = texts_of(name) is not None or is_a_name(argument_of(call, method.name_at, "name"))
    return is_text and (method.name_at == 0 or are_kinds(subject_of(access)))


def written_call(access: Access) -> ast.Call | None:
    """Return the call, if each of its arguments stands at its place in the source: none comes by ``*`` or ``**``."""
    call = access.node
    if access.is_open or not isinstance(call, ast.Call) or not _is_of_client(call.func):
        return None
    return None if any(isinstance(each, ast.Starred) for each in call.args) else call


def _is_of_client(function: ast.expr) -> bool:
    """Report whether a method is one of a client by its name, too: another object may have such methods."""
    owner = function.value if isinstance(function, ast.Attribute) else None
    return isinstance(owner, ast.Name | ast.Attribute) and ast.unparse(owner).endswith("client")


def argument_of(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """Return the expression of an argument; None if the call does not have it, or gives None."""
    by_name = (each.value for each in call.keywords if each.arg == name)
    found = call.args[position] if position < len(call.args) else next(by_name, None)
    return None if isinstance(found, ast.Constant) and found.value is None else found


def are_kinds(subject: Value) -> bool:
    """Report whether a subject is certainly a kind, and no object."""
    return bool(subject) and all(isinstance(each, Text | KindValue) for each in subject)


def is_a_name(node: ast.expr | None) -> bool:
    """Report whether an expression is the name of an object as text, and no request, which has the namespace too."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.Attribute(attr="name", value=ast.Name(id="request") | ast.Attribute(attr="request" | "metadata")):
            return True
        case ast.Subscript(slice=ast.Constant(value="name"), value=ast.Subscript(slice=ast.Constant(value="metadata"))):
            return True
    return False


def _is_dict_without(obj: ast.expr | None) -> bool:
    """Report whether an argument is a dict in the source, whose metadata is one without a namespace."""
    metadata = _fields(obj).get("metadata")
    return isinstance(metadata, ast.Dict) and bool(found := _fields(metadata)) and "namespace" not in found


def _makes(subject: Value, call: ast.expr | None) -> bool:
    """Report whether a call is that of a class of a kind."""
    return bool(subject) and all(isinstance(each, Obj) and each.node is call for each in subject)


def _is_typed_without(obj: ast.expr | None) -> bool:
    """Report whether an argument is a call with ``metadata=Metadata(name=…)``, which has no namespace."""
    keywords = obj.keywords if isinstance(obj, ast.Call) else ()
    metadata = next((each.value for each in keywords if each.arg == "metadata"), None)
    if not isinstance(metadata, ast.Call) or metadata.args or not ast.unparse(metadata.func).endswith("Metadata"):
        return False
    names = {each.arg for each in metadata.keywords}
    return "name" in names and not names & {"namespace", None}


def _fields(node: ast.expr | None) -> dict[str, ast.expr]:
    """Return the values of a dict in the source by key; nothing if a key is no text there."""
    if not isinstance(node, ast.Dict):
        return {}
    keys = [each.value for each in node.keys if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return dict(zip(keys, node.values, strict=True)) if len(keys) == len(node.keys) else {}
