"""The kind of the group ``autoscaling``."""

from kube_apiserver.kinds.autoscaling import scalers

STRATEGIES = scalers.STRATEGIES
