"""The tables of ``kubectl get``. The server renders the rows, kubectl aligns them.

The package has the columns and cells of built-in and custom kinds.
"""

from kube_apiserver.printer_columns.rendering import render

__all__ = ["render"]
