"""Cases that nobody thought of: hypothesis draws sequences of requests on few objects of one kind.

The alphabets are small on purpose: interesting outcomes come from requests that meet each other, not from exotic
content, which the hand-written cases hold.
"""

from tests.conformance.differential.generating.configmaps import config_map_cases
from tests.conformance.differential.generating.deployments import deployment_cases
from tests.conformance.differential.generating.widgets import widget_cases

DRAWN = {"config maps": config_map_cases(), "deployments": deployment_cases(), "custom objects": widget_cases()}
