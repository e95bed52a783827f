"""Makes the pages of reference from docstrings and annotations: ``make reference``.

``docs/reference.md`` is about the API for authors, ``docs/test-server-reference.md`` about the API server for tests.
This module owns what is on them and in which order. griffe reads the sources without running them.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference.md"
PACKAGE = "plugin_operator"
#: Two things that authors meet and do not import: they have a place, but no public name.
METHODS, FIXTURE = "plugin.ControllerMethods", "testing.pytest_plugin.plugin_harness"
#: What authors get and never make: its constructor is not shown.
GIVEN = frozenset(
    {
        "Context",
        "ControllerContext",
        "MapContext",
        "PluginRejected",
        "Schedule",
        "SelectorError",
        "OwnOptions",
        "ReadOptions",
        "WatchOptions",
        "ReadyGate",
        "SyncedChildren",
        "ChildName",
        "HasStatus",
        "Column",
        "FieldSchema",
        "Rule",
        "Scale",
    }
    | {"testing.ControllerStatus", "testing.PluginStatus", "testing.VirtualTimer"}
    | {
        "testing.Scenario",
        "testing.Write",
        "testing.ReconciledRequest",
        "testing.RecordedEvent",
        "testing.LogLine",
        "testing.FakeContext",
    }
    | {"Snapshot", "Endpoint", "faults.FaultPlan", "faults.Planned"}
)
#: Names of another library, which documents them.
FOREIGN = frozenset({"UNSET", "UnsetType"})
#: Begins the paths of classes that are parts of one public class: ``Client`` is written as one protocol for each noun.
PARTS = (f"{PACKAGE}.client.interface.", f"{PACKAGE}.testing.scenarios.")
#: Public members that are for the operator itself, and those that are shown where most are.
HIDDEN = {
    "Model": {"to_dict", "to_str"},
    "RateLimiterSpec": {"build"},
    "Source": {"connect"},
    "faults.Fault": {"matches", "raw_body"},
    "faults.FaultPlan": {"enter", "leave", "reset", "take"},
    "faults.Planned": {"hit", "is_used_up"},
}
SHOWN = {
    "testing.PluginStatus": {"name", "path", "line", "state", "since", "reason", "revision", "controllers", "reloads"},
    "testing.ControllerStatus": {"name", "revision", "has_synced", "queue_depth", "delayed", "reconciles"}
    | {"waiting_namespaces"},
}
#: Parameters for other packages of this repository, by class: no page shows them.
INTERNAL = {"kube_apiserver.server.ApiServer": {"clock", "front"}}
_SAID = re.compile(r"Annotated\[(.+?), schema\(.*?\)\](?=$|[ ,|\]])")
_INTRO = f"""\
# Reference

<!-- Made by `make reference` from the docstrings: edit those. -->

For authors of plugins: the names that plugins and their tests import, with types, units, errors and what cancelling
does. [Writing plugins](writing-plugins.md) and [testing plugins](testing-plugins.md) say how they go together. Names
come from `{PACKAGE}`, those of the last group from `{PACKAGE}.testing`. No other path is public.

