"""Putting a ``StatusWriter`` together from the scope of a controller."""

from plugin_operator.plugin.context.scope import ControllerScope
from plugin_operator.plugin.status.writer import StatusWriter


def status_writer(scope: ControllerScope) -> StatusWriter:
    """Return what carries out ``ctx.status`` of one controller in one revision."""

    def managers() -> tuple[str, ...]:
        return (scope.manager, *scope.identity.former_managers)

    return StatusWriter(managers, lambda request: request in scope.lister(), scope.log())
