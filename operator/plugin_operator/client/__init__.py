"""Access to the API server: configuration, HTTP, discovery and requests about objects.

Owns everything that is sent to an API server. Leaves watching and keeping what is watched to ``cache``. The modules
that connect are imported on first use: the process that tries plugins does without aiohttp.
"""

from typing import TYPE_CHECKING

from plugin_operator.client.client import ApiClient
from plugin_operator.client.credentials.access import Access, AccessSource, FixedAccess
from plugin_operator.client.credentials.tls import TlsSettings
from plugin_operator.client.http.api_request import ApiRequest, Query
from plugin_operator.client.http.status_errors import error_of
from plugin_operator.client.http.transport import ByteStream, Response, Transport
from plugin_operator.client.interface import Client
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.models import Model
from plugin_operator.client.paging import Paging
from plugin_operator.imports import names_on_demand

if TYPE_CHECKING:
    from plugin_operator.client.config import ConnectionConfig, load_connection_config
    from plugin_operator.client.http.connection import Connection

__all__ = [
    "Access",
    "AccessSource",
    "ApiClient",
    "ApiRequest",
    "ByteStream",
    "Client",
    "Connection",
    "ConnectionConfig",
    "FixedAccess",
    "Model",
    "Paging",
    "Query",
    "RESTMapper",
    "Response",
    "TlsSettings",
    "Transport",
    "error_of",
    "load_connection_config",
]

_HOME_OF = {
    "Connection": "plugin_operator.client.http.connection",
    "ConnectionConfig": "plugin_operator.client.config",
    "load_connection_config": "plugin_operator.client.config",
}


if not TYPE_CHECKING:
    __getattr__ = names_on_demand(__name__, _HOME_OF)
