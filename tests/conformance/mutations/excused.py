"""Differences that a named behaviour of kube-apiserver excuses: the only ones that a run may leave."""

import re
from dataclasses import dataclass
from typing import Any

from tests.conformance.mutations.playing import Found

_SHOWN = re.compile(r"(?<=Invalid value: )(?:[{\[]|null)(?s:.*?)(?=: (?:field is immutable|exactly one|cannot be))")
_PATCHED = re.compile(r"\n(?:@@|[-+ ]).*", re.DOTALL)
_PARSER = re.compile(
    "json: cannot unmarshal|cannot restore|unrecognized type|quantities must match|parsing time|illegal base64|no kind "
)
_CONVERTED = re.compile(r"^failed to convert new object .* to proper version")
_CONTROLLERS = ("api-priority-and-fairness-config-consumer-v1", "kube-apiserver")


@dataclass(frozen=True, slots=True)
class Excuse:
    """A behaviour of kube-apiserver, and what it changes of an answer."""

    reason: str

    def covers(self, found: Found) -> bool:
        """Tell whether it explains the difference."""
        raise NotImplementedError


class _GoStruct(Excuse):
    def covers(self, found: Found) -> bool:
        one, other = (_without_values(value) for value in _both(found))
        return _is_message(found) and one == other


class _Parser(Excuse):
    def covers(self, found: Found) -> bool:
        return _is_message(found) and all(_PARSER.search(str(value)) for value in _both(found))


class _Unconverted(Excuse):
    def covers(self, found: Found) -> bool:
        return found.difference.real == 500 and bool(_CONVERTED.match(found.refusal))


class _Controller(Excuse):
    def covers(self, found: Found) -> bool:
        managed = found.difference.path.startswith("body.metadata.managedFields")
        return managed and any(f"'manager': '{name}'" in str(found.difference.real) for name in _CONTROLLERS)


#: In the order in which they are tried.
EXCUSES: tuple[Excuse, ...] = (
    _GoStruct("kube-apiserver's text shows the value as its internal Go struct, or the difference of two of them"),
    _Parser("the words are those of Go's parser; status, reason and cause agree"),
    _Unconverted("an applied quantity or base64 text that Go cannot read is an internal error of kube-apiserver"),
    _Controller("the controllers of API priority and of aggregation write a status: this server has neither"),
)


def excuse(found: Found) -> Excuse | None:
    """Return the behaviour that explains a difference, None if it is one of this server's."""
    return next((each for each in EXCUSES if each.covers(found)), None)


def _both(found: Found) -> tuple[Any, Any]:
    return found.difference.real, found.difference.embedded


def _is_message(found: Found) -> bool:
    return found.difference.path == "body.message" and all(isinstance(value, str) for value in _both(found))


def _without_values(message: Any) -> str:
    return _SHOWN.sub("{}", _PATCHED.sub("", str(message)))
