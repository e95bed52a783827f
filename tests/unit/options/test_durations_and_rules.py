"""Durations, namespace lists, and the rules between settings."""

import pytest

from plugin_operator.errors import UsageError
from plugin_operator.options import LeaderElectionOptions, Options, parse_duration, parse_namespaces


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("1m30s", 90),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("15", 15),
        ("0", 0),
        (".5s", 0.5),
        ("1h2m3s4ms", 3723.004),
        ("2562047h", 9_223_369_200),
    ],
)
def test_go_durations_and_plain_seconds_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "15 s", "1d", "1s2", "nan", "1e3", "15S", "\u0661s"])
def test_other_durations_are_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 15s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["2562048h", "9" * 400, f"{'9' * 400}ns", f"1h{'9' * 400}s"])
def test_durations_that_go_does_not_take_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write at most 2562047h"):
        parse_duration(text)


def test_namespaces_are_split_stripped_and_once_each() -> None:
    assert parse_namespaces(" b, a,,b ") == ("b", "a")
    assert parse_namespaces("") == ()


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"lease_duration_seconds": 10}, "--leader-elect-lease-duration"),
        ({"lease_duration_seconds": 0.5, "renew_deadline_seconds": 0.4}, "--leader-elect-lease-duration"),
        ({"lease_duration_seconds": 2**31}, "--leader-elect-lease-duration must be at most"),
        ({"retry_period_seconds": 9}, "--leader-elect-renew-deadline"),
        ({"retry_period_seconds": 0}, "--leader-elect-retry-period"),
        ({"resource_name": ""}, "--leader-elect-resource-name"),
    ],
)
def test_leader_election_times_that_cannot_work_name_their_flag(settings: dict[str, float], flag: str) -> None:
    with pytest.raises(UsageError, match=flag):
        LeaderElectionOptions(**settings)  # type: ignore[arg-type]


def test_a_timeout_of_zero_names_its_flag() -> None:
    with pytest.raises(UsageError, match="--validate-timeout"):
        Options(validate_timeout_seconds=0)


@pytest.mark.parametrize("number", [0, -1, 65, 10**6])
def test_a_number_of_processes_that_makes_no_sense_names_its_flag_and_what_is_possible(number: int) -> None:
    with pytest.raises(UsageError, match="--processes must be from 1 to 64"):
        Options(processes=number)


@pytest.mark.parametrize("elects", [False, True])
def test_replicas_and_processes_that_cannot_share_objects_name_both_flags_and_the_way_out(elects: bool) -> None:
    """A hint to add another flag first would lead to this error a moment later."""
    with pytest.raises(
        UsageError, match=r"--shard-replicas and --processes=2 cannot be combined.*Leave out --processes"
    ):
        Options(shard_replicas=True, processes=2, leader_election=LeaderElectionOptions(enabled=elects))


def test_replicas_that_share_objects_need_election() -> None:
    with pytest.raises(UsageError, match="--shard-replicas needs --leader-elect"):
        Options(shard_replicas=True)
