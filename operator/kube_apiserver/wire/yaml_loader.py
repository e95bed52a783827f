"""YAML as sigs.k8s.io/yaml reads it: YAML 1.1 with some differences."""

import re
from typing import Any

import yaml

_BOOLEANS = "y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"
_EXPONENT = r"[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)"
# Each scalar type's possible first characters and its pattern. Base 60 numbers are not supported.
_SCALARS = {
    "bool": ("yYnNtTfFoO", rf"^(?:{_BOOLEANS})$"),
    "float": ("-+0123456789.", rf"^[-+]?(?:{_EXPONENT}|[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$"),
    "int": ("-+0123456789", r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"),
}


class JsonTypesLoader(yaml.SafeLoader):
    """A YAML loader with JSON types only. Dates, clock times and all keys are strings, as in sigs.k8s.io/yaml."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping whose keys are strings, as Go's encoder writes them."""
        return {_key(key): value for key, value in super().construct_mapping(node, deep).items()}


def _key(key: object) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)


def _resolvers() -> dict[Any, list[tuple[str, re.Pattern[str]]]]:
    prefix = "tag:yaml.org,2002:"
    own = {prefix + name: pattern for name, pattern in _SCALARS.items()}
    inherited = yaml.SafeLoader.yaml_implicit_resolvers
    found = {
        first: [entry for entry in entries if entry[0] not in own and entry[0] != f"{prefix}timestamp"]
        for first, entries in inherited.items()
    }
    for tag, (firsts, pattern) in own.items():
        for first in firsts:
            found.setdefault(first, []).append((tag, re.compile(pattern)))
    return found


JsonTypesLoader.yaml_implicit_resolvers = _resolvers()
JsonTypesLoader.bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}
