"""Detection of unknown environment variables with this program's prefix, which are often misspelt settings.

Owns which names are settings of some command, and which ones Kubernetes sets. A Service whose name starts with
``plugin-operator`` adds variables with this prefix to every pod of its namespace.
"""

import difflib
import re
from collections.abc import Iterable, Mapping

import click
import msgspec

from plugin_operator.cli.parameters import PREFIX

_SERVICE_LINK = re.compile(r"_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?")
_SERVICE_PORT = re.compile(r"(tcp|udp|sctp)://")
_CLOSE = 0.75


class UnknownVariable(msgspec.Struct, frozen=True):
    """A variable that no command reads.

    Attributes:
        name: name of the variable; its value may be a secret and is not stored.
        meant: the setting with a similar name; empty if there is none.
    """

    name: str
    meant: str

    def __str__(self) -> str:
        return f"{self.name} is not a setting of plugin-operator" + f"; did you mean {self.meant}?" * bool(self.meant)


def settings_of(commands: Iterable[click.Command]) -> set[str]:
    """Return the variables that the commands read."""
    found: set[str] = set()
    for parameter in (parameter for command in commands for parameter in command.params):
        names = parameter.envvar or ()
        found.update([names] if isinstance(names, str) else names)
    return found


def unknown_variables(environment: Mapping[str, str], settings: set[str]) -> list[UnknownVariable]:
    """Return the variables with the prefix that are neither in ``settings`` nor set by Kubernetes, sorted by name."""
    return [
        UnknownVariable(name, next(iter(difflib.get_close_matches(name, settings, 1, _CLOSE)), ""))
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and name not in settings and not _is_service_link(name, value)
    ]


def _is_service_link(name: str, value: str) -> bool:
    # PLUGIN_OPERATOR_SERVICE_HOST begins with the prefix and ends with a suffix that share an underscore.
    rest = name[len(PREFIX) - 1 :]
    if any(_SERVICE_LINK.fullmatch(rest, start) for start in (place.start() for place in re.finditer("_", rest))):
        return True
    return rest.endswith("_PORT") and _SERVICE_PORT.match(value) is not None
