"""What a file imports is found whatever else the process parses in that moment."""

import ast
import gc

from plugin_operator.hosting.imports import facts_of


class Meddler:
    """Garbage whose end parses something, as a traceback that another thread formats does."""

    left = 50

    def __init__(self) -> None:
        self.cycle = self

    def __del__(self) -> None:
        if Meddler.left > 0:
            Meddler.left -= 1
            ast.parse("deeper")
            Meddler()


def test_a_file_is_read_though_something_else_is_parsed_in_the_middle_of_it():
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        Meddler()
        assert facts_of(b"import helper\n" + b"x = [1, 2, 3]\n" * 500, ()).top_level == {"helper"}
    finally:
        gc.set_threshold(*before)
    assert Meddler.left == 0
