"""Generates ``plugin_operator.kinds``, the typed built-in kinds: ``make kinds``, or ``python -m tests.typed_kinds``.

The facts are those of the embedded API server's schemas. The operator does not import them at run time, so it gets
modules of its own: one for each group and version. A field is optional, whatever the API server requires: a typed
object must be readable when its server is older or newer than the facts.
"""

import importlib
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kube_apiserver.schema import facts
from plugin_operator.kube.objects import ApiObject

FOLDER = Path(__file__).parents[1] / "operator" / "plugin_operator" / "kinds"
LINE_LENGTH = 120
HEADER = '"""{title} Made by ``make kinds``: do not edit."""\n'
META = "io.k8s.apimachinery.pkg.apis.meta.v1."

# What a type is that is no struct in JSON, and its zero value.
OPAQUE = {
    "Time": ("str | None", "None"),
    "MicroTime": ("str | None", "None"),
    "Duration": ("str", '""'),
    "Quantity": ("str", '""'),
    "IntOrString": ("int | str", "0"),
    "RawExtension": ("Any", "None"),
    "FieldsV1": ("Any", "None"),
    "JSON": ("Any", "None"),
    "JSONSchemaPropsOrBool": ("Any", "None"),
    "JSONSchemaPropsOrArray": ("Any", "None"),
    "JSONSchemaPropsOrStringArray": ("Any", "None"),
    "Verbs": ("list[str]", "[]"),
    "ExtraValue": ("list[str]", "[]"),
}
SCALARS = {"string": ("str", '""'), "bool": ("bool", "False"), "bytes": ("bytes", 'b""'), "any": ("Any", "None")}
WORDS_OF_ANNOTATIONS = ("bool", "bytes", "dict", "field", "float", "int", "list", "str")
# Before the name of a class that is not complete yet, which makes the annotation a text.
INSIDE = "<inside itself>"
HEAD_FIELDS = ("kind", "apiVersion", "metadata")


@dataclass(slots=True)
class Module:
    """One module of the package.

    Attributes:
        classes: texts of classes, each after those that it names.
        imports: other modules of the package.
        kinds: names of the classes that are kinds.
    """

    name: str
    classes: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    kinds: list[str] = field(default_factory=list)


