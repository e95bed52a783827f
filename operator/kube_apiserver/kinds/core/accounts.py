"""ServiceAccounts. ``verbs.token_requests`` issues their tokens."""

from kube_apiserver.strategies import Deletion, Draft, Object, Strategy

_ENFORCES = "kubernetes.io/enforce-mountable-secrets"


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop what references to secrets have besides a name."""
    del old
    secrets = obj.get("secrets")
    if not secrets:
        return {**obj}
    return {**obj, "secrets": [{"name": each["name"]} if each.get("name") else {} for each in secrets]}


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warning about an annotation that is deprecated and new."""
    annotations, before = (((each or {}).get("metadata") or {}).get("annotations") or {} for each in (obj, old))
    if _ENFORCES not in annotations or _ENFORCES in before:
        return []
    detail = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
    return [f"metadata.annotations[{_ENFORCES}]: {detail}"]


STRATEGIES = (
    Strategy(
        kind="ServiceAccount",
        as_kept=_as_kept,
        warn=_warn,
        has_generation=False,
        deletion=Deletion(returns_object=True),
    ),
)
