"""Roles as YAML for people: each rule has a comment that says what needs it."""

from collections.abc import Iterable
from typing import Any

from plugin_operator.hosting.permissions.needs import ExplainedRule
from plugin_operator.hosting.permissions.roles import RoleNames, RoleRules
from plugin_operator.kube.yaml_output import yaml_document
from plugin_operator.rendering import valid_unicode

_MOST_REASONS = 4


def yaml_of_roles(roles: Iterable[RoleRules], names: RoleNames, heading: Iterable[str]) -> str:
    """Return roles and their bindings as YAML documents, below comments with the lines of ``heading``."""
    documents = []
    for each in roles:
        documents += [_role(each, names), _block(each.binding(names))]
    comments = "".join(f"# {one_line(line)}\n" for line in heading)
    return comments + "---\n".join(documents)


def _role(rules: RoleRules, names: RoleNames) -> str:
    role = rules.role(names)
    del role["rules"]
    return f"{_block(role)}rules:\n{''.join(map(_rule, rules.rules))}"


def _rule(explained: ExplainedRule) -> str:
    fields = yaml_document(explained.rule.as_rule(), default_flow_style=None, width=1_000_000)
    first, *rest = fields.splitlines()
    lines = [*(f"# {reason}" for reason in reasons_of(explained)), f"- {first}", *(f"  {line}" for line in rest)]
    return "".join(f"  {line}\n" for line in lines)


def reasons_of(explained: ExplainedRule) -> list[str]:
    """Return what needs a rule, in a stable order and in few lines."""
    reasons = list(dict.fromkeys(one_line(str(need)) for need in explained.needs))
    more = len(reasons) - _MOST_REASONS
    return reasons if more <= 0 else [*reasons[:_MOST_REASONS], f"and {more} more"]


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters; those of YAML are no spaces of Python only."""
    return "".join(char if char.isprintable() else " " for char in " ".join(valid_unicode(text).split()))


def _block(obj: dict[str, Any]) -> str:
    return yaml_document(obj)
