"""The fix for exceptions that Python raises when code of a plugin uses the author's API in a wrong way.

Owns what people write instead of a name, an argument or a block of the API.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from plugin_operator.error_hints.calls import (
    fields_of,
    fields_of_class,
    known_call,
    line_of,
    passed_struct,
    written_call,
)
from plugin_operator.error_hints.kind_classes import meant_class, meant_module
from plugin_operator.error_hints.signatures import API, KINDS, public_names
from plugin_operator.rendering import MAX_CHARACTERS, class_name, describe, message_of

_CALL = r"([\w.]+?)(?:\.__(?:init|new)__)?\(\)"
_NO_ARGUMENT = re.compile(rf"{_CALL} got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(rf"{_CALL} missing \d+ required (?:positional|keyword-only) arguments?: (.*)")
#: msgspec names an argument, and not the class that lacks it.
_NO_FIELD = re.compile(r"Unexpected keyword argument '(\w+)'")
_NO_VALUE = re.compile(r"Missing required argument ('\w+')")
_TOO_MANY = "Extra positional arguments provided"
#: Python says so of any other object. Most values of the API are structs.
_NO_DATACLASS = "replace() should be called on dataclass instances"
_SAME_NAME = "Multiple fields rename to the same name"
_NO_NAME = re.compile(r"name '(\w+)' is not defined")
_NOT_IN_MODULE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_MUTABLE = re.compile(
    r"Using a (?:non-empty )?mutable (?:collection \((.*)\)|struct object [(`](\w+).*) as a default value"
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: Arguments that have another name in the API.
_ARGUMENTS = {
    "kind": "for_", "resource": "for_", "selector": "label_selector", "labels": "label_selector",
    "concurrency": "max_concurrent_reconciles", "workers": "max_concurrent_reconciles", "mapper": "map", "func": "map",
    "max": "le", "maximum": "le", "min": "ge", "minimum": "ge", "regex": "pattern", "choices": "enum",
    "group": "api_groups", "namespace": "namespaces", "requeue_seconds": "requeue_after", "after": "requeue_after",
}  # fmt: skip
_SECONDS = frozenset({"seconds", "minutes", "hours", "days"})
_VERBS = ("apply", "create", "delete", "get", "list", "patch", "patch_status", "update", "update_status")
#: Attributes that are elsewhere in the API, of a context; the lints look for them too.
CONTEXT_ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("logger", "logging"), "ctx.log"),
    **dict.fromkeys(("cache", "informer"), "ctx.lister"),
    **dict.fromkeys(("event", "events"), "ctx.recorder.event"),
    **dict.fromkeys(("body", "obj", "object"), "ctx.lister.get(ctx.request)"),
    **dict.fromkeys(("api", "k8s"), "ctx.client"),
    **{verb: f"ctx.client.{verb}" for verb in _VERBS},
    **{name: f"ctx.request.{name}" for name in ("name", "namespace")},
    "conditions": "ctx.set_condition",
    "children": "ctx.sync_children",
    "requeue": "return Result(requeue_after=…)",
}
#: Fields of API objects.
_FIELDS = frozenset(
    (
        *("apiVersion", "api_version", "kind", "metadata", "spec", "status", "data", "name", "namespace", "labels"),
        *("annotations", "uid", "finalizers", "generation", "replicas"),
    )
)
_MRO = type.__dict__["__mro__"]
_NAMES = type.__dict__["__dict__"]
#: A shorter text is in too many names.
_SHORTEST_PART = 4
_STATUS = re.compile(r"\bctx\.status\b")
_BLOCK = "context manager|item assignment|has no attribute|can't be used in 'await'|not subscriptable|not iterable"
_NO_BLOCK = re.compile(rf"(?:'(?:method|_AsyncGeneratorContextManager)'|object _AsyncGenerator\w+) .*(?:{_BLOCK})")
_NO_AWAIT = re.compile(r"object \w+ can't be used in 'await' expression")
_LISTER = re.compile(r"\bawait\s+ctx\.lister\b|\bawait\s+lister\b")
_CALLED_UNION = "'types.UnionType' object is not callable"
_QUANTITY = re.compile(r"\bQuantity\(")
_ITEMS = re.compile(r"\[\s*['\"]items['\"]\s*\]")
_NO_ITEM = re.compile(r"'(\w+)' object (?:is not subscriptable|does not support item (?:assignment|deletion))")
_KEY = re.compile(r"\[\s*['\"](\w+)['\"]\s*\]")
#: How a status is written; the lints say so too.
STATUS_BLOCK = "write 'async with ctx.status(obj) as status:' and change status inside"


def described(error: BaseException, limit: int = MAX_CHARACTERS) -> str:
    """Return ``Type: message`` of an exception of plugin code, with the fix if one is known; never raises.

    Args:
        error: the exception.
        limit: longest text of the exception, in characters; the fix comes after it.
    """
    hint = hint_for(error)
    return f"{class_name(error)}: {hint}" if hint else describe(error, limit)


def hint_for(error: BaseException) -> str:
    """Return the message of an exception with its fix; empty if none is known. Never raises."""
    find = _HINTS.get(type(error))
    if find is None:
        return ""
    try:
        return find(error, message_of(error))
    except BaseException:  # noqa: BLE001 - it reads objects of the plugin, which may raise anything
        return ""


def _of_name(_error: BaseException, message: str) -> str:
    found = _NO_NAME.match(message)
    if found is None:
        return ""
    if _is_public(found[1]):
        return f"{message}: add 'from {API} import {found[1]}'"
    near = difflib.get_close_matches(found[1], public_names(), n=1, cutoff=0.8)
    return f"{message}: did you mean {near[0]!r}, of {API}?" if near else ""


def _of_type(error: BaseException, message: str) -> str:
    if found := _MUTABLE.match(message):
        factory = found[2] or f"lambda: {found[1]}"
        return f"a mutable value is no default of a field: write '= msgspec.field(default_factory={factory})'"
    return _of_arguments(error, message) or _of_status(error, message) or _of_objects(error, message)


def _of_objects(error: BaseException, message: str) -> str:
    """Return the fix for an object that is used like one of another kind: typed like a dict, cached like a request."""
    if message == _NO_DATACLASS and (name := passed_struct(error)):
        return f"{message}: write msgspec.structs.replace, for {name} is a struct of msgspec"
    line = line_of(error)
    if _NO_AWAIT.match(message) and _LISTER.search(line):
        return f"{message}: ctx.lister reads the cache at once: call it without await"
    if message == _CALLED_UNION and _QUANTITY.search(line):
        return f"{message}: Quantity is a type: write its value alone, a text or a number"
    if message.startswith("list indices must be integers") and _ITEMS.search(line):
        return f"{message}: list() returns the objects as a list: use it without ['items']"
    found = _NO_ITEM.match(message)
    key = _KEY.search(line)
    fields = fields_of_class(found[1], error) if found else []
    if fields:
        name = _near(key[1], fields) if key else ""
        return f"{message}: an object of a class has attributes: write .{name or fields[0]}"
    return ""


def _of_arguments(error: BaseException, message: str) -> str:
    named = named_argument(message)
    if named and (call := known_call(named[0], error)):
        return unknown_argument(call[0], named[1], call[1].names)
    found = _MISSING.match(message)
    if found and (call := known_call(found[1], error)):
        return missing_arguments(call[0], found[2], call[1].names)
    found = _NO_FIELD.fullmatch(message)
    if found and (call := written_call(error)):
        return unknown_argument(call[0], found[1], call[1].names)
    found = _NO_VALUE.fullmatch(message)
    if found and (call := written_call(error)):
        return missing_arguments(call[0], found[1], call[1].names)
    if message == _TOO_MANY and (call := written_call(error)):
        name, (names, most, _) = call
        return f"{name}() takes at most {most} positional arguments: its arguments are {', '.join(names)}"
    return ""


def _of_attribute(error: BaseException, message: str) -> str:
    if hint := _of_status(error, message):
        return hint
    if found := _NOT_IN_MODULE.match(message):
        hint = meant_module(found[2]) if found[1] == KINDS else meant_class(*found.groups())
        return f"{message}: {hint}" if hint else ""
    found = _NO_ATTRIBUTE.match(message)
    if found is None:
        return ""
    kind, name = found.groups()
    if kind == "dict" and name in _FIELDS:
        return (
            f"{message}: an object of the API is a dict here: write [{name!r}], or name its kind by a class (in a "
            "declaration or call, or as kind= of fake_context)"
        )
    members = fields_of(getattr(error, "obj", None)) or _members_of(getattr(error, "obj", None))
    if "lister_for" in members and name in CONTEXT_ALIASES:
        return f"{message}: did you mean {CONTEXT_ALIASES[name]}?"
    near = _near(name, members)
    return f"{message}: did you mean {near}?" if near else ""


def _of_status(error: BaseException, message: str) -> str:
    """Return the fix for a use of ``ctx.status`` that is no ``async with``: Python names its parts only."""
    if _NO_BLOCK.match(message) and _STATUS.search(line_of(error)):
        return f"{message}: {STATUS_BLOCK}"
    return ""


def _members_of(owner: object) -> list[str]:
    """Return the public names of an object of this package, past any metaclass; none for other objects."""
    classes = _MRO.__get__(type(owner))
    module = _NAMES.__get__(classes[0]).get("__module__")
    if type(module) is not str or not module.startswith(f"{API}."):
        return []
    return [name for each in classes for name in _NAMES.__get__(each) if not name.startswith("_")]


def named_argument(message: str) -> tuple[str, str] | None:
    """Return the function and the argument that a message of Python names, if it is that the one lacks the other."""
    found = _NO_ARGUMENT.match(message)
    return (found[1], found[2]) if found else None


def unknown_argument(function: str, given: str, arguments: Sequence[str]) -> str:
    """Return what is wrong with an argument that a function does not have, and which one was meant."""
    return f"{function}() has no argument {given!r}: {_meant(function, given, list(arguments))}"


def missing_arguments(function: str, named: str, arguments: Sequence[str]) -> str:
    """Return what is wrong with a call that lacks arguments; ``named`` has them in quotes."""
    noun = "the argument" if named.count("'") == len("''") else "the arguments"
    return f"{function}() lacks {noun} {named}: {_way_out(function, list(arguments))}"


def _meant(function: str, given: str, arguments: list[str]) -> str:
    if "seconds" in arguments and given in _SECONDS - {*arguments}:
        return f"it takes seconds: {function}(300)"
    meant = _near(given, arguments, _ARGUMENTS)
    return f"did you mean {meant!r}?" if meant else f"its arguments are {', '.join(arguments)}"


def _near(given: str, known: list[str], aliases: Mapping[str, str] | None = None) -> str:
    """Return the name that was meant: an alias, the same in snake case, a similar one, or one that contains it."""
    snake = _WORDS.sub("_", given).lower()
    similar = difflib.get_close_matches(snake, known, n=1) or [
        each for each in known if min(len(snake), len(each)) >= _SHORTEST_PART and (snake in each or each in snake)
    ]
    return next((each for each in ((aliases or {}).get(snake, ""), snake, *similar) if each in known), "")


def _way_out(function: str, arguments: list[str]) -> str:
    if function == "watch":
        return "write watch('v1/Secret', map=function), or name the kind in reads= if its changes make nothing due"
    return f"its arguments are {', '.join(arguments)}"


def _is_public(name: str) -> bool:
    return name in public_names()


def _of_value(_error: BaseException, message: str) -> str:
    if not message.startswith(_SAME_NAME):
        return ""
    return (
        "two fields of the class have one name on the wire, as max_size and maxSize have: rename one, or write "
        "msgspec.field(name=…)"
    )


_HINTS: Mapping[type[BaseException], Callable[[BaseException, str], str]] = {
    NameError: _of_name,
    TypeError: _of_type,
    AttributeError: _of_attribute,
    ValueError: _of_value,
}
