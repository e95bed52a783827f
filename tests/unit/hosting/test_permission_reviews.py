"""When plugins in trouble are reviewed, and how many requests that takes."""

import asyncio
from collections.abc import Collection

import pytest
from msgspec.structs import replace

from plugin_operator.errors import NoMatchError
from plugin_operator.hosting.permissions.access_reviews import AccessReviews
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.declared import DeclaredCache, DeclaredController
from plugin_operator.hosting.permissions.missing_rules import MissingRules, missing_rules, short_text, yaml_text
from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.hosting.permissions.permission_check import PermissionCheck
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.permissions.source.contained_analysis import Analysis
from plugin_operator.hosting.permissions.source.source_needs import SourceNeeds
from plugin_operator.hosting.rollout.permission_reviews import PermissionReviews
from plugin_operator.hosting.rollout.plugin_review import ReviewSubject
from plugin_operator.kube import GroupVersionKind, Resource, builtin_resource
from plugin_operator.plugin import Permission
from plugin_operator.testing import VirtualClock, eventually
from tests.host_harness import SHORT_DEADLINES
from tests.unit.hosting.test_access_reviews import Authorizer

SETTINGS = replace(SHORT_DEADLINES, review_base_seconds=2.0, review_cap_seconds=20.0)


class Troubled:
    """A plugin that waits for a cache until the test says that it does not."""

    def __init__(self, name: str, kind: str = "v1/ConfigMap") -> None:
        self.name = name
        cache = DeclaredCache(GroupVersionKind.parse(kind))
        facts = PluginFacts(name, "1", (DeclaredController(name, caches=(cache,)),), {}, "")
        self.in_trouble: ReviewSubject | None = ReviewSubject(facts, waiting=frozenset({kind}))
        self.answers: list[tuple[MissingRules, ...] | None] = []

    def subject(self) -> ReviewSubject | None:
        return self.in_trouble

    def reviewed(self, subject: ReviewSubject, missing: tuple[MissingRules, ...] | None) -> None:
        assert subject == self.in_trouble
        self.answers.append(missing)


class Answers:
    """Answers at once, and counts how many reviews run at a time."""

    def __init__(self) -> None:
        self.missing_rules: tuple[MissingRules, ...] | None = ()
        self.asked: list[str] = []
        self.running = self.most = 0

    async def missing(self, facts: PluginFacts, denied: Collection[Call]) -> tuple[MissingRules, ...] | None:
        self.asked.append(facts.plugin)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        return self.missing_rules


async def after(reviews: PermissionReviews, clock: VirtualClock, seconds: float = 0) -> None:
    """Let time pass, with a look each second."""
    task = asyncio.create_task(reviews.run())
    for _ in range(int(seconds) + 1):
        reviews.look()
        for _ in range(300):
            await asyncio.sleep(0)
        await clock.advance(1)
    task.cancel()
    await asyncio.wait([task])


async def test_many_plugins_are_reviewed_one_after_the_other_with_growing_pauses() -> None:
    clock, answers = VirtualClock(), Answers()
    plugins = [Troubled(f"p{number}") for number in range(100)]
    reviews = PermissionReviews(answers, lambda: plugins, settings=SETTINGS, clock=clock)
    await after(reviews, clock)
    assert answers.asked == [each.name for each in plugins]
    assert answers.most == 1
    await after(reviews, clock, 120)
    assert 500 < len(answers.asked) < 1200  # of each plugin at once, then 2 to 30 s apart


async def test_another_cause_is_asked_for_at_once_and_no_trouble_not_at_all() -> None:
    clock, answers, plugin = VirtualClock(), Answers(), Troubled("one")
    reviews = PermissionReviews(answers, lambda: [plugin], settings=SETTINGS, clock=clock)
    await after(reviews, clock)
    assert plugin.in_trouble is not None
    plugin.in_trouble = replace(plugin.in_trouble, waiting=frozenset({"v1/Secret"}))
    await after(reviews, clock)
    assert len(answers.asked) == 2
    plugin.in_trouble = None
    await after(reviews, clock, 60)
    assert len(answers.asked) == 2


