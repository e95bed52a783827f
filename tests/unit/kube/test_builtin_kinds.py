"""The kinds that a declaration may name without a doubt."""

from kube_apiserver.schema import builtin_resources
from plugin_operator.kube import builtin_kinds


def test_the_declared_kinds_include_every_served_kind() -> None:
    served = {(each.group, each.kind) for each in builtin_resources() if "watch" in each.verbs}

    assert served - {(group, kind) for group, kinds in builtin_kinds._KINDS.items() for kind in kinds} == set()
