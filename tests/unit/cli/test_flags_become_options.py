"""Flags and variables, as users of controller-runtime know them, become options."""

import inspect
from typing import Any

import click
import pytest
from click.testing import CliRunner

from plugin_operator.cli.commands.run import command as run
from plugin_operator.cli.commands.validate import command as validate
from plugin_operator.cli.operator_flags import (
    address_flags,
    leader_flags,
    log_flags,
    options_from,
    shutdown_flag,
    work_flags,
)
from plugin_operator.hosting import Environment, HostSettings, Validator
from plugin_operator.leaderelection import LeaderElector, Timing
from plugin_operator.options import MAX_PROCESSES, Options, parse_namespaces
from plugin_operator.serving.address import BindAddress


def options_of(*arguments: str, **variables: str) -> Options:
    made: list[Options] = []

    @click.command()
    @address_flags(":8080", ":8081", "")
    @leader_flags
    @work_flags
    @shutdown_flag("30s")
    @log_flags
    def command(**settings: Any) -> None:
        made.append(options_from(settings))

    result = CliRunner().invoke(command, arguments, env=variables, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return made[0]


def test_flags_and_options_have_the_same_defaults() -> None:
    assert options_of() == Options()


def test_the_command_validate_has_the_default_of_run() -> None:
    (flag,) = (each for each in validate.params if each.name == "validate_timeout_seconds")
    assert flag.type_cast_value(click.Context(validate), flag.default) == Options().validate_timeout_seconds


@pytest.mark.parametrize(
    ("below", "names"),
    [
        (HostSettings, ["scan_interval_seconds", "import_deadline_seconds", "drain_deadline_seconds"]),
        (Validator, ["deadline_seconds"]),
        (Timing, ["lease_duration_seconds", "renew_deadline_seconds", "retry_period_seconds"]),
        (LeaderElector, ["timing"]),
        (Environment, ["settings"]),
    ],
)
def test_what_a_flag_sets_has_no_second_default_in_the_layers_below(below: type, names: list[str]) -> None:
    parameters = inspect.signature(below).parameters
    assert [name for name in names if parameters[name].default is not inspect.Parameter.empty] == []


@pytest.mark.parametrize("flag", ["--metrics-addr", "--metrics-bind-address"])
def test_zero_turns_a_server_off(flag: str) -> None:
    assert options_of(flag, "0").metrics_address is None
    assert options_of(f"{flag}=0").metrics_address is None


@pytest.mark.parametrize("flag", ["--enable-leader-election", "--leader-elect"])
def test_leader_election_is_switched_as_in_go(flag: str) -> None:
    assert options_of(flag).leader_election.enabled
    assert options_of(f"{flag}=true").leader_election.enabled
    assert not options_of(f"{flag}=false").leader_election.enabled
    assert options_of(flag, "--metrics-addr", ":9").leader_election.enabled


def test_every_flag_is_also_a_variable_and_the_flag_wins() -> None:
    options = options_of(
        "--drain-timeout", "1s",
        PLUGIN_OPERATOR_DRAIN_TIMEOUT="2s", PLUGIN_OPERATOR_METRICS_BIND_ADDRESS="127.0.0.1:1",
        PLUGIN_OPERATOR_LEADER_ELECT="1", PLUGIN_OPERATOR_LEADER_ELECT_LEASE_DURATION="1m",
    )  # fmt: skip
    assert options.drain_timeout_seconds == 1
    assert options.metrics_address == BindAddress("127.0.0.1", 1)
    assert options.leader_election.enabled
    assert options.leader_election.lease_duration_seconds == 60


@pytest.mark.parametrize("value", [",", " ", " , ,"])
def test_a_list_of_no_namespaces_does_not_mean_all(value: str) -> None:
    with pytest.raises(ValueError, match="contains no namespace: leave it empty for all namespaces"):
        parse_namespaces(value)
    assert parse_namespaces("a,,b,") == ("a", "b")


def test_watch_namespace_is_the_operator_sdks_name_for_the_same_thing() -> None:
    assert options_of(WATCH_NAMESPACE="a,b").namespaces == ("a", "b")
    assert options_of(WATCH_NAMESPACE="").namespaces == ()
    assert options_of("--namespace", "c", WATCH_NAMESPACE="a").namespaces == ("c",)


def test_the_number_of_processes_has_the_bounds_of_the_option_and_its_help_names_them() -> None:
    (flag,) = (each for each in run.params if each.name == "processes")
    assert isinstance(flag, click.Option)
    assert isinstance(flag.type, click.IntRange)
    assert (flag.type.min, flag.type.max) == (1, MAX_PROCESSES)
    assert str(MAX_PROCESSES) in (flag.help or "")


@pytest.mark.parametrize("value", ["auto", "0", "65", "-1", "2.5", ""])
def test_a_number_of_processes_that_is_none_says_what_to_write(value: str) -> None:
    result = CliRunner().invoke(run, ["--processes", value])

    assert result.exit_code == 2
    assert f"{value!r} is not a number from 1 to 64: write as many as the cores" in result.output
