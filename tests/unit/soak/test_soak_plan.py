"""The order of a soak's steps is its seed's alone, and some storms leave out what would make up for a loss."""

from tests.soak.plan import Plan, Step


def storms(seed: int, count: int) -> list[tuple[str, list[Step]]]:
    plan = Plan(seed)
    made = []
    for _ in range(count):
        steps = list(plan.storm(30.0))
        made.append((plan.weather, steps))
    return made


def test_seed_repeats_the_order() -> None:
    assert storms(1, 10) == storms(1, 10)
    assert storms(1, 10) != storms(2, 10)


def test_only_replicas_with_workers_have_workers_that_are_killed() -> None:
    def kills(processes: int) -> set[str]:
        plan = Plan(1, processes=processes)
        return {step.name for _ in range(60) for step in plan.storm(30.0) if "worker" in step.name}

    assert kills(1) == set()
    assert kills(2) == {"kill worker", "kill worker that leads", "stop worker"}


def test_only_replicas_that_share_objects_are_cut_off_and_meet_people() -> None:
    def names(*, is_sharded: bool) -> set[str]:
        plan = Plan(1, is_sharded=is_sharded)
        steps = [step for _ in range(60) for step in plan.storm(30.0)]
        return {step.name for step in steps if step.kind == "hand" or step.name.startswith(("cut", "add", "remove"))}

    assert names(is_sharded=False) == set()
    assert names(is_sharded=True) >= {"cut leader", "add standby", "remove standby", "delete the map", "edit a member"}


def test_first_storms_are_made_of_everything() -> None:
    for seed in range(20):
        first, second = storms(seed, 2)
        assert first[0] == second[0] == "everything"
        assert {step.kind for step in (*first[1], *second[1])} >= {"fault", "edit", "kill"}


def test_some_storms_have_neither_reloads_nor_kills() -> None:
    quiet = [steps for weather, steps in storms(1, 60) if weather == "faults alone"]
    assert len(quiet) > 3
    assert {step.kind for steps in quiet for step in steps} == {"fault", "compaction"}


def test_hour_has_every_kind_of_storm() -> None:
    assert len({weather for weather, _ in storms(1, 60)}) == 5
