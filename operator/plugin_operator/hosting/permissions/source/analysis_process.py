"""The process that analyses the source of plugins; it runs nothing of a plugin."""

import sys
from typing import Any

import msgspec

from plugin_operator.hosting.inspection import parser
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.analysis import needs_in_source
from plugin_operator.hosting.permissions.source.contained_analysis import Analysis
from plugin_operator.kube import Resource

_CONTROLLERS = msgspec.json.Decoder(tuple[DeclaredController, ...])
_RESOURCES = msgspec.json.Decoder(tuple[Resource, ...])


def main() -> None:
    """Serve requests on standard input until it is closed; the arguments are the limits."""
    memory_bytes, processor_seconds = map(int, sys.argv[1:3])
    parser.serve(_answer_to, memory_bytes, processor_seconds)


def _answer_to(files: dict[str, bytes], plugin: str, root: str, controllers: bytes, known: bytes) -> dict[str, Any]:
    table = ResourceTable(_RESOURCES.decode(known))
    found = needs_in_source(plugin, files, root, _CONTROLLERS.decode(controllers), table)
    return {"analysis": msgspec.json.encode(Analysis(found, tuple(table.guesses())))}
