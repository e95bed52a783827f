"""Schemas of objects: those of built-in types from a table of facts, those of custom types from their CRDs.

The package also has the rules for names and quantities, the messages of field errors, and Go's text forms. All of it
is pure functions and values.
"""

from kube_apiserver.schema.builtin_schemas import Schemas
from kube_apiserver.schema.model import Cause, Schema
from kube_apiserver.schema.names import (
    is_config_key,
    is_dns1035_label,
    is_dns1123_label,
    is_dns1123_subdomain,
    is_label_value,
    is_path_segment,
    is_qualified_name,
    is_underscored_subdomain,
)
from kube_apiserver.schema.resources import ResourceInfo, SubresourceInfo, builtin_resources

__all__ = [
    "Cause",
    "ResourceInfo",
    "Schema",
    "Schemas",
    "SubresourceInfo",
    "builtin_resources",
    "is_config_key",
    "is_dns1035_label",
    "is_dns1123_label",
    "is_dns1123_subdomain",
    "is_label_value",
    "is_path_segment",
    "is_qualified_name",
    "is_underscored_subdomain",
]
