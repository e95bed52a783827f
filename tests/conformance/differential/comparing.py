"""Compares two plays of one case and names each place where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conformance.differential.playing import Outcome

ABSENT = "<absent>"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: which case and step, where in the outcome, and what each server said there."""

    case: str
    step: str
    path: str
    real: Any
    embedded: Any

    def __str__(self) -> str:
        return f"{self.step}\n    {self.path}\n      real:     {self.real!r}\n      embedded: {self.embedded!r}"


def compare(case: str, real: Sequence[Outcome], embedded: Sequence[Outcome]) -> list[Difference]:
    """Compare step by step; both plays have the same steps because they come from the same case.

    Where the statuses differ, the bodies tell only what each server thought: comparing them further would be noise.
    """
    return [
        Difference(case, left.label, path, a, b)
        for left, right in zip(real, embedded, strict=True)
        for path, a, b in _walk("", *_relevant(left.value, right.value))
    ]


def _relevant(a: Any, b: Any) -> tuple[Any, Any]:
    if isinstance(a, dict) and isinstance(b, dict) and a.get("status") != b.get("status"):
        return _gist(a), _gist(b)
    return a, b


def _gist(answer: dict[str, Any]) -> dict[str, Any]:
    body = answer.get("body")
    said = body.get("message", ABSENT) if isinstance(body, dict) else body
    return {"status": answer.get("status"), "said": said}


def _walk(path: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(key for key in b if key not in a)]:
            yield from _walk(f"{path}.{key}" if path else key, a.get(key, ABSENT), b.get(key, ABSENT))
    elif isinstance(a, list) and isinstance(b, list):
        for index in range(max(len(a), len(b))):
            left = a[index] if index < len(a) else ABSENT
            right = b[index] if index < len(b) else ABSENT
            yield from _walk(f"{path}[{index}]", left, right)
    elif a != b or type(a) is not type(b):
        yield path, a, b
