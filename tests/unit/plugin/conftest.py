"""A plugin's module out of source text."""

import sys
import textwrap
import types
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from plugin_operator.controllers import Predicate
from plugin_operator.plugin import ControllerDeclaration, collect

Load = Callable[..., tuple[ControllerDeclaration, ...]]


async def many(obj: object) -> AsyncIterator[object]:
    """What nobody can await."""
    yield obj


class Slow(Predicate):
    """What is always true."""

    async def update(self, old: object, new: object) -> bool:  # type: ignore[override]
        """Return a coroutine."""
        return False


HEADER = (
    "from tests.unit.plugin.conftest import Slow, many; "
    "from plugin_operator.plugin import controller, every, own, permission, read, watch; "
    "from plugin_operator.kube import GroupVersionKind; from asyncio import sleep as later; "
    "from plugin_operator.controllers import changed, generation_changed, labels_changed\n"
)


@pytest.fixture
def load() -> Iterator[Load]:
    """Run source text as a module named like a file and collect what it declares."""
    names: list[str] = []

    def run(source: str, name: str = "sample") -> tuple[ControllerDeclaration, ...]:
        module = types.ModuleType(name)
        module.__file__ = f"/plugins/{name}.py"
        sys.modules[name] = module
        names.append(name)
        exec(compile(HEADER + textwrap.dedent(source), module.__file__, "exec"), vars(module))
        return collect(module)

    yield run
    for name in names:
        sys.modules.pop(name, None)
