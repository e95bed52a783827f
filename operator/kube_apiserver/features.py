"""Feature gates: what kube-apiserver has, but leaves off unless its flag ``--feature-gates`` turns it on."""

from collections.abc import Mapping

#: Lists and watches of a part of a kind, by ``shardSelector`` (KEP-5866); alpha in Kubernetes 1.37.
SHARDED_LIST_AND_WATCH = "ShardedListAndWatch"

_DEFAULTS: Mapping[str, bool] = {SHARDED_LIST_AND_WATCH: False}


def enabled_features(gates: Mapping[str, bool]) -> frozenset[str]:
    """Return the names of the features that are on, with these gates set.

    Raises:
        ValueError: a gate does not exist, or its value is no boolean.
    """
    for name, is_on in gates.items():
        _check_name(name)
        if is_on is not True and is_on is not False:
            raise ValueError(f"the feature gate {name} is True or False, not {is_on!r}")
    return frozenset(name for name, is_on in {**_DEFAULTS, **gates}.items() if is_on)


def parse_gates(text: str) -> dict[str, bool]:
    """Return the gates in the text of a flag: ``Name=true,Other=false``.

    Raises:
        ValueError: a gate does not exist, has no value, or one that is no boolean.
    """
    gates: dict[str, bool] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in entry.partition("="))
        _check_name(name)
        if not equals or value.lower() not in {"true", "false"}:
            raise ValueError(f"{entry!r} is no gate: write {name}=true or {name}=false")
        gates[name] = value.lower() == "true"
    return gates


def _check_name(name: str) -> None:
    if name not in _DEFAULTS:
        raise ValueError(f"{name!r} is no feature gate: there is {', '.join(sorted(_DEFAULTS))}")
