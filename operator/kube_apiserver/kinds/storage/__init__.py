"""The kinds of the groups ``storage.k8s.io`` and ``storagemigration.k8s.io``."""

from kube_apiserver.kinds.storage import classes, nodes, volume_drivers

STRATEGIES = (*classes.STRATEGIES, *nodes.STRATEGIES, *volume_drivers.STRATEGIES)
