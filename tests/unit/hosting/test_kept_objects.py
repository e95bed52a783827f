"""How objects that keep a finalizer are counted."""

from typing import Any

from plugin_operator.hosting.finalizers.kept_objects import KEPT_FINALIZERS, KeptObjects
from plugin_operator.hosting.finalizers.ledger import FinalizerLedger, KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import LiveFinalizers
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics


def test_the_gauge_is_the_sum_over_the_kinds_that_have_one_finalizer() -> None:
    client: Any = None
    held: Any = None
    metrics = Metrics()
    objects = KeptObjects("p", LiveFinalizers(client), FinalizerLedger(), metrics, held)
    maps, secrets = (KeptFinalizer(GroupVersionKind.parse(each), "one") for each in ("v1/ConfigMap", "v1/Secret"))
    objects.count(maps, 2)
    objects.count(secrets, 3)
    kept = metrics.family(KEPT_FINALIZERS)
    assert kept.get("p", maps.finalizer) == 5
    objects.count(maps, 0)
    assert kept.get("p", maps.finalizer) == 3
    objects.count(secrets, 0)
    assert not kept.values
