"""The author's interface to objects on the API server.

Owns what each verb promises, and its types. ``ApiClient`` sends the requests; the client of a reconcile wraps it.
"""

from plugin_operator.client.interface.client import Client

__all__ = ["Client"]
