"""Running health checks and reporting them as Kubernetes components do."""

import asyncio

from plugin_operator.serving.checks import CheckFailed, Outcome, Probe, report


async def passes() -> None:
    return


async def fails() -> None:
    raise RuntimeError("disk on fire")


async def test_every_check_runs_and_they_are_reported_by_name() -> None:
    outcomes = await Probe("readyz", {"b": fails, "a": passes}).run_all()
    assert outcomes == [Outcome("a"), Outcome("b", "disk on fire")]


async def test_an_excluded_check_does_not_run() -> None:
    outcomes = await Probe("readyz", {"bad": fails, "good": passes}).run_all({"bad"})
    assert outcomes == [Outcome("bad", excluded=True), Outcome("good")]


async def test_a_probe_without_checks_pings() -> None:
    assert await Probe("healthz").run_all() == [Outcome("ping")]


async def test_a_check_that_hangs_fails_and_holds_up_nobody() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    outcomes = await Probe("readyz", {"hangs": hangs, "good": passes}).run_all()
    assert outcomes == [Outcome("good"), Outcome("hangs", "no answer within 2 s")]


async def test_an_exception_without_words_gives_its_name() -> None:
    async def mute() -> None:
        raise KeyError

    assert (await Probe("readyz", {"mute": mute}).run("mute")).reason == "KeyError"


def test_the_report_withholds_reasons_and_ends_in_the_verdict() -> None:
    outcomes = [Outcome("a"), Outcome("b", "secret"), Outcome("c", excluded=True)]
    assert report("readyz", outcomes) == (
        "[+]a ok\n[-]b failed: reason withheld\n[+]c excluded: ok\nreadyz check failed\n"
    )


async def test_the_report_shows_of_a_reason_what_the_check_allows() -> None:
    async def partly() -> None:
        raise CheckFailed("worker 1: secret", shown="worker 1")

    outcomes = await Probe("readyz", {"partly": partly}).run_all()
    assert outcomes[0].reason == "worker 1: secret"
    assert report("readyz", outcomes) == "[-]partly failed: worker 1\nreadyz check failed\n"


def test_excludes_that_match_nothing_are_told() -> None:
    assert report("healthz", [Outcome("a")], {"y", "x"}) == (
        '[+]a ok\nwarn: some health checks cannot be excluded: no matches for "x", "y"\nhealthz check passed\n'
    )


async def test_a_check_may_pass_with_a_note_that_the_report_shows() -> None:
    async def well_enough() -> str:
        return "one: refused"

    (outcome,) = await Probe("readyz", {"plugins": well_enough}).run_all()
    assert report("readyz", [outcome]) == "[+]plugins ok one: refused\nreadyz check passed\n"
