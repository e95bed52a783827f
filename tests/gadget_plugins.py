"""Plugins that define the kind Gadget."""

import os

NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")
_KIND = "example.org/v1/Gadget"
_HEAD = """
from typing import Annotated
import msgspec
from plugin_operator import ApiObject, Struct, UNSET, UnsetType, controller, resource, schema
"""


def a_class(fields: str = "size: int = 3") -> str:
    """Return the class of Gadget with some fields in its spec."""
    lines = "".join(f"    {line}\n" for line in fields.splitlines())
    return (
        f"{_HEAD}\nclass GadgetSpec(Struct):\n{lines}\n@resource('{_KIND}')\nclass Gadget(ApiObject):\n"
        "    spec: GadgetSpec = msgspec.field(default_factory=GadgetSpec)\n"
    )


def a_plugin(version: str, fields: str = "size: int = 3", *, name: str = "one", head: str = "", body: str = "") -> str:
    """Return a plugin that defines Gadget, and writes its version and the object's name into the journal."""
    head = head or a_class(fields)
    return (
        f"{head}\nfrom plugin_operator import controller\n"
        f"@controller(for_=Gadget, name={name!r}, namespaces=[{NAMESPACE!r}])\nasync def {name}(ctx, request):\n"
        "    ctx.lister.get(request)  # decodes the object to the class\n"
        f"    ctx.recorder.event({{}}, 'Normal', {version!r}, request.name)\n{body}"
    )
