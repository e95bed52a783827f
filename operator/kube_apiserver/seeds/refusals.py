"""Why the API server refuses an object of a file, in the words of the file."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_DEFINITION = "CustomResourceDefinition"
#: The answer to a server-side apply of an object that does not have the types of its schema.
_UNTYPED = re.compile(r"failed to create typed patch object \(.*?\): (?P<place>\.\S+): (?P<what>.*)", re.DOTALL)
#: Values in the syntax of Go.
_GO_VALUES = (
    (re.compile(r"got &value\.valueUnstructured\{Value:(.*)\}$", re.DOTALL), r"got \1"),
    (re.compile(r"got &\{(.*)\}$", re.DOTALL), r"got \1"),
)
#: Where a CustomResourceDefinition has what the server names by its internal version.
_OF_VERSIONS = (
    ("spec.validation.openAPIV3Schema", "spec.versions[*].schema.openAPIV3Schema"),
    ("spec.additionalPrinterColumns", "spec.versions[*].additionalPrinterColumns"),
    ("spec.subresources", "spec.versions[*].subresources"),
)
#: The server fills it in from ``spec``.
_DERIVED = "status.storedVersions"
_WITH_VALUE = re.compile(r"(?P<what>Invalid value|Unsupported value|Duplicate value): ")
_JSON = json.JSONDecoder()
_MAX_VALUE = 80


def refusal(message: str, causes: Iterable[Mapping[str, str]], obj: Mapping[str, Any]) -> str:
    """Return the reason in an answer of the server to a write of ``obj``, without the data of a Secret.

    Args:
        message: the message of the Status.
        causes: its causes, which name the fields.
        obj: the object of the write.
    """
    if (found := _UNTYPED.fullmatch(message)) is not None:
        return f"{found['place']}: {_plain(found['what'], obj)}"
    fields = [
        f"{_place(each.get('field', ''), obj)}: {_plain(each.get('message', ''), obj)}" for each in _telling(causes)
    ]
    return "; ".join(dict.fromkeys(fields)) or message


def _telling(causes: Iterable[Mapping[str, str]]) -> Iterable[Mapping[str, str]]:
    named = [each for each in causes if each.get("field") and each.get("message")]
    return [each for each in named if each["field"] != _DERIVED] or named


def _place(field: str, obj: Mapping[str, Any]) -> str:
    if obj.get("kind") == _DEFINITION:
        for internal, written in _OF_VERSIONS:
            if field.startswith(internal):
                return f"{written}{field.removeprefix(internal)}"
    return field


def _plain(text: str, obj: Mapping[str, Any]) -> str:
    """Return a message with its values as in YAML; long ones, and those of a Secret, are left out."""
    is_secret = obj.get("kind") == "Secret"
    for pattern, shown in _GO_VALUES:
        text = pattern.sub("got another" if is_secret else shown, text)
    found = _WITH_VALUE.match(text)
    if found is None:
        return text
    try:
        end = _JSON.raw_decode(text, found.end())[1]
    except ValueError:
        return found["what"] if is_secret else text
    if end - found.end() <= _MAX_VALUE and not is_secret:
        return text
    return found["what"] + text[end:]
