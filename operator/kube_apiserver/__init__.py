"""An embedded Kubernetes API server for tests and laptops. kubectl and client libraries talk to it over HTTP.

The package serves, stores and validates objects. Its subpackages for schemas, patches, managed fields, protobuf,
tables and OpenAPI are pure functions. The server runs no pods and no scheduler.
"""

from kube_apiserver.config import ApiServerConfig, Endpoint
from kube_apiserver.server import ApiServer

__all__ = ["ApiServer", "ApiServerConfig", "Endpoint"]
