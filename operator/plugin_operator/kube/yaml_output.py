"""YAML that kubectl reads as it was meant: a text that another parser takes for a number or a boolean is quoted.

PyYAML writes YAML 1.1, and leaves ``1e3``, ``0o17`` and ``y`` plain. Go's parser takes the first two for numbers.
"""

import re
from collections.abc import Iterable
from typing import Any

import yaml

from plugin_operator.rendering import terminal_text

_DOUBTFUL = re.compile(r"[-+]?[._]*[0-9][\w.+-]*|y|n|yes|no|on|off|true|false|null|~", re.ASCII | re.IGNORECASE)
#: Files are read by programs and compared line by line: no text is folded.
_UNFOLDED = 10_000


class _Dumper(yaml.SafeDumper):
    """PyYAML's own dumper, with quotes around doubtful texts, and files as blocks of lines."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again in place of an alias."""
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # In quotes, a character that a terminal would obey may stand as an escape.
    is_harmless = text == terminal_text(text)
    style = '"' if not is_harmless else "|" if "\n" in text else "'" if _DOUBTFUL.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def yaml_document(document: Any, **options: Any) -> str:
    """Return one document; keys keep their order. ``options`` are those of ``yaml.dump``."""
    text: str = yaml.dump(document, Dumper=_Dumper, **{"sort_keys": False, **options})
    return text


def yaml_file(document: Any) -> str:
    """Return one document as the content of a file, in UTF-8."""
    return yaml_document(document, allow_unicode=True, width=_UNFOLDED)


def yaml_stream(documents: Iterable[Any]) -> str:
    """Return documents as a stream for ``kubectl apply -f -``."""
    return "---\n".join(map(yaml_file, documents))
