"""Making the server misbehave on purpose, to see what its clients do then.

Owns which faults there are (``fault``), which of them are planned (``plan``), what they do to whole requests
(``requests``) and to open watches (``watches``), and the endpoint that plans them over HTTP (``endpoint``). A server
without planned faults pays one comparison for each request.
"""

from kube_apiserver.faults.fault import Action, Fault
from kube_apiserver.faults.plan import FaultPlan, Planned

__all__ = ["Action", "Fault", "FaultPlan", "Planned"]
