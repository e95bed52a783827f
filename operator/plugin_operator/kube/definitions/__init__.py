"""Custom kinds made from classes: ``@resource``, and the CustomResourceDefinition that follows from the class.

Owns the definition of a kind and its schema. Leaves the values themselves to ``kube.objects``, and installing
definitions to ``hosting`` and the commands.
"""

from plugin_operator.kube.definitions.builtin_kind import builtin_kind
from plugin_operator.kube.definitions.columns import Column, column
from plugin_operator.kube.definitions.crd import VersionRecord, crd_of, crds_of, record_of
from plugin_operator.kube.definitions.decorator import resource
from plugin_operator.kube.definitions.definition import Definition, Scope, definition_of, find_definition
from plugin_operator.kube.definitions.known_types import Condition, Conditions, Duration, EmbeddedObject, Quantity
from plugin_operator.kube.definitions.scale import Scale, scale
from plugin_operator.kube.definitions.schemas.conformity import violations
from plugin_operator.kube.definitions.schemas.field_schema import FieldSchema, schema
from plugin_operator.kube.definitions.schemas.rules import Rule, rule

__all__ = [
    "Column",
    "Condition",
    "Conditions",
    "Definition",
    "Duration",
    "EmbeddedObject",
    "FieldSchema",
    "Quantity",
    "Rule",
    "Scale",
    "Scope",
    "VersionRecord",
    "builtin_kind",
    "column",
    "crd_of",
    "crds_of",
    "definition_of",
    "find_definition",
    "record_of",
    "resource",
    "rule",
    "scale",
    "schema",
    "violations",
]
