"""Decisions about the custom kinds of contents, as the supervisor and the workers keep them."""

from plugin_operator.processes.messages import Ruling
from plugin_operator.processes.peers.rulings import Rulings, SharedRulings


def refused(digest: str, reason: str = "it is narrower") -> Ruling:
    return Ruling("one", digest, reason, "/p/one.py", 3, is_refused=True)


def test_only_the_content_that_was_installed_last_counts_as_installed() -> None:
    rulings = Rulings()
    for each in (Ruling("one", "a"), refused("b"), Ruling("two", "a"), Ruling("one", "c")):
        assert rulings.note(each)
    assert rulings.of("one", "a") is None, "the definition is that of c by now"
    assert rulings.of("two", "a") == Ruling("two", "a")
    assert rulings.all() == (refused("b"), Ruling("one", "c"), Ruling("two", "a"))


def test_a_decision_is_news_if_it_differs_and_the_oldest_are_forgotten() -> None:
    rulings = Rulings()
    assert [rulings.note(each) for each in (refused("a"), refused("a"), refused("a", "other"), Ruling("one", "a"))] == [
        True, False, True, True,
    ]  # fmt: skip
    for number in range(150):
        rulings.note(refused(str(number)))
    assert (rulings.of("one", "0"), rulings.of("one", "149")) == (None, refused("149"))
    assert len(rulings.all()) == 100
    rulings.forget("one")
    assert rulings.all() == ()


def test_a_worker_reports_what_it_decides_and_not_what_it_learns() -> None:
    sent: list[Ruling] = []
    woken: list[str] = []
    shared = SharedRulings(sent.append)
    shared.learn(refused("a"))
    shared.listen("one", lambda: woken.append("one"))
    shared.learn(refused("a"))
    shared.learn(Ruling("one", "a"))
    shared.learn(Ruling("two", "a"))
    assert (sent, woken) == ([], ["one"])
    shared.rule(refused("b"))
    shared.rule(refused("b"))
    assert (sent, woken, shared.of("one", "b")) == ([refused("b")], ["one"], refused("b"))
