"""Attributes of authorization, and the 403 of a denied request."""

import msgspec

from kube_apiserver.security.user import User
from kube_apiserver.wire.status_error import StatusError, forbidden


class Attributes(msgspec.Struct, frozen=True):
    """The attributes of a request that authorization depends on.

    Attributes:
        path: set for non-resource requests only, whose other fields are empty except the verb.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def refusal(user: User, attributes: Attributes) -> StatusError:
    """Return the 403 for a request that authorization denies."""
    if attributes.path:
        message = f'forbidden: User "{user.name}" cannot {attributes.verb} path "{attributes.path}"'
        return StatusError(403, "Forbidden", message, {})
    resource = attributes.resource + (f"/{attributes.subresource}" if attributes.subresource else "")
    where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {attributes.verb} resource "{resource}" in API group "{attributes.group}" {where}'
    return forbidden(attributes.resource, attributes.group, attributes.name, why)
