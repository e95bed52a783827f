"""The kinds of apiextensions/v1. Made by ``make kinds``: do not edit."""

from typing import Any

from msgspec import field

from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Struct


class CustomResourceDefinitionNames(Struct):
    plural: str = ""
    singular: str = ""
    short_names: list[str] = []
    kind: str = ""
    list_kind: str = ""
    categories: list[str] = []


class ExternalDocumentation(Struct):
    description: str = ""
    url: str = ""


class ValidationRule(Struct):
    rule: str = ""
    message: str = ""
    message_expression: str = ""
    reason: str | None = None
    field_path: str = ""
    optional_old_self: bool | None = None


class JSONSchemaProps(Struct):
    id: str = ""
    schema: str = field(default="", name="$schema")
    ref: str | None = field(default=None, name="$ref")
    description: str = ""
    type: str = ""
    format: str = ""
    title: str = ""
    default: Any = None
    maximum: float | None = None
    exclusive_maximum: bool = False
    minimum: float | None = None
    exclusive_minimum: bool = False
    max_length: int | None = None
    min_length: int | None = None
    pattern: str = ""
    max_items: int | None = None
    min_items: int | None = None
    unique_items: bool = False
    multiple_of: float | None = None
    enum: list[Any] = []
    max_properties: int | None = None
    min_properties: int | None = None
    required: list[str] = []
    items: Any = None
    all_of: "list[JSONSchemaProps]" = []
    one_of: "list[JSONSchemaProps]" = []
    any_of: "list[JSONSchemaProps]" = []
    not_: "JSONSchemaProps | None" = None
    properties: "dict[str, JSONSchemaProps]" = {}
    additional_properties: Any = None
    pattern_properties: "dict[str, JSONSchemaProps]" = {}
    dependencies: dict[str, Any] = {}
    additional_items: Any = None
    definitions: "dict[str, JSONSchemaProps]" = {}
    external_docs: ExternalDocumentation | None = None
    example: Any = None
    nullable: bool = False
    x_kubernetes_preserve_unknown_fields: bool | None = field(default=None, name="x-kubernetes-preserve-unknown-fields")
    x_kubernetes_embedded_resource: bool = field(default=False, name="x-kubernetes-embedded-resource")
    x_kubernetes_int_or_string: bool = field(default=False, name="x-kubernetes-int-or-string")
    x_kubernetes_list_map_keys: list[str] = field(default_factory=list, name="x-kubernetes-list-map-keys")
    x_kubernetes_list_type: str | None = field(default=None, name="x-kubernetes-list-type")
    x_kubernetes_map_type: str | None = field(default=None, name="x-kubernetes-map-type")
    x_kubernetes_validations: list[ValidationRule] = field(default_factory=list, name="x-kubernetes-validations")


class CustomResourceValidation(Struct):
    open_api_v3_schema: JSONSchemaProps | None = field(default=None, name="openAPIV3Schema")


class CustomResourceSubresourceStatus(Struct):
    pass


class CustomResourceSubresourceScale(Struct):
    spec_replicas_path: str = ""
    status_replicas_path: str = ""
    label_selector_path: str | None = None


class CustomResourceSubresources(Struct):
    status: CustomResourceSubresourceStatus | None = None
    scale: CustomResourceSubresourceScale | None = None


class CustomResourceColumnDefinition(Struct):
    name: str = ""
    type: str = ""
    format: str = ""
    description: str = ""
    priority: int = 0
    json_path: str = ""


class SelectableField(Struct):
    json_path: str = ""


class CustomResourceDefinitionVersion(Struct):
    name: str = ""
    served: bool = False
    storage: bool = False
    deprecated: bool = False
    deprecation_warning: str | None = None
    schema: CustomResourceValidation | None = None
    subresources: CustomResourceSubresources | None = None
    additional_printer_columns: list[CustomResourceColumnDefinition] = []
    selectable_fields: list[SelectableField] = []


class ServiceReference(Struct):
    namespace: str = ""
    name: str = ""
    path: str | None = None
    port: int | None = None


class WebhookClientConfig(Struct):
    url: str | None = None
    service: ServiceReference | None = None
    ca_bundle: bytes = b""


class WebhookConversion(Struct):
    client_config: WebhookClientConfig | None = None
    conversion_review_versions: list[str] = []


class CustomResourceConversion(Struct):
    strategy: str = ""
    webhook: WebhookConversion | None = None


class CustomResourceDefinitionSpec(Struct):
    group: str = ""
    names: CustomResourceDefinitionNames = field(default_factory=CustomResourceDefinitionNames)
    scope: str = ""
    versions: list[CustomResourceDefinitionVersion] = []
    conversion: CustomResourceConversion | None = None
    preserve_unknown_fields: bool = False


class CustomResourceDefinitionCondition(Struct):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""
    observed_generation: int = 0


class CustomResourceDefinitionStatus(Struct):
    conditions: list[CustomResourceDefinitionCondition] = []
    accepted_names: CustomResourceDefinitionNames = field(default_factory=CustomResourceDefinitionNames)
    stored_versions: list[str] = []
    observed_generation: int = 0


@builtin_kind(
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "customresourcedefinitions",
    namespaced=False,
    has_status=True,
    short_names=("crd", "crds"),
)
class CustomResourceDefinition(BuiltinObject):
    spec: CustomResourceDefinitionSpec = field(default_factory=CustomResourceDefinitionSpec)
    status: CustomResourceDefinitionStatus = field(default_factory=CustomResourceDefinitionStatus)
