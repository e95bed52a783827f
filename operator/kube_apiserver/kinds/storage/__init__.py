"""The kinds of the groups ``storage.k8s.io`` and ``storagemigration.k8s.io``."""

from kube_apiserver.kinds.storage import classes, volume_drivers

STRATEGIES = (*classes.STRATEGIES, *volume_drivers.STRATEGIES)
