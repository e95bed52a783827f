"""Kubernetes names, kinds, resources, selectors and metadata as plain values.

Owns parsing and matching without I/O. Leaves requests to ``client``.
"""

from plugin_operator.kube.builtin_kinds import builtin_groups_of, field_problem, problem_of, resource_problem
from plugin_operator.kube.builtin_resources import builtin_resource, builtin_resources, guessed_resource, status_problem
from plugin_operator.kube.field_selectors import FieldSelector
from plugin_operator.kube.generations import is_without_generation
from plugin_operator.kube.gvk import GroupVersionKind
from plugin_operator.kube.label_selectors import LabelSelector, SelectorError
from plugin_operator.kube.metadata import Object, ObjectMeta, OwnerReference, decode_metadata, without_server_fields
from plugin_operator.kube.name_rules import is_label, is_path_segment, is_subdomain, name_problem, namespace_problem
from plugin_operator.kube.names import NamespacedName
from plugin_operator.kube.resource import Resource

__all__ = [
    "FieldSelector",
    "GroupVersionKind",
    "LabelSelector",
    "NamespacedName",
    "Object",
    "ObjectMeta",
    "OwnerReference",
    "Resource",
    "SelectorError",
    "builtin_groups_of",
    "builtin_resource",
    "builtin_resources",
    "decode_metadata",
    "field_problem",
    "guessed_resource",
    "is_label",
    "is_path_segment",
    "is_subdomain",
    "is_without_generation",
    "name_problem",
    "namespace_problem",
    "problem_of",
    "resource_problem",
    "status_problem",
    "without_server_fields",
]
