"""One unit: the requests about one or two objects of a kind, each with a mutation of its own."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.conformance.differential.language import (
    APPLY,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Call,
    Case,
    get,
    patch,
    post,
    put,
)
from tests.conformance.mutations.kinds import Kind
from tests.conformance.mutations.mutating import Edit, edited, json_patch, merge_patch, mutate
from tests.conformance.mutations.values import draw

OPERATIONS = ("update", "merge patch", "strategic patch", "JSON patch", "apply", "status update")


@dataclass(frozen=True, slots=True)
class Sent:
    """What one step of a unit is: the operation and the edits; a follow-up depends on what the steps before stored."""

    operation: str
    edits: tuple[Edit, ...] = ()
    call: Call | None = None
    is_follow_up: bool = False

    @property
    def mutation(self) -> str:
        """Say which places were changed and how."""
        return " and ".join(map(str, self.edits))


@dataclass(slots=True)
class Unit:
    """A case to play, with what each of its steps is."""

    kind: Kind
    word: str
    sent: list[Sent] = field(default_factory=list)

    @property
    def case(self) -> Case:
        """Return what is played."""
        steps = tuple(each.call for each in self.sent if each.call is not None)
        paths = [f"{self.kind.path}/{self.kind.name(word)}" for word in (self.word, f"{self.word}m")]
        return Case(f"mutations of {self.kind.label}", steps, tuple(paths) if "delete" in self.kind.verbs else ())

    @property
    def mutations(self) -> int:
        """Count the requests with a mutation."""
        return sum(1 for each in self.sent if each.edits)


def unit(kind: Kind, chance: random.Random) -> Unit:
    """Draw a unit."""
    word = "w" + "".join(chance.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))
    made = Unit(kind, word)
    if "update" not in kind.verbs:
        made.sent = [_create(kind, word, chance) for _ in range(4)]
        return made
    made.sent = [*_stored(kind, chance, f"{word}m"), Sent("sample", call=post(kind.path, _text(kind.new(word))))]
    made.sent += _served(kind, word)
    made.sent += [_operation(kind, word, chance, name, query="dryRun=All") for name in OPERATIONS if _has(kind, name)]
    return made


def _served(kind: Kind, word: str) -> Iterator[Sent]:
    """Yield the wait for a sample that is a definition: once it is established, other rules hold."""
    if kind.kind == "CustomResourceDefinition":
        spec = kind.new(word)["spec"]
        path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
        yield Sent("served", call=get(path, until=200, silent=True))


def _text(body: Any) -> str:
    """Return the body as Go writes it: kube-apiserver compares the texts of fields without a schema."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _has(kind: Kind, operation: str) -> bool:
    return kind.has_status or operation != "status update"


def _create(kind: Kind, word: str, chance: random.Random, query: str = "") -> Sent:
    obj = kind.new(word)
    edits = mutate(chance, obj, kind.shape)
    return Sent("create", tuple(edits), post(f"{kind.path}{query}", _text(edited(obj, edits))))


def _stored(kind: Kind, chance: random.Random, word: str) -> Iterator[Sent]:
    if not kind.is_stored:
        yield _create(kind, word, chance, "?dryRun=All")
        return
    yield _create(kind, word, chance)
    name = chance.choice([each for each in OPERATIONS if _has(kind, each)])
    yield replace(_operation(kind, word, chance, name), is_follow_up=True)
    yield Sent("get", call=get(f"{kind.path}/{kind.name(word)}"), is_follow_up=True)


def _operation(kind: Kind, word: str, chance: random.Random, name: str, query: str = "") -> Sent:
    obj, path = kind.new(word), f"{kind.path}/{kind.name(word)}"
    under = ""
    if name == "status update":
        status = draw(chance, kind.shape.fields["status"], "status", 2) if "status" in kind.shape.fields else {}
        obj, under, path = {**obj, "status": status or {"unknown": 1}}, "status", f"{path}/status"
    edits = mutate(chance, obj, kind.shape, under)
    made = edited(obj, edits)
    suffix = f"?{query}" if query else ""
    manager = f"?fieldManager=one&force={chance.choice(('true', 'false'))}" + (f"&{query}" if query else "")
    calls: dict[str, Callable[[], Call]] = {
        "update": lambda: put(path + suffix, _text(made)),
        "status update": lambda: put(path + suffix, _text(made)),
        "merge patch": lambda: patch(path + suffix, _text(merge_patch(obj, edits)), MERGE),
        "strategic patch": lambda: patch(path + suffix, _text(merge_patch(obj, edits, strategic=True)), STRATEGIC),
        "JSON patch": lambda: patch(path + suffix, _text(json_patch(obj, edits)), JSON_PATCH),
        "apply": lambda: patch(path + manager, _text(made), APPLY),
    }
    return Sent(name, tuple(edits), calls[name]())


def units(kinds: list[Kind], seed: int, mutations: int) -> list[Unit]:
    """Draw units of each kind in turn until they have so many mutations."""
    found: list[Unit] = []
    count = 0
    while count < mutations:
        for kind in kinds:
            made = unit(kind, random.Random(f"{seed} {kind.label} {len(found)}"))
            found.append(made)
            count += made.mutations
            if count >= mutations:
                break
    return found
