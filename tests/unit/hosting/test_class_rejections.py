"""An import ends with the mistakes of all classes with ``@resource``, and not with the first."""

from textwrap import dedent

import pytest

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.scan.snapshot import PluginSource, digest_of
from tests.compiling import compiled

HEAD = "from plugin_operator import ApiObject, Struct, column, controller, resource\n"
TWO = """
class Spec(Struct):
    low: set[int] = set()

@resource("example.com/v1/Widget", plural="W_x", columns=[column("A", ".spec.a")])
class Widget(ApiObject):
    spec: Spec

@resource("Gadget")
class Gadget(ApiObject):
    size: object
"""
USES = """
first = Gadget(size=1)

@controller(for_=Widget, owns=[Gadget])
async def one(ctx, request): ...
"""


async def mistakes(*parts: str, **helpers: str) -> list[str]:
    texts = {"one.py": HEAD + dedent("".join(parts))}
    texts |= {f"{name}.py": HEAD + dedent(text) for name, text in helpers.items()}
    content = {path: text.encode() for path, text in texts.items()}
    source = PluginSource("one", "/p/one.py", content, digest_of(content), root="/p", code=compiled(content))
    with pytest.raises(PluginRejected) as caught:
        await Loader().load(source)
    found = caught.value
    return [f"{each.path.rpartition('/')[2]}:{each.line}: {each.reason}" for each in (found, *found.others)]


@pytest.mark.parametrize("use", ["", USES], ids=["alone", "with uses of the classes"])
async def test_the_mistakes_of_all_classes_of_a_file_are_found_together(use: str) -> None:
    spec, plural, size, kind = await mistakes(TWO, use)
    assert spec.startswith("one.py:4: Spec.low: set[int] has no structural schema")
    assert plural.startswith("one.py:7: Widget: plural: 'W_x' is not a plural")
    assert size.startswith("one.py:12: Gadget.size: object has no structural schema")
    assert kind.startswith("one.py:11: Gadget: kind: 'Gadget' is not a kind of your own")


async def test_an_error_after_the_classes_is_found_with_them() -> None:
    *_, last = await mistakes(TWO, "\n1 / 0\n")
    assert last == "one.py:14: ZeroDivisionError: division by zero"


async def test_the_mistakes_of_a_helper_are_found_with_those_of_its_plugin() -> None:
    use = "from kinds import Widget\n@resource('x')\nclass Own(ApiObject): ...\n"
    *in_helper, own = await mistakes(use, kinds=TWO)
    assert [each.partition(":")[0] for each in in_helper] == ["kinds.py"] * 4
    assert own.startswith("one.py:4: Own: kind: 'x' is not a kind of your own")


async def test_a_class_that_no_object_can_be_is_found_with_the_others() -> None:
    found = await mistakes("@resource('example.com/v1/Foo')\nclass Foo: ...\n", TWO)
    assert [each.split(": ")[1] for each in found] == ["Foo", "Spec.low", "Widget", "Gadget.size", "Gadget"]


async def test_a_class_outside_an_import_is_rejected_at_once() -> None:
    from plugin_operator import ApiObject, resource

    with pytest.raises(PluginRejected, match="'Gadget' is not a kind of your own"):

        @resource("Gadget")
        class Gadget(ApiObject):
            """A gadget."""
