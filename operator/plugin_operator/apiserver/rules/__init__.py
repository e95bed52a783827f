"""Rules of single kinds: what the real server's strategies and admission plugins do to an object on its way in."""

from plugin_operator.apiserver.rules.kinds import prepare_create, prepare_update

__all__ = ["prepare_create", "prepare_update"]
