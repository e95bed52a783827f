"""ServiceAccounts. ``verbs.token_requests`` issues their tokens."""

from kube_apiserver.strategies import Deletion, Strategy

STRATEGIES = (Strategy(kind="ServiceAccount", has_generation=False, deletion=Deletion(returns_object=True)),)
