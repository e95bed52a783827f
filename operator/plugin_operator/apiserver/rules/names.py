"""Names, labels and annotations: what apimachinery's ``validation`` asks of every object."""

import re
from typing import Any

from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.wire.failure import Cause, invalid

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def check_metadata(call: Call, obj: dict[str, Any], old: dict[str, Any] | None = None) -> None:
    """Refuse an object whose metadata breaks a rule.

    Raises:
        ApiFailure: 422.
    """
    metadata = obj["metadata"]
    name = metadata.get("name", "")
    causes: list[Cause] = []
    if not name:
        message = "Required value: name or generateName is required"
        causes.append(Cause("metadata.name", "FieldValueRequired", message))
    elif old is None:
        causes.extend(_name_causes(call, name))
    if causes:
        raise invalid(call.resource.kind, call.resource.group, name, causes)


def _name_causes(call: Call, name: str) -> list[Cause]:
    if call.resource.group == "rbac.authorization.k8s.io":
        return []
    pattern, text, longest = _SUBDOMAIN, _SUBDOMAIN_TEXT, 253
    if call.resource.bucket in {"namespaces", "services"}:
        pattern, text, longest = _LABEL, _LABEL_TEXT, 63
    problems = [] if pattern.match(name) else [text]
    if len(name) > longest:
        problems.insert(0, f"must be no more than {longest} characters")
    return [Cause("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {problem}') for problem in problems]
