"""The report: what differs, grouped by kind, operation and the shape of the difference, with an example of each."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.conformance.differential.comparing import ABSENT
from tests.conformance.mutations.excused import excuse
from tests.conformance.mutations.playing import Found
from tests.conformance.mutations.units import OPERATIONS, Unit

_NUMBER = re.compile(r"\[\d+\]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LONGEST = 400
_LONGEST_BRIEF = 100
_PREFIX = re.compile(r'^.* "…" is invalid: ')
Group = tuple[str, str, str]


def report(units: list[Unit], found: list[Found], *, groups: int = 200) -> Iterator[str]:
    """Yield the lines."""
    yield from _numbers(units, found)
    yield "\n## Excused by a behaviour of kube-apiserver"
    yield from (f"{count:4} x {reason}" for reason, count in _excused(found).most_common())
    grouped: dict[Group, list[Found]] = defaultdict(list)
    for each in _unexcused(found):
        grouped[_group(each)].append(each)
    ordered = sorted(grouped.items(), key=lambda item: -len(item[1]))
    yield f"\n## {len(ordered)} groups of differences, most frequent first"
    for (kind, shape, said), members in ordered[:groups]:
        operations = Counter(each.sent.operation for each in members)
        counts = ", ".join(f"{name} {count}" for name, count in operations.most_common())
        yield f"\n{len(members):4} x {kind}: {shape} {said}\n     {counts}"
        yield from _example(members[0])


def _numbers(units: list[Unit], found: list[Found]) -> Iterator[str]:
    sent = Counter(each.operation for unit in units for each in unit.sent if each.edits)
    differing = Counter(each.sent.operation for each in _unexcused(found))
    excused = sum(_excused(found).values())
    yield f"# {sum(sent.values())} mutations, {sum(differing.values())} answered otherwise, {excused} more excused"
    for name in ("create", *OPERATIONS):
        yield f"{name:16} {sent[name]:6} sent {differing[name]:6} differ"
    for name in sorted(differing.keys() - sent.keys()):
        yield f"{name:16}      - sent {differing[name]:6} differ"
    everywhere = Counter(each.unit.kind.label for each in _unexcused(found))
    yield "\n## By kind\n" + ", ".join(f"{label} {count}" for label, count in everywhere.most_common())


def _first_of_each_request(found: list[Found]) -> list[Found]:
    """Return one difference for each request: where statuses differ, the second says why."""
    firsts: dict[int, Found] = {}
    for each in found:
        firsts.setdefault(id(each.sent), each)
    return list(firsts.values())


def _unexcused(found: list[Found]) -> list[Found]:
    return [each for each in _first_of_each_request(found) if excuse(each) is None]


def _excused(found: list[Found]) -> Counter[str]:
    known = (excuse(each) for each in _first_of_each_request(found))
    return Counter(each.reason for each in known if each is not None)


def _group(each: Found) -> Group:
    difference = each.difference
    path = _NUMBER.sub("[]", difference.path)
    if path == "status":
        # One of the two refused, and says why.
        refusal = each.refusal or each.sent.mutation
        return each.unit.kind.label, f"{difference.real} or {difference.embedded}", _brief(refusal)
    return each.unit.kind.label, path, f"{_brief(difference.real)} | {_brief(difference.embedded)}"


def _brief(value: Any) -> str:
    text = _QUOTED.sub('"…"', _NUMBER.sub("[]", value)) if isinstance(value, str) else json.dumps(value)
    text = _PREFIX.sub("", text)
    return text if value == ABSENT or len(text) < _LONGEST_BRIEF else f"{text[:_LONGEST_BRIEF]}…"


def _example(each: Found) -> Iterator[str]:
    call = each.sent.call
    assert call is not None
    edits = [(edit.action, list(edit.path), _value(edit.value)) for edit in each.sent.edits]
    yield f"     {call.method} {call.path}: {json.dumps(edits, ensure_ascii=False)[:_LONGEST]}"
    yield f"     {each.difference.path}"
    answers = (("real", each.difference.real), ("embedded", each.difference.embedded), ("refusal", each.refusal))
    for name, value in (pair for pair in answers if pair[1] != ""):
        yield f"       {name:9}{str(value)[:_LONGEST]}"


def _value(value: Any) -> Any:
    return value if isinstance(value, str | int | float | list | dict | None) else "<removed>"
