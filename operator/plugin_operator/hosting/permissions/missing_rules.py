"""``MissingRules``: the rules that the API server does not grant, for people and for a Role."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.rules import allows, least, rule_for
from plugin_operator.plugin import Permission

_MAX_TEXT = 240


class MissingRules(msgspec.Struct, frozen=True):
    """Rules that are missing in one namespace, or in all.

    Attributes:
        namespace: the namespace whose Role lacks them; empty for a ClusterRole.
        rules: the least rules that allow everything that is denied there.
    """

    namespace: str
    rules: tuple[Permission, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the kind of role, its namespace, and the rules as the role has them."""
        where = {"kind": "Role", "namespace": self.namespace} if self.namespace else {"kind": "ClusterRole"}
        return {**where, "rules": [rule.as_rule() for rule in self.rules]}


def missing_rules(denied: Iterable[Call]) -> tuple[MissingRules, ...]:
    """Return the rules that would allow denied calls, those of a ClusterRole first."""
    found: defaultdict[str, list[Permission]] = defaultdict(list)
    for call in denied:
        found[call.namespace].append(rule_for(call))
    return tuple(MissingRules(namespace, least(rules)) for namespace, rules in sorted(found.items()))


def allowed_by_now(denied: Collection[Call], missing: Sequence[MissingRules]) -> list[Call]:
    """Return the calls that were denied once, and are not among the missing rules of a later answer."""
    rules = {each.namespace: each.rules for each in missing}
    return [call for call in denied if not allows(rules.get(call.namespace, ()), call)]


def yaml_text(missing: Sequence[MissingRules]) -> str:
    """Return missing rules as YAML to paste into a Role or ClusterRole; empty if there are none."""
    return yaml_of([each.as_dict() for each in missing])


def yaml_of(missing: Iterable[Mapping[str, Any]]) -> str:
    """Return the YAML of ``MissingRules.as_dict``: one document for each role, which a comment names."""
    # Imported on demand: most operators lack no rule.
    from plugin_operator.kube.yaml_output import yaml_document

    blocks = []
    for each in missing:
        where = f"Role in the namespace {each['namespace']}" if each.get("namespace") else each["kind"]
        blocks.append(f"# for a {where}\n{yaml_document({'rules': each['rules']}, width=110)}")
    return "---\n".join(blocks)


def short_text(missing: Sequence[MissingRules]) -> str:
    """Return missing rules in one line of bounded length; empty if there are none."""
    parts = [_text(rule, each.namespace) for each in missing for rule in each.rules]
    shown: list[str] = []
    for part in parts:
        if shown and len("; ".join([*shown, part])) > _MAX_TEXT:
            break
        shown.append(part if len(part) <= _MAX_TEXT else f"{part[: _MAX_TEXT - 1]}…")
    more = f"; {len(parts) - len(shown)} rules more" if len(parts) > len(shown) else ""
    return "; ".join(shown) + more


def _text(rule: Permission, namespace: str) -> str:
    resources = ", ".join(
        f"{resource}.{group}" if group else resource for group in rule.api_groups for resource in rule.resources
    )
    names = f" ({', '.join(rule.resource_names)})" if rule.resource_names else ""
    where = f" in {namespace}" if namespace else ""
    return f"{', '.join(rule.verbs)} {resources}{names}{where}"
