"""The memory of answers: bounded by the objects that exist, at a cost that does not grow with them."""

from hypothesis import given
from hypothesis import strategies as st

from plugin_operator.plugin.writes.answer_memory import AnswerMemory


@given(st.lists(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_the_last_answer_about_each_object_is_kept(keys: list[int], dropped: set[int]) -> None:
    memory: AnswerMemory[int, int] = AnswerMemory(lambda _: True)
    for time, key in enumerate(keys):
        memory.put(key, time)
    for key in dropped:
        memory.drop(key)

    last = {key: time for time, key in enumerate(keys) if key not in dropped}
    assert {key: memory.get(key) for key in range(21) if memory.get(key) is not None} == last
    assert len(memory) == len(last)


def test_answers_about_gone_objects_are_dropped_and_others_kept() -> None:
    alive = set(range(100))
    memory: AnswerMemory[int, str] = AnswerMemory(alive.__contains__)
    for key in range(50_000):
        memory.put(key, "answer")
        assert len(memory) <= 2 * len(alive) + 1000

    assert all(memory.get(key) == "answer" for key in alive)


def test_the_search_for_gone_objects_costs_a_constant_for_each_answer() -> None:
    asked = 0

    def exists(_: int) -> bool:
        nonlocal asked
        asked += 1
        return True

    memory: AnswerMemory[int, str] = AnswerMemory(exists)
    for key in range(50_000):
        memory.put(key, "answer")

    assert len(memory) == 50_000
    assert asked <= 2 * 50_000


def test_a_known_object_is_no_reason_to_search() -> None:
    memory: AnswerMemory[int, str] = AnswerMemory(lambda _: False)
    for key in range(1000):
        memory.put(key, "answer")
    memory.put(7, "newer")

    assert (len(memory), memory.get(7)) == (1000, "newer")
