"""A misspelt variable is told; what Kubernetes puts into pods by itself is not."""

import click
import pytest

from plugin_operator.cli.environment_variables import UnknownVariable, settings_of, unknown_variables
from plugin_operator.cli.group import group

CONTEXT = click.Context(group)


@pytest.fixture(scope="module")
def settings() -> set[str]:
    commands = [group.get_command(CONTEXT, name) for name in group.list_commands(CONTEXT)]
    return settings_of(command for command in commands if command is not None)


def test_every_flag_of_every_command_is_known(settings: set[str]) -> None:
    for name in ("METRICS_ADDR", "METRICS_BIND_ADDRESS", "SANDBOX_DIR", "DATA_DIR", "ADDRESS", "WRITE_KUBECONFIG"):
        assert f"PLUGIN_OPERATOR_{name}" in settings
    assert unknown_variables(dict.fromkeys(settings, "x"), settings) == []


# What a kubelet sets for Services named plugin-operator, plugin-operator-metrics and plugin-operator-2.
LINKS = {
    "PLUGIN_OPERATOR_SERVICE_HOST": "10.0.0.1",
    "PLUGIN_OPERATOR_SERVICE_PORT": "8080",
    "PLUGIN_OPERATOR_SERVICE_PORT_METRICS": "8080",
    "PLUGIN_OPERATOR_PORT": "tcp://10.0.0.1:8080",
    "PLUGIN_OPERATOR_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "PLUGIN_OPERATOR_PORT_8080_TCP_PROTO": "tcp",
    "PLUGIN_OPERATOR_PORT_8080_TCP_PORT": "8080",
    "PLUGIN_OPERATOR_PORT_8080_TCP_ADDR": "10.0.0.1",
    "PLUGIN_OPERATOR_METRICS_SERVICE_HOST": "10.0.0.1",
    "PLUGIN_OPERATOR_METRICS_SERVICE_PORT_HTTPS_METRICS": "8443",
    "PLUGIN_OPERATOR_METRICS_PORT": "udp://10.0.0.1:53",
    "PLUGIN_OPERATOR_METRICS_PORT_53_UDP_ADDR": "10.0.0.1",
    "PLUGIN_OPERATOR_2_SERVICE_HOST": "10.0.0.1",
    "PLUGIN_OPERATOR_2_PORT_9_SCTP": "sctp://10.0.0.1:9",
}


@pytest.mark.parametrize("name", LINKS)
def test_a_service_link_is_no_misspelt_setting(settings: set[str], name: str) -> None:
    assert unknown_variables({name: LINKS[name]}, settings) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PLUGIN_OPERATOR_PLUGIN_DIR", "PLUGIN_OPERATOR_PLUGINS_DIR"),
        ("PLUGIN_OPERATOR_LOGLEVEL", "PLUGIN_OPERATOR_LOG_LEVEL"),
        ("PLUGIN_OPERATOR_NAMESPACES", "PLUGIN_OPERATOR_NAMESPACE"),
        ("PLUGIN_OPERATOR_METRICS_PORT", ""),
        ("PLUGIN_OPERATOR_ZZZ", ""),
    ],
)
def test_anything_else_is_told_with_what_it_resembles(settings: set[str], name: str, meant: str) -> None:
    (found,) = unknown_variables({name: "8080", "PATH": "/bin", "PLUGIN_OPERATORS": "x"}, settings)
    assert found.name == name
    assert found.meant == meant or not meant
    assert name in str(UnknownVariable(name, meant))
