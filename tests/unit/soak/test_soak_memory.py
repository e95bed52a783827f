"""The soak holds each process's memory to what that process had before."""

from tests.soak.memory import Memory


def weighed(*weighings: tuple[str, float]) -> Memory:
    memory = Memory()
    for process, mib in weighings:
        memory.weigh("leader", process, mib)
    return memory


def test_process_that_grows_is_found_though_another_one_came_between() -> None:
    memory = weighed(("replica-1", 60), ("replica-1", 60), ("replica-2", 200), ("replica-1", 130))
    assert memory.grown("leader") == ["the leader replica-1 grew from 60 to 130 MiB"]


def test_restarted_process_is_not_held_to_the_one_before_it() -> None:
    assert weighed(("replica-1", 60), ("replica-1", 60), ("replica-2", 200)).grown("leader") == []


def test_growth_from_many_small_processes_start_to_a_large_one_is_not_hidden_by_a_large_first_one() -> None:
    memory = weighed(("replica-1", 300), ("replica-2", 60), ("replica-2", 61), ("replica-2", 140))
    assert len(memory.grown("leader")) == 1


def test_roles_that_are_not_asked_for_are_not_judged() -> None:
    assert weighed(("replica-1", 10), ("replica-1", 10), ("replica-1", 1000)).grown("API server") == []


def test_first_last_and_longest_are_told() -> None:
    told = weighed(("replica-1", 60), ("replica-2", 70), ("replica-2", 71), ("replica-3", 65)).told("leader")
    assert told == "60 MiB at the start, 65 MiB at the end; the process with most calms 70 to 71 MiB over 2"
