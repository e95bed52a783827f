"""What ``kubectl get`` shows: the server renders rows, kubectl only aligns them.

Owns columns and cells of built-in and custom kinds. Leaves content negotiation and lists to the server.
"""

from kube_apiserver.printer_columns.rendering import render

__all__ = ["render"]
