"""The verdict of all policies about one write, by ``policy/validating/dispatcher.go`` of kube-apiserver."""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.admission.attributes import Attributes
from kube_apiserver.admission.matching import is_exempt, matched
from kube_apiserver.admission.parameters import ConfigurationError, parameter_resource, parameters_of
from kube_apiserver.admission.policy import Denial, Policy
from kube_apiserver.cluster import Cluster
from kube_apiserver.conversion.versions import to_served, to_stored
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.request import Request
from kube_apiserver.storage.records import make_item
from kube_apiserver.strategies import Object
from kube_apiserver.wire.status_error import StatusError, forbidden

POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
BINDINGS = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
_CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413, "Invalid": 422}
_HIDDEN_METADATA = frozenset({"managedFields", "ownerReferences", "selfLink"})
_MOST_COMPILED = 256


def judge(request: Request, attributes: Attributes) -> None:
    """Ask every policy that matches a write.

    Raises:
        StatusError: a binding with the action ``Deny`` denies it.
    """
    if is_exempt(attributes.resource):
        return
    denied = list(_denied(request, attributes))
    if denied:
        message, reason = denied[0]
        error = forbidden(attributes.resource.plural, attributes.resource.group, attributes.shown_name, message)
        details = {**(error.details or {}), "causes": [{"message": message}]}
        reason = reason or "Invalid"
        raise StatusError(_CODES[reason], reason, error.message, details)


def _denied(request: Request, attributes: Attributes) -> Iterator[tuple[str, str]]:
    """Yield message and reason of each denial. Warnings are added to the request."""
    bindings = _bindings(request.cluster)
    for item in request.cluster.store.bucket(POLICIES).page("", ""):
        bound = bindings.get(item.name)
        if not bound:
            continue
        policy = _policy(item.raw)
        about = f"ValidatingAdmissionPolicy '{policy.name}'"
        resource = matched(request.cluster, attributes, policy.constraints)
        if resource is None:
            continue
        try:
            parameter_resource(request.cluster, policy.parameter_kind)
        except ConfigurationError as error:
            if not policy.ignores_failures:
                yield f"{about} denied request: failed to configure policy: {error}", ""
            continue
        write = _Write(request.cluster, attributes, resource)
        for binding in bound:
            what = f"{about} with binding '{binding['metadata']['name']}'"
            for denial in _of_binding(write, policy, binding["spec"]):
                actions = binding["spec"].get("validationActions") or ()
                if "Deny" in actions or denial.is_failure:
                    yield f"{what} denied request: {denial.message}", denial.reason
                elif "Warn" in actions:
                    request.warnings.append(f"Validation failed for {what}: {denial.message}")


class _Write(msgspec.Struct, frozen=True, dict=True):
    """A write that a policy matches.

    Attributes:
        resource: the resource that its rules name.
    """

    cluster: Cluster
    attributes: Attributes
    resource: ServedResource

    @cached_property
    def given(self) -> dict[str, Any]:
        """The variables of expressions."""
        attributes = self.attributes
        return {
            "object": self._converted(attributes.obj),
            "oldObject": self._converted(attributes.old),
            "request": attributes.as_request(self.resource),
            "namespaceObject": self._namespace(),
        }

    def _converted(self, obj: Object | None) -> Object | None:
        own = self.attributes.resource
        if obj is None or self.resource is own or obj["kind"] != own.kind:
            return obj
        stored = make_item(to_stored(own, dict(obj)), 0, own.storage_version, own.kind)
        return to_served(self.resource, stored)

    def _namespace(self) -> Object | None:
        if self.attributes.is_namespace or not self.attributes.namespace:
            return None
        item = self.cluster.store.get("namespaces", self.attributes.namespace)
        if item is None:
            return None
        obj = item.decode()
        metadata = {key: value for key, value in obj["metadata"].items() if key not in _HIDDEN_METADATA}
        return {"metadata": metadata, **{key: obj[key] for key in ("spec", "status") if key in obj}}


def _of_binding(write: _Write, policy: Policy, spec: Mapping[str, Any]) -> Iterator[Denial]:
    matches = spec.get("matchResources")
    if matches and matched(write.cluster, write.attributes, matches) is None:
        return
    namespace = write.attributes.namespace
    try:
        found = parameters_of(write.cluster, policy.parameter_kind, spec.get("paramRef"), namespace)
    except ConfigurationError as error:
        if not policy.ignores_failures:
            yield Denial(f"failed to configure binding: {error}", is_failure=True)
        return
    for params in found:
        yield from policy.judge(write.given, params)


def _bindings(cluster: Cluster) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for item in cluster.store.bucket(BINDINGS).page("", ""):
        binding = _decoded(item.raw)
        found.setdefault(binding["spec"]["policyName"], []).append(binding)
    return found


# Neither changes while its bytes are the same, and each write asks for all of them.
@lru_cache(_MOST_COMPILED)
def _policy(raw: bytes) -> Policy:
    return Policy(codec.decode(raw))


@lru_cache(_MOST_COMPILED)
def _decoded(raw: bytes) -> Object:
    binding: Object = codec.decode(raw)
    return binding