The rules for namespaces (a plugin has no default), field managers, errors and deadlines of all calls are at
[`Client`](#client).
"""
GROUPS = {
    "Declaring a controller": f"controller {METHODS} watch WatchOptions own OwnOptions read ReadOptions "
    "every cron Schedule Source permission Permission RateLimiterSpec GroupVersionKind",
    "Reconciling": "Request Result Context ControllerContext MapContext Child ready ReadyGate SyncedChildren "
    "ChildName HasStatus allow_fork",
    "Reading and writing": "Lister Client Model Recorder find_condition",
    "Kinds of your own": "resource schema FieldSchema rule Rule column Column scale Scale ApiObject Metadata Struct "
    "Condition Conditions Quantity Duration EmbeddedObject",
    "Predicates": "generation_changed labels_changed annotations_changed resource_version_changed changed matches "
    "Predicate ObjectView ObjectMeta OwnerReference",
    "Exceptions": "TerminalError TemporaryError NotEnqueued ConfigError LeadershipLost SelectorError PluginRejected "
    "ExternalError PluginOperatorError",
    "Errors of the API": "ApiError BadRequestError UnauthorizedError ForbiddenError "
    "NotFoundError ConflictError AlreadyExistsError AlreadyOwnedError ChildExistsError GoneError InvalidError "
    "TooManyRequestsError ServerError UnexpectedStatusError NoMatchError ApiConnectionError "
    "AnswerTooLargeError ObjectDecodeError LossyWriteError",
    "Testing": "testing.scenario testing.Scenario testing.Write testing.ReconciledRequest testing.RecordedEvent "
    "testing.LogLine testing.fake_context testing.FakeContext testing.Enqueued "
    f"{FIXTURE} testing.PluginHarness testing.PluginStatus testing.PluginState "
    "testing.ControllerStatus testing.eventually testing.VirtualClock testing.VirtualTimer",
}

_SERVER_INTRO = """\
# Reference of the test server

<!-- Made by `make reference` from the docstrings: edit those. -->

For tests of any program that talks to Kubernetes: the names of the package `kube_apiserver`, with types, units and
errors. [A test server for any client](test-server.md) says how they go together. Names come from `kube_apiserver`,
those of faults from `kube_apiserver.faults`; pytest finds the fixtures by itself. No other path is public.
"""
_SERVER_GROUPS = {
    "Servers": "ApiServer ThreadedApiServer ApiServerConfig Endpoint Snapshot",
    "Fixtures of pytest": "pytest_plugin.kube_api_server pytest_plugin.kube_api_server_session "
    "pytest_plugin.kube_api_server_config",
    "Errors": "ManifestError ManifestRejected FolderInUse DataBroken JournalFailed",
    "Planned faults": "faults.Fault faults.Action faults.FaultPlan faults.Planned",
}


@dataclass(frozen=True)
class Page:
    """A page of reference.

    Attributes:
        package: the package that it is about.
        submodules: modules of the package whose names are public too.
        groups: the names on it, with the paths of submodules, by heading.
    """

    path: Path
    package: str
    submodules: tuple[str, ...]
    intro: str
    groups: Mapping[str, str]

    def entries(self) -> list[str]:
        """Return the path of everything on the page, in its order."""
        return [path for paths in self.groups.values() for path in paths.split()]


AUTHORS = Page(PAGE, PACKAGE, ("testing",), _INTRO, GROUPS)
SERVER = Page(PAGE.with_name("test-server-reference.md"), "kube_apiserver", ("faults",), _SERVER_INTRO, _SERVER_GROUPS)


@dataclass(frozen=True)
class Api:
    """A package, as griffe reads it, and its submodules with public names."""

    root: griffe.Module
    submodules: tuple[str, ...] = ("testing",)

    @cached_property
    def public(self) -> dict[str, str]:
        """Public names by where their classes live; the one that authors import wins over what it stands for."""
        names = {}
        for prefix, module in (("", self.root), *((f"{name}.", self.root[name]) for name in self.submodules)):
            for name in module.exports or ():
                if str(name) in FOREIGN:
                    continue
                names[self.find(prefix + str(name)).path] = str(name)
        return names

    def find(self, path: str) -> Any:
        """Return the class, function or value behind a path; ``X: TypeAlias = Y`` stands for the class Y."""
        found = self.root[path]
        found = found.final_target if found.is_alias else found
        found = found[found.name] if found.is_module else found  # the function eventually has its module's name
        value = getattr(found, "value", None)
        if found.is_attribute and isinstance(value, griffe.ExprName):
            target = self.target(value)
            return target if target is not None and target.is_class else found
        return found

    def target(self, name: griffe.ExprName) -> Any:
        """Return what a name in an annotation stands for, None if it is not of this package."""
        try:
            found = self.root.modules_collection[name.canonical_path]
        except KeyError:
            return None
        return found.final_target if found.is_alias else found

    def type(self, expression: str | griffe.Expr | None) -> str:
        """Return an annotation with public names, and with aliases of the package written out."""
        if not isinstance(expression, griffe.Expr):
            return expression or ""
        text = "".join(map(self._word, expression.iterate(flat=True))).replace("builtins.", "").replace("'", '"')
        return _SAID.sub(r"\1", text)

    def _word(self, word: str | griffe.Expr) -> str:
        target = self.target(word) if isinstance(word, griffe.ExprName) else None
        if target is None or target.is_function:  # in a class with a method list, list is taken for that
            return str(word)
        if target.is_attribute:  # an alias, or a TypeVar, which is a call
            return target.name if isinstance(target.value, griffe.ExprCall) else self.type(target.value)
        if target.path not in self.public:
            raise LookupError(f"{target.path} is in a signature and has no public name: export it, or hide what has it")
        return self.public[target.path]


def load(page: Page = AUTHORS) -> Api:
    """Read the sources of the package of a page."""
    package = griffe.load(page.package, search_paths=[ROOT / "operator"], docstring_parser="google")
    if not isinstance(package, griffe.Module):
        raise TypeError(f"{page.package} is no package")
    return Api(package, page.submodules)


def members(path: str, cls: Any) -> Iterator[Any]:
    """Yield the public methods, properties and documented values of a class, as they stand in its source."""
    for base in cls.resolved_bases:
        if base.path.startswith(PARTS):
            yield from (each for each in members(path, base) if each.name not in cls.members)
    for name, member in cls.members.items():
        is_shown = name in SHOWN.get(path, [name]) and name not in HIDDEN.get(path, ())
        is_field = member.is_attribute and "property" not in member.labels and member.docstring is None
        if is_shown and not name.startswith("_") and not is_field:
            yield member


def render(api: Api, page: Page = AUTHORS) -> str:
    """Return a whole page."""
    contents, parts = [], []
    for group, paths in page.groups.items():
        links = [f"[`{_name(path)}`](#{_name(path).lower()})" for path in paths.split()]
        contents.append(_fill(f"- **{group}**: {', '.join(links)}", "  "))
        parts += [f"## {group}", *(part for path in paths.split() for part in _entry(api, path))]
    return "\n\n".join([page.intro.strip(), "\n".join(contents), *parts]) + "\n"


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _entry(api: Api, path: str) -> Iterator[str]:
    found, name = api.find(path), _name(path)
    yield f"### `{name}`"
    yield from _head(api, path, found)
    yield from _text(api, found, path)
    if not found.is_class:
        return
    shown = list(members(path, found))
    values = [each for each in shown if each.is_attribute and "property" not in each.labels]
    if values:
        yield _list((f"`{each.name} = {_quoted(each.value)}`", each.docstring.value) for each in values)
    for member in (each for each in shown if each not in values):
        yield f"#### `{name}.{member.name}`"
        if member.is_function:
            yield from (_code(_signature(api, each)) for each in member.overloads or [member])
        else:
            yield _code(f"{member.name}: {api.type(member.annotation)}")
        yield from _text(api, member)


def _head(api: Api, path: str, found: Any) -> Iterator[str]:
    """Yield how it is called, or what it is if authors do not make it; a protocol is only what its members say."""
    name = _name(path)
    if found.is_attribute:
        alias = str(found.value).removeprefix("Annotated[").partition(", schema(")[0]
        yield _code(f"{name}: {api.type(found.annotation) or alias}")
        return
    bases = (each for each in found.bases if not str(each.canonical_path).startswith(PARTS)) if found.is_class else ()
    shown = ["Protocol"] if name == "Client" else list(map(api.type, bases))
    text = ", ".join(shown)
    is_plain = text in {"", "Protocol", "NamedTuple"} or text.startswith("msgspec.")
    if found.is_class and name != "ApiError" and (path in GIVEN or not is_plain):
        yield _code(f"class {name}" if is_plain else f"class {name}({text})")
    elif text != "Protocol":
        yield _code(_signature(api, found, name))


def parameters_of(found: Any) -> dict[str, Any]:
    """Return what a function or class is called with, by name as in a signature; fields of a NamedTuple or Struct."""
    if found.is_class and "__init__" not in found.members:
        fields = [each for each in found.members.values() if each.is_attribute and "property" not in each.labels]
        return {each.name: each for each in fields if each.annotation is not None}
    star = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
    left_out = {"self", "cls"} | INTERNAL.get(found.path, set())
    return {star.get(each.kind, "") + each.name: each for each in found.parameters if each.name not in left_out}


def _signature(api: Api, found: Any, name: str = "") -> str:
    words: list[str] = []
    for word, each in parameters_of(found).items():
        if each.kind is griffe.ParameterKind.keyword_only and not any(earlier.startswith("*") for earlier in words):
            words.append("*")
        default = each.value if each.kind is griffe.Kind.ATTRIBUTE else each.default
        is_given = default is not None and not word.startswith("*")
        words.append(f"{word}: {api.type(each.annotation)}{f' = {_quoted(default)}' if is_given else ''}")
    head = "async " if "async" in found.labels else ""
    if "classmethod" in found.labels:
        head = f"{api.public[found.parent.path]}."
    if any(str(each.value) == "contextmanager" for each in found.decorators):
        head = "@contextmanager\n"
    head += name or found.name
    returns = "" if found.is_class else f" -> {api.type(found.returns)}"
    line = f"{head}({', '.join(words)}){returns}"
    return line if len(line) <= 100 else "\n    ".join([f"{head}(", *(f"{each}," for each in words)]) + f"\n){returns}"


def _text(api: Api, found: Any, path: str = "") -> Iterator[str]:
    """Yield a docstring as markdown, section by section."""
    for section in found.docstring.parsed if found.docstring is not None else ():
        match section.kind.value:
            case "text":
                yield _inline(section.value)
            case "parameters":
                shown = [each for each in section.value if each.name not in INTERNAL.get(found.path, ())]
                if path not in GIVEN and shown:
                    yield _list((f"`{each.name}`", each.description) for each in shown)
            case "attributes":
                chosen = [each for each in section.value if each.name in SHOWN.get(path, [each.name])]
                typed = [(f"`{each.name}{_typed(api, found, each.name)}`", each.description) for each in chosen]
                yield "**Attributes**\n\n" + _list(typed)
            case "returns":
                yield _fill("**Returns** " + _inline(" ".join(each.description for each in section.value)), "")
            case "raises":
                yield "**Raises**\n\n" + _list((f"`{each.annotation}`", each.description) for each in section.value)
            case "admonition":
                yield f"**{section.title}**\n\n{_code(section.value.contents, 'python')}"
            case other:
                raise ValueError(f"{found.path}: the page has no form for the section {other!r}")


def _typed(api: Api, cls: Any, name: str) -> str:
    """Return the type of an attribute: its own, or that of the argument that it keeps."""
    own = [cls.members[name].annotation] if name in cls.members else []
    kept = [each.annotation for each in cls.parameters if each.name == name]
    return next((f": {api.type(each)}" for each in own + kept if each is not None), "")


def _list(items: Iterable[tuple[str, str]]) -> str:
    return "\n".join(_fill(f"- {name}: {_inline(text)}", "  ") for name, text in items)


def _inline(text: str) -> str:
    return text.replace("``", "`")


def _quoted(value: object) -> str:
    return str(value).replace("'", '"')


def _code(text: str, language: str = "py") -> str:
    """Return a block: of ``py`` for signatures, of ``python`` for what tests execute."""
    return f"```{language}\n{text}\n```"


def _fill(text: str, indent: str) -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    for each in (AUTHORS, SERVER):
        each.path.write_text(render(load(each), each), "utf-8")
