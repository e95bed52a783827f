"""The fix for a test that uses the author's API, or the helpers for tests, in a wrong way."""

import inspect
from typing import Any

from plugin_operator import testing
from plugin_operator.error_hints import hint_for, named_argument, unknown_argument
from plugin_operator.rendering import message_of

#: What a message of Python calls the function behind the fixture ``scenario``.
_FIXTURES = {"scenario_in": "scenario"}


def hint_for_test(error: BaseException) -> str:
    """Return the message of an exception with its fix; empty if none is known."""
    named = named_argument(message_of(error)) if isinstance(error, TypeError) else None
    return hint_for(error) or (_of_argument(*named) if named else "")


def _of_argument(function: str, given: str) -> str:
    name = _FIXTURES.get(function, function)
    parameters = _parameters(name)
    for each in parameters:
        if each.name == given and each.kind is inspect.Parameter.VAR_POSITIONAL:
            return f"{name}() takes {given} without a name: {name}('plugins/hello.py', …)"
    known = [each.name for each in parameters if each.kind is not inspect.Parameter.VAR_POSITIONAL]
    return unknown_argument(name, given, known) if known else ""


def _parameters(name: str) -> list[inspect.Parameter]:
    """Return the parameters of a helper for tests, such as ``scenario`` or ``Scenario.advance``; none for others."""
    owner, _, method = name.partition(".")
    if owner not in testing.__all__:
        return []
    found: Any = getattr(testing, owner)
    found = getattr(found, method, None) if method else found
    if found is None:
        return []
    return [each for each in inspect.signature(found).parameters.values() if each.name != "self"]
