"""What a module must not declare, and how the message names file, line and way out."""

import re

import pytest

from plugin_operator.errors import PluginRejected
from tests.unit.plugin.conftest import Load

REFUSED_FIELDS = [
    ("for_='v1/Pod', cleanup='later'", "cleanup: 'later' is not a function: write 'async def cleanup(ctx, obj)'"),
    ("for_='v1/Pod', cleanup=lambda obj, ctx: None", "cleanup: is called as cleanup(ctx, obj), and takes them in the"),
    ("for_='v1/Pod', cleanup=lambda obj: None", "cleanup: cannot be called as cleanup(ctx, obj): take exactly these"),
    ("cleanup=lambda ctx, obj: None, schedules=[every(60)]", "cleanup: says something about the kind in for_"),
    ("for_='v1/Pod', distribution='all'", "distribution: 'all' is unknown: write 'single' or 'sharded'"),
    (
        "for_='v1/Pod', distribution='sharded', shard_by='name'",
        "shard_by: 'name' is unknown: write 'uid' or 'namespace'",
    ),
    (
        "for_='v1/Pod', shard_by='uid'",
        "shard_by: divides nothing in one process: add distribution='sharded', or drop it",
    ),
    (
        "for_='v1/Node', distribution='sharded', shard_by='namespace'",
        "shard_by: v1/Node has no namespace: write shard_b",
    ),
    (
        "for_='v1/Pod', distribution='sharded', schedules=[every(60)]",
        "schedules: run in one process and would reach its",
    ),
    (
        "for_='v1/Pod', distribution='sharded', label_selector='a=b', cleanup=lambda ctx, obj: None",
        "distribution: takes no selector together with cleanup=: drop one of the three",
    ),
    ("distribution='sharded', schedules=[every(60)]", "distribution: says something about the kind in for_"),
    ("for_='ConfigMap'", "for_: 'ConfigMap' is not a kind"),
    ("for_=None", "for_: is missing"),
    ("for_='core/v1/Pod'", "for_: 'core/v1/Pod' is not a kind: the core group has no name: write 'v1/Pod'"),
    ("for_='core/v1'", "the core group has no name: write 'v1/ConfigMap'"),
    ("for_='apps/v1'", "the kind is missing: write for example 'apps/v1/ControllerRevision'"),
    ("for_='example.com/Widget'", "the version is missing: write for example 'example.com/v1/Widget'"),
    ("for_='apps/Deployment'", "the version is missing: write for example 'apps/v1/Deployment'"),
    ("for_='v1/configmaps'", "did you mean 'v1/ConfigMap'?"),
    ("for_='v1/networkpolicies'", "did you mean 'networking.k8s.io/v1/NetworkPolicy'?"),
    ("for_='networking.k8s.io/v1/ingresses'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='v1/Deployment'", "the core group (v1) has no kind 'Deployment': did you mean 'apps/v1/Deployment'?"),
    ("for_='apps/v1/Deploymnt'", "did you mean 'apps/v1/Deployment'?"),
    ("for_='app/v1/Deployment'", "there is no API group 'app': did you mean 'apps/v1/Deployment'?"),
    ("for_='app/v1/Thing'", "there is no API group 'app': did you mean 'apps'?"),
    ("for_='networking/v1/Ingress'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='rbac/v1/Thing'", "did you mean 'rbac.authorization.k8s.io'?"),
    ("for_='extensions/v1beta1/Ingress'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='Example.com/v1/Widget'", "'Example.com' is not an API group"),
    ("for_='mine/v1/Widget'", "custom resources have a group with a dot"),
    ("for_='v1/Widget'", "the core group (v1) has no kind 'Widget' that can be watched"),
    ("for_='v1/Binding'", "objects of the kind 'Binding' cannot be watched"),
    ("for_='v2/Pod'", "the core group has the version 'v1' only"),
    ("for_=GroupVersionKind('', 'v1', 'Pods')", "for_: 'v1/Pods' is not a kind: "),
    ("for_='v1/Pod', owns=['v1/secrets']", "owns: 'v1/secrets' is not a kind"),
    ("for_='v1/Pod', reads=['v1/nodes']", "reads: 'v1/nodes' is not a kind"),
    ("for_='v1/Pod', watches=[watch('v1/secrets', map=print)]", "watches: 'v1/secrets' is not a kind"),
    (
        "for_='v1/Pod', field_selector='spec.nodename=a'",
        "field_selector: the API server cannot select v1/Pod by 'spec.n",
    ),
    (
        "for_='v1/ConfigMap', field_selector='data.a=1'",
        "it can by metadata.name, metadata.namespace; or use a predicate",
    ),
    ("for_='example.com/v1/W', field_selector='metadata.labels=a'", "field_selector: the API server cannot select"),
    (
        "for_='v1/Pod', watches=[watch('v1/Secret', map=print, field_selector='kind=a')]",
        "watches: field_selector: the API server cannot select v1/Secret by 'kind'",
    ),
    ("for_='v1/Pod', watches=[watch('v1/Secret', map=many)]", "watches: the map of 'v1/Secret' is async and contains"),
    ("for_='v1/Pod', owns=[read('v1/Pod')]", "owns: ReadOptions does not belong here: write a kind, or own("),
    ("for_='v1/Pod', reads=[watch('v1/Pod', map=print)]", "reads: WatchOptions does not belong here"),
    ("for_='v1/Pod', reads=[read('v1/Pod', label_selector='(')]", "reads: "),
    ("for_='v1/Pod', reads=[read('v1/Pod', field_selector='spec.x=1')]", "reads: field_selector"),
    ("for_='v1/Pod', reads=[read('v1/Pod', name='a/b')]", "reads: name: 'a/b' is not a name"),
    ("for_='v1/Pod', reads=[read('v1/Pod', name='a'), read('v1/Secret', name='a')]", "two caches have the name 'a'"),
    ("for_='v1/Pod', indexes=['a']", "indexes: ['a'] is not a mapping"),
    ("for_='v1/Pod', indexes={'a b': print}", "indexes: 'a b' is not a name"),
    ("for_='v1/Pod', indexes={'a': 'spec'}", "indexes: 'a' must be a function of the object"),
    ("for_='v1/Pod', indexes={'a': later}", "indexes: the function of 'a' is async"),
    (
        "for_='v1/Pod', indexes={'a': str}, reads=[read('v1/Pod', indexes={'a': repr})]",
        "indexes: v1/Pod has two indexes named 'a'",
    ),
    ("for_='v1/Pod', predicates=[changed(later)]", "predicates: sleep is async or contains a yield"),
    ("for_='v1/Pod', predicates=[~Slow() | labels_changed]", "predicates: Slow.update is async or contains a yield"),
    ("for_='v1/Pod', reads=[read('v1/Pod', indexes=['a'])]", "reads: indexes: ['a'] is not a mapping"),
    ("for_='v1/Pod', schedules=every(60)", "schedules: a single schedule is not a list: write schedules=[every(60)]"),
    ("for_='v1/Pod', predicates=[later]", "is async or contains a yield, so its result is always true"),
    (
        "for_='v1/Pod', permissions=[permission('pods', 'reed')]",
        "permissions: 'reed' is not a verb: did you mean 'get'?",
    ),
    ("for_='v1/Pod', permissions=[permission('pod', 'get')]", "did you mean 'pods'?"),
    ("for_='v1/Pod', permissions=[permission('Pods', 'get')]", "write 'pods'"),
    ("for_='v1/Pod', permissions=[permission('pods/logs', 'get')]", "did you mean 'pods/log'?"),
    ("for_='v1/Pod', permissions=[permission('deployments', 'get')]", "'deployments' are not of the API group ''"),
    (
        "for_='v1/Pod', permissions=[permission('jobs', 'get', api_groups='batch/v1')]",
        "write 'batch', without a version",
    ),
    ("for_='v1/Pod', permissions=[permission('pods', 'get', api_groups='core')]", "write '', without a version"),
    ("for_='v1/Pod', permissions=[permission('jobs', 'get', api_groups='bach')]", "did you mean 'batch'?"),
    (
        "for_='v1/Pod', permissions=[{'resources': ['pods'], 'verbs': ['get']}]",
        "allows nothing without API groups",
    ),
    ("for_='v1/Pod', permissions=[permission('pods', 'lsit')]", "'lsit' is not a verb: did you mean 'list'?"),
    ("for_='v1/Pod', permissions=[permission('pods', 'Get')]", "'Get' is not a verb: did you mean 'get'?"),
    ("for_='v1/Pod', permissions=[permission('pods', 'frobnicate')]", "the verbs are get, list, watch, create"),
    ("for_='v1/ConfigMap', owns='v1/Pod'", "owns: 'v1/Pod' is not a list"),
    ("for_='v1/Pod', label_selector='a in b'", "label_selector:"),
    ("for_='v1/Pod', namespaces=['A_B']", "namespaces: 'A_B'"),
    ("for_='v1/Pod', namespaces=[]", "namespaces: an empty list"),
    ("for_='v1/Pod', max_concurrent_reconciles=0", "max_concurrent_reconciles: 0"),
    ("for_='v1/Pod', max_concurrent_reconciles=1001", "max_concurrent_reconciles: 1001 concurrent reconciles"),
    ("for_='v1/Pod', resync_seconds=-1", "resync_seconds: -1"),
    ("for_='v1/Pod', metadata_only='yes'", "metadata_only: 'yes'"),
    ("for_='v1/Pod', name='a b'", "name: 'a b' is not a name"),
    (
        "for_='v1/Secret', predicates=[generation_changed]",
        "predicates: generation_changed cannot detect changes of v1/S",
    ),
    ("for_='v1/ConfigMap', predicates=[~(generation_changed | labels_changed)]", "predicates: generation_changed"),
    (
        "for_='v1/Pod', watches=[watch('v1/Secret', map=lambda obj: [], predicates=[generation_changed])]",
        "watches: generation_changed cannot detect changes of v1/Secret, which has no metadata.generation: use labels",
    ),
    ("for_='v1/Pod', id='a b'", "id: 'a b' is not an id: write id= with up to 63 letters"),
    ("for_='v1/Pod', id='_a'", "id: '_a' is not an id"),
    ("for_='v1/Pod', id=''", "id: '' is not an id"),
    ("for_='v1/Pod', id=7", "id: 7 is not an id"),
    (f"for_='v1/Pod', id='{'a' * 64}'", f"id: '{'a' * 64}' is not an id"),
    ("for_='v1/Pod', name='_a'", "id: '_a' is not an id"),
    ("for_='v1/Pod', renamed_from='a b'", "renamed_from: 'a b' cannot have been an id: name the id= of the controller"),
    ("for_='v1/Pod', renamed_from=['a', 7]", "renamed_from: 7 cannot have been an id"),
    ("for_='v1/Pod', renamed_from=7", "renamed_from: 7 is not a list"),
    ("for_='v1/Pod', renamed_from='one'", "renamed_from: 'one' is the id that the controller has now: leave it out"),
    ("for_='v1/Pod', id='x', renamed_from=['one', 'x']", "renamed_from: 'x' is the id that the controller has now"),
    ("for_='v1/Pod', rate_limit=3", "rate_limit: 3"),
    ("for_='v1/Pod', watches=['v1/Secret']", "watches: 'v1/Secret' is not a watch"),
    ("for_='v1/Pod', predicates=[3]", "predicates: 3"),
    ("for_='v1/Pod', permissions=[{'verbs': ['get']}]", "permissions:"),
    ("for_='v1/Pod', permissions=[{'verb': 1}]", "permissions: a rule has no field 'verb'"),
]
REFUSED_MODULES = [
    (
        """
        @controller
        async def one(ctx, request): ...
        """,
        "for_: @controller needs the kind: write @controller(for_='v1/ConfigMap')",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(spec, **kw): ...
        """,
        "is called as one(ctx, request), which never fills **kw",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        def one(spec, name, **kwargs): ...
        """,
        "which never fills **kwargs: take exactly these arguments, and read the object with ctx.lister.get(request)",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(spec, meta): ...
        """,
        "which never fills 'spec' and 'meta'",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(ctx, request):
            yield
        """,
        "one: contains a yield, so that a call runs nothing",
        3,
    ),
    (
        """
        class C:
            for_ = "v1/Pod"
            def reconcile(self, ctx, request): ...
            async def start(self, ctx):
                yield
        def new_controller(): return C()
        """,
        "start: contains a yield",
        6,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def twin(ctx, request): ...
        @controller(for_="v1/Secret")
        async def twin(ctx, request): ...
        """,
        "name: controller 'twin' is overwritten by another 'twin' in this file: rename one of them",
        3,
    ),
    ("x = 1", "declares no controller", 1),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(request): ...
        """,
        "cannot be called as one(ctx, request)",
        3,
    ),
    ("def new_controller(): pass", "new_controller: returned no controller", 2),
    ("def new_controller(): 1/0", "new_controller: raised ZeroDivisionError", 2),
    ("new_controller = 3", "new_controller: is not a function", None),
    (
        """
        class C:
            for_ = "v1/Pod"
        def new_controller(): return C()
        """,
        "reconcile: C has no method reconcile",
        None,
    ),
    (
        """
        class C:
            for_ = "v1/Pod"
            max_concurent_reconciles = 2
            def reconcile(self, ctx, request): ...
        def new_controller(): return C()
        """,
        "did you mean 'max_concurrent_reconciles'?",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod")
        class C:
            def reconcile(self, ctx, request): ...
            def export_state(self): ...
        """,
        "export_state: needs import_state",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod")
        class C:
            def __init__(self, x): ...
            def reconcile(self, ctx, request): ...
        """,
        "could not be created",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod", name="x")
        def a(ctx, request): ...
        @controller(for_="v1/Pod", name="x")
        def b(ctx, request): ...
        """,
        "name: 'x' is used by the controller in line 3",
        5,
    ),
    (
        """
        @controller(for_="v1/Pod", id="y")
        def x(ctx, request): ...
        @controller(for_="v1/Pod")
        def y(ctx, request): ...
        """,
        "id: 'y' of controller 'y' is used by controller 'x' in line 3: choose another with id=",
        5,
    ),
    (
        """
        @controller(for_="v1/Pod", renamed_from="y")
        def x(ctx, request): ...
        @controller(for_="v1/Pod")
        def y(ctx, request): ...
        """,
        "renamed_from: 'y' of controller 'x' is used by controller 'y' in line 5: an id becomes that of one controller",
        3,
    ),
    (
        """
        @controller(for_="v1/Pod", renamed_from="a")
        def x(ctx, request): ...
        @controller(for_="v1/Pod", renamed_from=["b", "a"])
        def y(ctx, request): ...
        """,
        "renamed_from: 'a' of controller 'y' is used by controller 'x' in line 3: an id becomes that of one controller",
        5,
    ),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED_FIELDS, ids=[each[1] for each in REFUSED_FIELDS])
def test_a_refused_value_is_named_with_its_field_and_the_line_of_its_controller(
    load: Load, arguments: str, reason: str
) -> None:
    with pytest.raises(PluginRejected) as refused:
        load(f"@controller({arguments})\nasync def one(ctx, request): ...")
    assert reason in refused.value.reason
    assert re.match(r"\w+: ", refused.value.reason)
    assert (refused.value.path, refused.value.line) == ("/plugins/sample.py", 2)


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (
            "permissions=[permission('pods', 'lsit'), permission('pods', 'get'), permission('pod', 'get'), 3]",
            [
                "permissions: 'lsit' is not a verb",
                "permissions: there is no resource 'pod'",
                "permissions: 3 is not",
            ],
        ),
        (
            "permissions=[permission(['pod', 'secret'], ['get', 'lsit', 'raed'])]",
            [
                "permissions: 'lsit' is not a verb",
                "permissions: 'raed' is not a verb",
                "permissions: there is no resource 'pod'",
                "permissions: there is no resource 'secret'",
            ],
        ),
        ("owns=['v1/secrets', own('v1/pods')]", ["owns: 'v1/secrets' is not a kind", "owns: 'v1/pods' is not a kind"]),
        ("reads=[read('v1/secrets'), own('v1/Pod')]", ["reads: 'v1/secrets' is not", "reads: OwnOptions does not bel"]),
        ("watches=['v1/Secret', 5], max_prune=0", ["watches: 'v1/Secret' is not", "watches: 5", "max_prune: 0"]),
    ],
)
def test_each_wrong_value_of_a_list_is_reported(load: Load, arguments: str, reasons: list[str]) -> None:
    with pytest.raises(PluginRejected) as refused:
        load(f"@controller(for_='v1/Pod', {arguments})\nasync def one(ctx, request): ...")
    found = [refused.value.reason, *(each.reason for each in refused.value.others)]
    assert [each[: len(reason)] for each, reason in zip(found, reasons, strict=True)] == reasons


@pytest.mark.parametrize(("source", "reason", "line"), REFUSED_MODULES, ids=[each[1] for each in REFUSED_MODULES])
def test_a_refused_module_is_told_file_line_and_way_out(load: Load, source: str, reason: str, line: int | None) -> None:
    with pytest.raises(PluginRejected) as refused:
        load(source)
    assert reason in refused.value.reason
    assert refused.value.path == "/plugins/sample.py"
    if line is not None:
        assert refused.value.line == line
