"""Defaults of the addresses of webhooks, which configurations and definitions share."""

from typing import Any

from kube_apiserver.defaulting.fields import fill


def default_port(client_config: dict[str, Any]) -> None:
    """Set the port of a webhook that a service answers."""
    service = client_config.get("service")
    if service:
        fill(service, port=443)
