"""Pods and PodTemplates: their defaults and columns, what an update may change, what a status may say."""

from kube_apiserver.kinds.core.pods import pods, templates

STRATEGIES = (*templates.STRATEGIES, *pods.STRATEGIES)
