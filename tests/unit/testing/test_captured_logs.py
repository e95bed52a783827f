"""What a scenario shows as the log of its plugins: also what the operator writes there, and none of its own lines."""

from plugin_operator import logs
from plugin_operator.testing.recording.observations import LogLine, captured_logs


def test_the_log_of_a_controller_is_shown_and_the_operators_own_is_not() -> None:
    lines: list[LogLine] = []
    with captured_logs(lines):
        logs.owned_logger("plugin", controller="web").warning("Child waits", child="a")
        logs.get_logger("plugin_operator.manager").warning("Lease lost")
    assert [(each["event"], each["controller"], each["level"]) for each in lines] == [("Child waits", "web", "warning")]
