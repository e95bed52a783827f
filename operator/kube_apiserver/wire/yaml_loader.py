"""YAML as sigs.k8s.io/yaml reads it: YAML 1.1 with some differences."""

import base64
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

_BOOLEANS = "y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"
BAD_ESCAPE = "found invalid Unicode character escape code"
CONTROL_CHARACTER = "control characters are not allowed"
_PREFIX = "tag:yaml.org,2002:"
_EXPONENT = r"[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)"
# Each scalar type's possible first characters and its pattern. Base 60 numbers are not supported.
_SCALARS = {
    "bool": ("yYnNtTfFoO", re.compile(rf"^(?:{_BOOLEANS})$")),
    "float": (
        "-+0123456789.",
        re.compile(
            rf"^(?:[-+]?(?:{_EXPONENT}|[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN))$"
        ),
    ),
    "int": ("-+0123456789", re.compile(r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")),
}

_ENDS_OF_LINES = "\0\r\n\x85\u2028\u2029"
#: The most levels of a document. Go's parser takes 10,000, JSON here as many as Python's stack.
MAX_DEPTH = 200
TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"

# Aliases may be this share of a document: of a small one, and of one with four million values.
_MOST_ALIASED, _LEAST_ALIASED = 0.99, 0.10
_SMALL_VALUES, _LARGE_VALUES = 400_000, 4_000_000


class RefusedYaml(Exception):
    """A document that is refused although PyYAML takes it.

    Attributes:
        why: the words of Go's parser, or ``TOO_DEEP``.
        line: the line of the text, from 0.
    """

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


class JsonTypesLoader(yaml.SafeLoader):
    """A YAML loader with JSON types only. Dates, clock times and all keys are strings, as in sigs.k8s.io/yaml.

    Attributes:
        repeated: what Go's decoder says of keys that are in a mapping twice.

    Raises:
        RefusedYaml: while the text is read, it is nested too deeply. PyYAML looks at every open bracket for each token.
    """

    def __init__(self, stream: bytes | str) -> None:
        super().__init__(stream)
        self.repeated: list[str] = []

    def __iter__(self) -> Iterator[Any]:
        """Yield the value of each document."""
        while self.check_data():  # type: ignore[no-untyped-call]
            yield self.get_data()

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        """Open a bracket or a brace."""
        self._check_depth()
        super().fetch_flow_collection_start(token)

    def add_indent(self, column: int) -> bool:
        """Open a block that starts further to the right than the one around it, and report whether it does."""
        is_deeper: bool = super().add_indent(column)
        if is_deeper:
            self._check_depth(opened=0)
        return is_deeper

    def _check_depth(self, opened: int = 1) -> None:
        # Indents are those of the blocks around, and -1 for the document.
        if self.flow_level + len(self.indents) + opened > MAX_DEPTH:
            raise RefusedYaml(TOO_DEEP, self.line)

    def scan_to_next_token(self) -> None:
        """Skip space and comments, and tabs where Go's parser does: not where they would indent a block."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            while self.peek() in "\t ":
                self.forward()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: int, start_mark: yaml.Mark) -> Any:
        """Return the space between two words of a scalar, with the tabs that PyYAML refuses."""
        length = 0
        while self.peek(length) in "\t ":
            length += 1
        space = self.prefix(length)
        if "\t" in space:
            self.forward(length)
            if self.peek() not in _ENDS_OF_LINES:
                return [space]
        return super().scan_plain_spaces(indent, start_mark)

    def construct_document(self, node: yaml.Node) -> Any:
        """Return the value of a document.

        Raises:
            RefusedYaml: an alias is inside its own anchor, or a small document stands for a large value.
        """
        _check_aliases(node)
        return super().construct_document(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping whose keys are strings, as Go's encoder writes them. Record those that are there twice."""
        pairs = super().construct_mapping(node, deep)
        if len(pairs) < len(node.value):
            self._record_repeated(node)
        return {_key(key): value for key, value in pairs.items()}

    def _record_repeated(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self.repeated.append(f'line {value.start_mark.line + 1}: key "{name}" already set in map')
            seen.add(name)

    def construct_scalar(self, node: Any) -> Any:
        """Return the text of a scalar.

        Raises:
            RefusedYaml: the text has the escape of a surrogate, which Go's parser refuses.
        """
        text = super().construct_scalar(node)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RefusedYaml(BAD_ESCAPE, node.start_mark.line) from error
        return text


def _float(loader: JsonTypesLoader, node: yaml.ScalarNode) -> float | str:
    """Return a float; the text of a number that no float holds, which is none for Go's parser."""
    value: float = loader.construct_yaml_float(node)
    if math.isfinite(value):
        return value
    text = str(loader.construct_scalar(node))
    if text.lstrip("+-").lower() in (".inf", ".nan"):
        shown = "NaN" if math.isnan(value) else "-Inf" if value < 0 else "+Inf"
        raise RefusedYaml(f"json: unsupported value: {shown}", node.start_mark.line)
    return text


def _binary(loader: JsonTypesLoader, node: yaml.ScalarNode) -> str:
    """Return the text that a base64 text stands for."""
    try:
        raw = base64.b64decode(loader.construct_scalar(node), validate=True)
    except ValueError as error:
        raise RefusedYaml("!!binary value contains invalid base64 data", node.start_mark.line) from error
    return raw.decode(errors="replace")


def _untagged(loader: JsonTypesLoader, node: yaml.Node) -> Any:
    """Return the value of a node whose tag is none of YAML's: that of its form."""
    if isinstance(node, yaml.ScalarNode):
        return str(loader.construct_scalar(node))
    return (_MAP if isinstance(node, yaml.MappingNode) else _SEQ)(loader, node)


def _check_aliases(root: yaml.Node) -> None:
    sizes: dict[int, int] = {}
    values = _expanded_size(root, sizes, set())
    aliased = values - len(sizes)
    if aliased <= 100 or values <= 1000:
        return
    progress = min(1.0, max(0.0, (values - _SMALL_VALUES) / (_LARGE_VALUES - _SMALL_VALUES)))
    if aliased / values > _MOST_ALIASED - progress * (_MOST_ALIASED - _LEAST_ALIASED):
        raise RefusedYaml("document contains excessive aliasing")


def _expanded_size(node: yaml.Node, sizes: dict[int, int], ancestors: set[int]) -> int:
    """Return how many values a node stands for. ``sizes`` keeps those of the nodes that were seen."""
    key = id(node)
    if key in sizes:
        return sizes[key]
    if key in ancestors:
        raise RefusedYaml("an anchor's value contains itself", node.start_mark.line)
    ancestors.add(key)
    size = 1
    if isinstance(node, yaml.SequenceNode):
        size += sum(_expanded_size(item, sizes, ancestors) for item in node.value)
    elif isinstance(node, yaml.MappingNode):
        size += sum(_expanded_size(part, sizes, ancestors) for pair in node.value for part in pair)
    ancestors.discard(key)
    sizes[key] = size
    return size


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)


def _resolvers() -> dict[Any, list[tuple[str, re.Pattern[str]]]]:
    own = {_PREFIX + name: pattern for name, pattern in _SCALARS.items()}
    inherited = yaml.SafeLoader.yaml_implicit_resolvers
    found = {
        first: [entry for entry in entries if entry[0] not in own and entry[0] != f"{_PREFIX}timestamp"]
        for first, entries in inherited.items()
    }
    for tag, (firsts, pattern) in own.items():
        for first in firsts:
            found.setdefault(first, []).append((tag, pattern))
    return found


JsonTypesLoader.yaml_implicit_resolvers = _resolvers()
_SAFE = yaml.SafeLoader.yaml_constructors
_MAP, _SEQ = _SAFE[f"{_PREFIX}map"], _SAFE[f"{_PREFIX}seq"]
# Sets and ordered maps are no types of JSON. Go's parser ignores the tag of a mapping or a sequence, and unknown tags.
_OWN = {"float": _float, "binary": _binary, "set": _MAP, "omap": _SEQ, "pairs": _SEQ}
JsonTypesLoader.yaml_constructors = {**_SAFE, **{_PREFIX + name: made for name, made in _OWN.items()}, None: _untagged}
JsonTypesLoader.bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}