async def test_a_failure_pauses_all_reviews_and_takes_earlier_answers_back() -> None:
    clock, answers = VirtualClock(), Answers()
    plugins = [Troubled(f"p{number}") for number in range(100)]
    reviews = PermissionReviews(answers, lambda: plugins, settings=SETTINGS, clock=clock)
    answers.missing_rules = None
    await after(reviews, clock, 3)
    assert answers.asked == ["p0"]
    assert all(each.answers == [None] for each in plugins)
    answers.missing_rules = ()
    await after(reviews, clock, 20)
    assert {*answers.asked} == {each.name for each in plugins}


async def test_a_hundred_plugins_that_lack_the_same_send_a_handful_of_requests() -> None:
    clock, server = VirtualClock(), Authorizer()
    plugins = [Troubled(f"p{number}") for number in range(100)]
    check = PermissionCheck(AccessReviews(server, clock=clock, rules_seconds=2), _resource_for, analyse=_nothing)
    reviews = PermissionReviews(check, lambda: plugins, settings=SETTINGS, clock=clock)
    first = asyncio.create_task(reviews.run())
    reviews.look()
    await eventually(lambda: all(each.answers for each in plugins))
    first.cancel()
    await asyncio.wait([first])
    assert sorted(server.kinds()) == ["SelfSubjectAccessReview"] * 2 + ["SelfSubjectRulesReview"]
    assert short_text(plugins[99].answers[0] or ()) == "list, watch configmaps"
    await after(reviews, clock, 60)
    assert server.kinds().count("SelfSubjectRulesReview") <= 31
    assert server.kinds().count("SelfSubjectAccessReview") == 2


async def test_a_kind_that_is_not_served_is_not_named() -> None:
    for kind, text in (("example.com/v1/Mouse", "list, watch mice.example.com"), ("example.com/v1/Website", "")):
        check = PermissionCheck(AccessReviews(Authorizer(), clock=VirtualClock()), _resource_for)
        subject = Troubled("one", kind).in_trouble
        assert subject is not None
        assert short_text(await check.missing(subject.facts, ()) or ()) == text


@pytest.mark.parametrize(
    ("name", "text"), [("ca", "get secrets (ca) in web"), ("other", "get secrets in web")], ids=["fixed", "chance"]
)
async def test_a_denied_call_is_narrowed_to_the_name_that_the_plugin_needs(name: str, text: str) -> None:
    needs = (Need("one", Permission(("",), ("secrets",), ("get",), ("ca",)), Origin.SOURCE, namespaces=("web",)),)

    def analyse(*_: object) -> Analysis:
        return Analysis(SourceNeeds(needs=needs), ())

    check = PermissionCheck(AccessReviews(Authorizer(), clock=VirtualClock()), _resource_for, analyse=analyse)
    facts = PluginFacts("one", "1", (DeclaredController("one"),), {}, "")
    missing = await check.missing(facts, [Call("get", "", "secrets", namespace="web", name=name)])
    assert short_text(missing or ()) == text


def test_the_short_text_and_the_yaml_name_group_names_and_namespace() -> None:
    missing = missing_rules(
        [
            Call("get", "", "secrets", "", "web", "a"),
            Call("patch", "apps", "deployments", "scale"),
            Call("get", "", "pods"),
        ]
    )
    assert short_text(missing) == "get pods; patch deployments/scale.apps; get secrets (a) in web"
    assert yaml_text(missing).count("# for a ") == 2


@pytest.mark.parametrize("length", [1, 300])
def test_the_short_text_is_bounded(length: int) -> None:
    many = missing_rules(Call("get", "", f"{number:03}" * length) for number in range(100))
    assert len(short_text(many)) < 280
    assert short_text(many).endswith(" rules more")


def _nothing(*about: object) -> Analysis:
    return Analysis(SourceNeeds(), ())


async def _resource_for(kind: GroupVersionKind) -> Resource:
    if kind.kind == "Mouse":
        return Resource(kind, "mice", namespaced=True)
    found = builtin_resource(kind)
    if found is None:
        raise NoMatchError(f"no {kind}")
    return found
