"""FlowSchemas."""

from collections.abc import Iterator, Sequence

from kube_apiserver.defaulting.fields import member
from kube_apiserver.kinds.flowcontrol.conditions import typed_condition_causes, validate_status
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.strategies import Draft, Object, Strategy

_MOST_PRECEDENCE = 10_000
_METHODS = ("ByNamespace", "ByUser")
_SUBJECTS = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_NO_RULES = "at least one of resourceRules and nonResourceRules has to be non-empty"
_NAMESPACE = "each member of this list must be '*' or a DNS-1123 label; "
_NO_NAMESPACE = "resource rules that are not cluster scoped must supply at least one namespace"


def _default(obj: Draft) -> None:
    """Set the precedence."""
    spec = member(obj, "spec")
    spec["matchingPrecedence"] = spec.get("matchingPrecedence") or 1000


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the precedence, the method, the level, the rules, and the conditions."""
    name, spec = obj["metadata"].get("name", ""), obj.get("spec") or {}
    return [*_spec(spec, name), *typed_condition_causes(obj)]


def _spec(spec: Object, name: str) -> Iterator[Cause]:
    precedence, path = spec.get("matchingPrecedence") or 0, "spec.matchingPrecedence"
    if precedence <= 0:
        yield messages.invalid(path, precedence, "must be a positive value")
    if precedence > _MOST_PRECEDENCE:
        yield messages.invalid(path, precedence, f"must not be greater than {_MOST_PRECEDENCE}")
    if precedence == 1 and name != "exempt":
        yield messages.invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in _METHODS:
        yield messages.not_supported("spec.distinguisherMethod.type", {"Type": method.get("type") or ""}, _METHODS)
    level = (spec.get("priorityLevelConfiguration") or {}).get("name") or ""
    path = "spec.priorityLevelConfiguration.name"
    if level:
        yield from (messages.invalid(path, level, why) for why in is_dns1123_subdomain(level))
    else:
        yield messages.required(path, "must reference a priority level")
    for position, rule in enumerate(spec.get("rules") or ()):
        yield from _rule(rule, f"spec.rules[{position}]")


def _rule(rule: Object, path: str) -> Iterator[Cause]:
    subjects, resources, urls = (rule.get(name) or () for name in ("subjects", "resourceRules", "nonResourceRules"))
    if not subjects:
        yield messages.required(f"{path}.subjects", "subjects must contain at least one value")
    for position, subject in enumerate(subjects):
        yield from _subject(subject, f"{path}.subjects[{position}]")
    if not resources and not urls:
        yield messages.required(path, _NO_RULES)
    for position, each in enumerate(resources):
        yield from _resource_rule(each, f"{path}.resourceRules[{position}]")
    for position, each in enumerate(urls):
        yield from _url_rule(each, f"{path}.nonResourceRules[{position}]")


def _subject(subject: Object, path: str) -> Iterator[Cause]:
    kind = subject.get("kind") or ""
    if kind not in _SUBJECTS:
        yield messages.not_supported(f"{path}.kind", kind, tuple(_SUBJECTS))
        return
    own = subject.get(_SUBJECTS[kind])
    where = f"{path}.{_SUBJECTS[kind]}"
    if own is None:
        yield messages.required(where, f"{_SUBJECTS[kind]} is required when subject kind is '{kind}'")
    else:
        yield from _named(own, where, is_account=kind == "ServiceAccount")
    for other in ("ServiceAccount", "User", "Group"):
        field = _SUBJECTS[other]
        if other != kind and subject.get(field) is not None:
            yield messages.forbidden(f"{path}.{field}", f"{field} is forbidden when subject kind is not '{other}'")


def _named(subject: Object, path: str, *, is_account: bool) -> Iterator[Cause]:
    name, namespace = subject.get("name") or "", subject.get("namespace") or ""
    if not name:
        yield messages.required(f"{path}.name")
    elif is_account and name != "*":
        yield from (messages.invalid(f"{path}.name", name, why) for why in is_dns1123_subdomain(name))
    if not is_account:
        return
    if namespace:
        yield from (messages.invalid(f"{path}.namespace", namespace, why) for why in is_dns1123_label(namespace))
    else:
        yield messages.required(f"{path}.namespace", "must specify namespace for service account")


def _verbs(verbs: Sequence[str], path: str) -> Iterator[Cause]:
    if not verbs:
        yield messages.required(path, "verbs must contain at least one value")
    elif "*" in verbs:
        yield from _alone(verbs, path, "verbs")
    elif any(verb not in _VERBS for verb in verbs):
        yield messages.not_supported(path, verbs, _VERBS)


def _alone(names: Sequence[str], path: str, what: str) -> Iterator[Cause]:
    if "*" in names and len(names) > 1:
        yield messages.invalid(path, names, f"if '*' is present, must not specify other {what}")


def _resource_rule(rule: Object, path: str) -> Iterator[Cause]:
    yield from _verbs(rule.get("verbs") or (), f"{path}.verbs")
    for field, what in (("apiGroups", "api group"), ("resources", "resource")):
        names = rule.get(field) or ()
        if not names:
            yield messages.required(f"{path}.{field}", f"resource rules must supply at least one {what}")
        yield from _alone(names, f"{path}.{field}", f"{what}s")
    namespaces = rule.get("namespaces") or ()
    if not namespaces and not rule.get("clusterScope"):
        yield messages.required(f"{path}.namespaces", _NO_NAMESPACE)
    elif "*" in namespaces:
        yield from _alone(namespaces, f"{path}.namespaces", "namespaces")
    else:
        for position, each in enumerate(namespaces):
            where = f"{path}.namespaces[{position}]"
            yield from (messages.invalid(where, each, f"{_NAMESPACE}{why}") for why in is_dns1123_label(each))


def _url_rule(rule: Object, path: str) -> Iterator[Cause]:
    yield from _verbs(rule.get("verbs") or (), f"{path}.verbs")
    urls, where = rule.get("nonResourceURLs") or (), f"{path}.nonResourceURLs"
    if not urls:
        yield messages.required(where, "nonResourceURLs must contain at least one value")
    elif "*" in urls:
        yield from _alone(urls, where, "non-resource URLs")
    else:
        for position, url in enumerate(urls):
            if problem := _url_problem(url):
                yield messages.invalid(f"{where}[{position}]", url, problem)


def _url_problem(url: str) -> str:
    if not url:
        return "must not be empty"
    if url == "/":
        return ""
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    stars = url.count("*")
    return "wildcard can only do suffix matching" if stars > 1 or (stars == 1 and not url.endswith("/*")) else ""


STRATEGIES = (
    Strategy(
        group="flowcontrol.apiserver.k8s.io",
        kind="FlowSchema",
        default=_default,
        validate=_validate,
        validate_status=validate_status,
        reset_fields={"status": ("spec", "metadata")},
    ),
)