class Generator:
    """Collects the types that the served kinds reach."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        self._resources = {
            facts.kinds()[f"{each.group}/{each.version}/{each.kind}"]: each for each in facts.resources()
        }
        self._done: set[str] = set()
        self._open: list[str] = []
        for definition in self._resources:
            self._add(definition)

    def texts(self) -> dict[str, str]:
        """Return the text of each module by its file name."""
        return {f"{name}.py": self._text(module) for name, module in sorted(self.modules.items())}

    def _text(self, module: Module) -> str:
        body = "\n\n".join(module.classes)
        names = [name for name in ("Any",) if re.search(rf"\b{name}\b", body)]
        lines = [HEADER.format(title=f"The kinds of {module.name.replace('_', '/')}.")]
        lines += [f"from typing import {', '.join(names)}\n"] if names else []
        lines += ["from msgspec import field\n"] if "field(" in body else []
        own = [f"from plugin_operator.kinds import {', '.join(sorted(module.imports))}"] if module.imports else []
        if module.kinds:
            own.append("from plugin_operator.kube.definitions import builtin_kind")
        objects = [name for name in ("BuiltinObject", "Metadata", "Struct") if re.search(rf"\b{name}\b", body)]
        own.append(f"from plugin_operator.kube.objects import {', '.join(objects)}")
        return "\n".join([*lines, *own, "", "", body])

    def _add(self, definition: str) -> None:
        if definition in self._done or definition in self._open:
            return
        known = facts.type_facts(definition)
        assert known is not None, definition
        module = self.modules.setdefault(_module(definition), Module(_module(definition)))
        self._open.append(definition)
        lines = [line for one in known.fields for line in self._field(one, definition, module)]
        self._open.pop()
        self._done.add(definition)
        if any(line.startswith("    token:") for line in lines):
            name = definition.rpartition(".")[2]
            lines += ["", "    def __repr__(self) -> str:", f'        return "{name}(...)"  # it has a credential']
        module.classes.append("\n".join([*self._head(definition, module), *(lines or ["    pass"])]) + "\n")

    def _head(self, definition: str, module: Module) -> Iterator[str]:
        name = definition.rpartition(".")[2]
        served = self._resources.get(definition)
        if served is None:
            yield f"class {name}(Struct):"
            return
        module.kinds.append(name)
        group = f"{served.group}/" if served.group else ""
        words = [f'"{group}{served.version}/{served.kind}"', f'"{served.plural}"']
        words += [] if served.namespaced else ["namespaced=False"]
        words += ["has_status=True"] if any(one.name == "status" for one in served.subresources) else []
        words += [f"short_names={_tuple(served.short_names)}"] if served.short_names else []
        yield from _call("@builtin_kind", words)
        yield f"class {name}(BuiltinObject):"

    def _field(self, one: facts.FieldFacts, of: str, module: Module) -> Iterator[str]:
        if of in self._resources and one.name in HEAD_FIELDS:
            return
        name = snake(one.name)
        renamed = [] if camel(name) == one.name else [f'name="{one.name}"']
        annotation, default = self._type(one.go, module)
        if INSIDE in annotation:
            annotation = f'"{annotation.replace(INSIDE, "")}"'
        if default.startswith("=") or renamed:
            factory = {"[]": "list", "{}": "dict"}.get(default, default.removeprefix("="))
            option = f"default={default}" if factory == default else f"default_factory={factory}"
            yield from _call(f"    {name}: {annotation} = field", [option, *renamed])
        else:
            yield f"    {name}: {annotation} = {default}"

    def _type(self, go: str, module: Module) -> tuple[str, str]:
        """Return the annotation and the default of a Go type; a default that begins with = is a factory."""
        if go.startswith("*"):
            annotation = self._type(go[1:], module)[0]
            return (annotation if annotation.endswith(("None", "Any")) else f"{annotation} | None"), "None"
        if go.startswith("[]"):
            return f"list[{self._type(go[2:], module)[0]}]", "[]"
        if go.startswith("{}"):
            return f"dict[str, {self._type(go[2:], module)[0]}]", "{}"
        if go.startswith("#"):
            return self._definition(go[1:], module)
        kind = go.partition("=")[2] or go.removeprefix("~")
        if kind.startswith(("int", "uint")):
            return "int", "0"
        return SCALARS.get(kind, ("float", "0.0"))

    def _definition(self, definition: str, module: Module) -> tuple[str, str]:
        name = definition.rpartition(".")[2]
        if name in OPAQUE:
            return OPAQUE[name]
        if definition == f"{META}ObjectMeta":
            return "Metadata", "=Metadata"
        if definition in self._open:
            return f"{INSIDE}{name}", "None"
        self._add(definition)
        other = _module(definition)
        if other == module.name:
            return name, f"={name}"
        module.imports.add(other)
        return f"{other}.{name}", f"={other}.{name}"


def snake(name: str) -> str:
    """Return the name of an attribute: clusterIPs is cluster_ips."""
    words = re.sub(r"^[$]|[^A-Za-z0-9]", "_", name).strip("_")
    words = words.replace("APIV3", "ApiV3")
    words = re.sub(r"([A-Z]+)s(?=[A-Z]|$)", lambda found: found[1].capitalize() + "s", words)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).lower()
    return f"{words}_" if keyword.iskeyword(words) or words in WORDS_OF_ANNOTATIONS else words


def camel(name: str) -> str:
    """Return what msgspec makes of the name of an attribute."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _module(definition: str) -> str:
    *_, group, version, _ = definition.split(".")
    return f"{group}_{version}"


def _call(name: str, words: list[str]) -> Iterator[str]:
    """Yield a call as ruff formats it."""
    line = ", ".join(words)
    if len(name) + len(line) + 2 <= LINE_LENGTH:
        yield f"{name}({line})"
        return
    indent = " " * (len(name) - len(name.lstrip()))
    yield f"{name}("
    is_short = len(indent) + 4 + len(line) <= LINE_LENGTH
    yield from [f"{indent}    {line}"] if is_short else [f"{indent}    {word}," for word in words]
    yield f"{indent})"


def _tuple(words: Iterable[str]) -> str:
    return repr(tuple(words)).replace("'", '"')


def kinds_by_module() -> dict[str, list[str]]:
    """Return the names of the classes that are kinds, by the module that has them."""
    modules = Generator().modules
    return {name: sorted(modules[name].kinds) for name in sorted(modules) if modules[name].kinds}


def class_of(resource: facts.ResourceFacts) -> type[ApiObject]:
    """Return the generated class of a kind."""
    group = resource.group.partition(".")[0] or "core"
    module = importlib.import_module(f"plugin_operator.kinds.{group}_{resource.version}")
    found: type[ApiObject] = getattr(module, resource.kind)
    return found


def write(folder: Path = FOLDER) -> None:
    """Write every module, and remove those that are no longer made."""
    texts = Generator().texts()
    for path in folder.glob("*.py"):
        if path.name not in texts and path.name != "__init__.py":
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write()
