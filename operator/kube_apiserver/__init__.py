"""A Kubernetes API server for tests and laptops: kubectl and client libraries work against it over HTTP.

Owns serving, storing and the rules of objects. Leaves schemas, patches, field ownership, protobuf, tables and OpenAPI
to the pure functions of its subpackages, and running anything (pods, schedulers) to real clusters.
"""

from kube_apiserver.config import ApiServerConfig, Endpoint
from kube_apiserver.server import ApiServer

__all__ = ["ApiServer", "ApiServerConfig", "Endpoint"]
