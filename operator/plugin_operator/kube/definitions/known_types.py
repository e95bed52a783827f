"""Types that API objects often have: conditions, quantities, durations and embedded objects."""

from typing import Annotated, Any, Literal

from plugin_operator.kube.definitions.schemas.field_schema import schema
from plugin_operator.kube.objects import Struct

_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_CONDITION_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)
_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"

Quantity = Annotated[int | str, schema(pattern=_QUANTITY)]
"""An amount such as ``"500m"`` or ``"1Gi"``, as text or number. Raises nothing."""
Duration = Annotated[str, schema(format="duration")]
"""A span of time such as ``"1h30m"``, as Go writes it. Raises nothing."""
EmbeddedObject = Annotated[dict[str, Any], schema(embedded_resource=True)]
"""A whole Kubernetes object within another, as a dict. Raises nothing."""


@schema(description="One aspect of the state of an object.")
class Condition(Struct):
    """One aspect of the state of an object, as ``metav1.Condition`` has it. Creating one raises nothing.

    Attributes:
        type: name of the aspect, such as "Ready".
        status: whether it holds.
        reason: one word for the cause, for programs.
        message: the cause, for people.
        last_transition_time: when ``status`` changed last, as the server's RFC 3339 text.
        observed_generation: the ``metadata.generation`` that it describes.
    """

    type: Annotated[str, schema(max_length=316, pattern=_CONDITION_TYPE)]
    status: Literal["True", "False", "Unknown"]
    last_transition_time: Annotated[str, schema(format="date-time")]
    reason: Annotated[str, schema(min_length=1, max_length=1024, pattern=_REASON)]
    message: Annotated[str, schema(max_length=32768)]
    observed_generation: Annotated[int, schema(ge=0)] = 0


Conditions = Annotated[list[Condition], schema(list_type="map", keys=["type"])]
"""Conditions, of which server-side apply merges those of one type. Raises nothing."""
