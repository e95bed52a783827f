"""Write objects as YAML with parts that Helm fills in.

Owns the layout of a template. Leaves to the callers which parts of an object a value sets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Lines = Iterator[str]


@dataclass(frozen=True, slots=True)
class Expr:
    """A scalar that an expression of Go's templates gives; written as JSON, so that no text of a value becomes YAML."""

    text: str


@dataclass(frozen=True, slots=True)
class Yaml:
    """What an expression gives as YAML: ``toYaml .Values.resources``.

    As an entry of a mapping, the key is left out while the expression is empty, unless ``keep`` is set. As an item of
    a list or under the key ``MERGED``, the result is merged into what it stands in.
    """

    text: str
    keep: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """A node that is there while the condition holds, else ``otherwise`` if there is one."""

    condition: str
    node: Any
    otherwise: Any = None


def merged(*maps: str) -> str:
    """Return the expression of several maps in one, of which the first wins; a map that is set to null is empty."""
    return " ".join(["merge (dict)", *(f"(default dict {text})" for text in maps)])


#: The key of a ``Yaml`` whose entries belong to the mapping itself; several are MERGED + "2" and so on.
MERGED = "<<"


def scalar(value: Any) -> str:
    """Return a scalar as YAML on one line; text that a template would evaluate is escaped."""
    text = yaml.safe_dump(value, width=10**9, allow_unicode=True).removesuffix("...\n").strip()
    return escaped(text)


def escaped(text: str) -> str:
    """Return ``text`` so that Helm prints it as it stands."""
    return text.replace("{{", '{{ "{{" }}')


def mapping(node: dict[str, Any], indent: int = 0) -> Lines:
    """Yield the lines of a mapping."""
    for key, value in node.items():
        yield from _entry(key, value, indent)


def _entry(key: str, value: Any, indent: int) -> Lines:
    pad = " " * indent
    if isinstance(value, When):
        yield f"{pad}{{{{- if {value.condition} }}}}"
        yield from _entry(key, value.node, indent)
        if value.otherwise is not None:
            yield f"{pad}{{{{- else }}}}"
            yield from _entry(key, value.otherwise, indent)
        yield f"{pad}{{{{- end }}}}"
    elif isinstance(value, Yaml):
        yield from _yaml_entry(key, value, indent)
    elif isinstance(value, Expr):
        yield f"{pad}{scalar(key)}: {{{{ {value.text} | toJson }}}}"
    elif isinstance(value, dict) and value:
        yield f"{pad}{scalar(key)}:"
        yield from mapping(value, indent + 2)
    elif isinstance(value, list) and value:
        yield f"{pad}{scalar(key)}:"
        for item in value:
            yield from _item(item, indent + 2)
    elif isinstance(value, str) and "\n" in value:
        yield from _text(key, value, pad)
    else:
        yield f"{pad}{scalar(key)}: {scalar(value)}"


def _yaml_entry(key: str, value: Yaml, indent: int) -> Lines:
    pad = " " * indent
    if key.startswith(MERGED):
        yield from _merged(value, indent)
    elif value.keep:
        yield f"{pad}{scalar(key)}:"
        yield f"{pad}  {{{{- {value.text} | nindent {indent + 2} }}}}"
    else:
        yield f"{pad}{{{{- with {value.text} }}}}"
        yield f"{pad}{scalar(key)}:"
        yield f"{pad}  {{{{- toYaml . | nindent {indent + 2} }}}}"
        yield f"{pad}{{{{- end }}}}"


def _merged(value: Yaml, indent: int) -> Lines:
    pad = " " * indent
    if value.keep:
        yield f"{pad}{{{{- {value.text} | nindent {indent} }}}}"
        return
    yield f"{pad}{{{{- with {value.text} }}}}"
    yield f"{pad}{{{{- toYaml . | nindent {indent} }}}}"
    yield f"{pad}{{{{- end }}}}"


def _item(item: Any, indent: int) -> Lines:
    pad = " " * indent
    if isinstance(item, When):
        yield f"{pad}{{{{- if {item.condition} }}}}"
        yield from _item(item.node, indent)
        if item.otherwise is not None:
            yield f"{pad}{{{{- else }}}}"
            yield from _item(item.otherwise, indent)
        yield f"{pad}{{{{- end }}}}"
    elif isinstance(item, Yaml):
        yield from _merged(item, indent)
    elif isinstance(item, Expr):
        yield f"{pad}- {{{{ {item.text} | toJson }}}}"
    elif isinstance(item, dict):
        first, *others = mapping(_name_first(item), indent + 2)
        yield f"{pad}- {first[indent + 2 :]}"
        yield from others
    else:
        yield f"{pad}- {scalar(item)}"


def _name_first(item: dict[str, Any]) -> dict[str, Any]:
    """An item begins with its name, or else with an entry that is always there."""
    plain = [key for key, value in item.items() if not isinstance(value, When | Yaml)]
    first = "name" if "name" in plain else plain[0]
    return {first: item[first], **item}


class _Blocks(yaml.SafeDumper):
    """Writes every string as a block of lines, where YAML allows that."""


_Blocks.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _text(key: str, value: str, pad: str) -> Lines:
    block: str = yaml.dump({key: value}, Dumper=_Blocks, width=10**9, allow_unicode=True)
    yield from (pad + line if line else "" for line in escaped(block).removesuffix("\n").split("\n"))
