"""A request to an API server, as a value."""

from msgspec.structs import fields, replace

from plugin_operator.client import ApiRequest


def test_a_guarded_request_is_the_same_request_with_its_guard() -> None:
    request = ApiRequest("PATCH", "/api/v1/pods", [("a", "b")], b"{}", "text/plain", "text/html", 1.0, {"c": "d"})

    def guard() -> None: ...

    defaults = [each.name for each in fields(request) if getattr(request, each.name) == each.default]
    assert defaults == ["send_guard"]  # so that the next line compares every field
    assert request.guarded_by(guard) == replace(request, send_guard=guard)
