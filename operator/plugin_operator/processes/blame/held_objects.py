"""Objects that are not reconciled, because their reconcile has ended worker processes again and again."""

from collections.abc import Mapping
from typing import NoReturn

from plugin_operator.controllers import Request
from plugin_operator.errors import TerminalError
from plugin_operator.processes.messages import HoldObject


class ObjectHeld(TerminalError):
    """A reconcile was refused, because it has ended worker processes again and again."""


class HeldOfController:
    """The held objects of one controller of one content."""

    def __init__(self) -> None:
        self._reasons: dict[Request, str] = {}

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def __contains__(self, request: Request) -> bool:
        return request in self._reasons

    @property
    def reasons(self) -> Mapping[Request, str]:
        """Why each object is held."""
        return self._reasons

    def hold(self, request: Request, reason: str) -> None:
        """Reconcile an object no more."""
        self._reasons[request] = reason

    def refuse(self, request: Request) -> NoReturn:
        """Refuse the reconcile of a held object.

        Raises:
            ObjectHeld: always.
        """
        raise ObjectHeld(self._reasons[request])


class HeldObjects:
    """The held objects of all contents."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], HeldOfController] = {}

    def of(self, plugin: str, digest: str, controller: str) -> HeldOfController:
        """Return the objects of one controller; more may be added to it later."""
        return self._known.setdefault((plugin, digest, controller), HeldOfController())

    def learn(self, what: HoldObject) -> None:
        """Hold an object from now on, until the content changes."""
        self.of(what.plugin, what.digest, what.controller).hold(Request(what.namespace, what.name), what.reason)
