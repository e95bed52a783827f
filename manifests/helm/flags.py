"""The flags of ``plugin-operator run``, as the values of the chart set them.

Owns which value of the chart sets a flag, and the JSON schema of the other flags. Names, types and help come from the
command line itself.
"""

from typing import Any

import click

from plugin_operator.cli.group import group

Schema = dict[str, Any]

#: Flags that other objects of the chart depend on, each with the value that sets it.
OWNED = {
    "plugins-dir": "plugins, existingConfigMap, gitSync or persistence",
    "metrics-addr": "metrics.enabled and metrics.port",
    "health-probe-bind-address": "probes.port",
    "enable-leader-election": "leaderElection.enabled",
    "leader-elect-lease-duration": "leaderElection.leaseDuration",
    "leader-elect-renew-deadline": "leaderElection.renewDeadline",
    "leader-elect-retry-period": "leaderElection.retryPeriod",
    "leader-elect-resource-name": "leaderElection.resourceName",
    "leader-elect-resource-namespace": "leaderElection.resourceNamespace",
    "apply-crds": "applyCrds",
    "watch-namespace": "watchNamespaces",
    "metrics-secure": "metrics.secure",
    "metrics-cert-path": "metrics.certificate.secretName",
    "metrics-cert-name": "metrics.certificate.certificateKey",
    "metrics-cert-key": "metrics.certificate.privateKey",
}
DURATION: Schema = {
    "type": ["string", "number", "null"],
    "minimum": 0,
    "pattern": r"^$|^(\d+(\.\d*)?|\.\d+|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)$",
}


def run_flags() -> list[click.Option]:
    """Return the flags of ``run`` in the order of its help."""
    command = group.get_command(click.Context(group), "run")
    if command is None:
        raise LookupError("plugin-operator has no command run")
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def name_of(option: click.Option) -> str:
    """Return the flag without its dashes; the first name is the flag, the others are aliases."""
    return option.opts[0].removeprefix("--")


def free_flags() -> list[click.Option]:
    """Return the flags that the value ``flags`` sets."""
    return [option for option in run_flags() if name_of(option) not in OWNED]


def aliases() -> dict[str, str]:
    """Return the flag that each alias stands for."""
    return {other.removeprefix("--"): name_of(option) for option in run_flags() for other in option.opts[1:]}


def schema() -> Schema:
    """Return the JSON schema of the value ``flags``.

    A flag that another value sets passes, because a template names that value in its error; an unknown one does not.
    """
    known = {name_of(option): {**_type(option), "description": option.help} for option in free_flags()}
    elsewhere = {name: {"description": f"Set {value} instead."} for name, value in sorted(OWNED.items())}
    others = {name: {"description": f"An alias of {flag}."} for name, flag in sorted(aliases().items())}
    return {"type": "object", "additionalProperties": False, "properties": {**known, **elsewhere, **others}}


def refusals() -> dict[str, str]:
    """Return what to set instead of each flag that is not set by ``flags``."""
    owned = {name: f"set {value} instead" for name, value in OWNED.items()}
    return owned | {
        alias: owned.get(flag, f"write {flag}, of which it is an alias") for alias, flag in aliases().items()
    }


def _type(option: click.Option) -> Schema:
    match option.type:
        case click.Choice(choices=choices):
            return {"enum": [*map(str, choices), None]}
        case click.types.BoolParamType():
            return {"type": ["boolean", "null"]}
        case click.IntRange(min=least, max=most):
            return {"type": ["integer", "null"], "minimum": least, "maximum": most}
        case kind if kind.name == "duration":
            return DURATION
        case _:
            return {"type": ["string", "null"]}
