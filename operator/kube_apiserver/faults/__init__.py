"""Fault injection: the server misbehaves on request, to test its clients.

``fault`` defines the faults, ``plan`` holds the planned ones, ``requests`` and ``watches`` inject them, and
``endpoint`` manages them over HTTP. A server without planned faults pays one comparison per request.
"""

from kube_apiserver.faults.fault import Action, Fault
from kube_apiserver.faults.plan import FaultPlan, Planned

__all__ = ["Action", "Fault", "FaultPlan", "Planned"]
