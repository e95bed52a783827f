"""Informers: caches of API objects that follow the server.

Owns the path from the bytes of a stream to an object in a store and a call of an event handler. Leaves HTTP and
discovery to ``client``, and the reaction to a change to ``controllers``.
"""

from plugin_operator.cache.environment import ReflectorSettings
from plugin_operator.cache.factory import InformerFactory
from plugin_operator.cache.handlers import EventHandler, Registration
from plugin_operator.cache.index import Index
from plugin_operator.cache.informer import Informer
from plugin_operator.cache.keys import InformerKey, ShardBy
from plugin_operator.cache.lister import Lister
from plugin_operator.cache.objects import CachedObject
from plugin_operator.cache.reflector.states import State
from plugin_operator.cache.shards.owned_shards import OwnedShards
from plugin_operator.cache.shards.sharded_informer import ShardedInformer

__all__ = [
    "CachedObject",
    "EventHandler",
    "Index",
    "Informer",
    "InformerFactory",
    "InformerKey",
    "Lister",
    "OwnedShards",
    "ReflectorSettings",
    "Registration",
    "ShardBy",
    "ShardedInformer",
    "State",
]
