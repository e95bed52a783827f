"""YAML that every parser reads as the same strings, with files as blocks of lines."""

import re
from collections.abc import Iterable
from typing import Any

import yaml

#: YAML 1.1 and 1.2 differ in what is a number or a boolean: "1e3", "0o7", "y". Other strings are quoted.
_PLAIN = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again in place of an alias."""
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    style = "|" if "\n" in text else None if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def yaml_of(document: Any) -> str:
    """Return one document; keys keep their order."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text


def yaml_stream(documents: Iterable[Any]) -> str:
    """Return documents as a stream for ``kubectl apply -f -``."""
    return "---\n".join(map(yaml_of, documents))
