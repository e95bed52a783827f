"""Strategies per kind: fields that the server sets on create and update, and changes that it rejects."""

from kube_apiserver.strategies.checks import kind_causes
from kube_apiserver.strategies.kinds import default_create, prepare_create, prepare_update
from kube_apiserver.strategies.metadata import metadata_causes
from kube_apiserver.strategies.statuses import status_causes
from kube_apiserver.strategies.updates import update_causes

__all__ = [
    "default_create",
    "kind_causes",
    "metadata_causes",
    "prepare_create",
    "prepare_update",
    "status_causes",
    "update_causes",
]
