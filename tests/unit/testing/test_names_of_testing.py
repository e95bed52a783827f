"""What a Python shell completes: the names for tests, which are imported on first use."""

from plugin_operator import testing


def test_a_shell_completes_the_names_that_were_not_used_yet() -> None:
    assert set(testing.__all__) <= set(dir(testing))
    assert all(getattr(testing, each) is not None for each in testing.__all__)
