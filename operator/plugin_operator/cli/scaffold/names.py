"""Names of new plugins: each is a module, a function and the name of a controller."""

import builtins
import keyword
import re

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.names import is_ignored, shadowed_by

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MAX_LENGTH = 40  # "example.com/NAME-since" is a label or annotation, whose name has 63 characters at most
#: Names that the code of a new plugin has for something else, or that pytest and the loader look for.
_TAKEN = frozenset(
    (
        "column",
        "config_of",
        "conftest",
        "controller",
        "new_controller",
        "own",
        "permission",
        "resource",
        "schema",
        "setup",
    )
)


def checked_name(name: str) -> str:
    """Return ``name``.

    Raises:
        UsageError: it cannot be the name of a plugin; the message suggests another if there is one.
    """
    problem = _problem(name)
    if problem:
        better = _better(name)
        raise UsageError(f"NAME: {name!r} {problem}" + f": {better!r} would do" * bool(better))
    return name


def _problem(name: str) -> str:
    if not _NAME.fullmatch(name):
        return "is not a plugin name: use lower-case letters, digits and _, with a letter first"
    if len(name) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} characters"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name) or name in _TAKEN:
        return "already has a meaning in Python or in a plugin"
    if name.startswith("test_") or is_ignored(name):
        return "is the name of a test"
    hidden = shadowed_by(name)
    return f"would hide {hidden}" if hidden else ""


def _better(name: str) -> str:
    """Return a similar name without a problem; empty if there is none."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().removesuffix(".py")).lower().removeprefix("test_")
    plain = re.sub(r"[^a-z0-9]+", "_", words).strip("_").lstrip("0123456789_")[:_MAX_LENGTH]
    return next((each for each in (plain, f"{plain}_plugin") if not _problem(each)), "")
