"""The operator uses nothing that a plugin can fill: no default executor, no name look-up of the event loop."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "operator"

_ON_A_LOOP = {"getaddrinfo", "getnameinfo", "sock_connect", "create_datagram_endpoint", "set_default_executor"}
# By a resolver of the loop's own, unless one is given.
_RESOLVES = {"TCPConnector", "ThreadedResolver", "DefaultResolver"}


def uses_of_shared_threads(source: str) -> list[int]:
    """Return the lines that wait for threads that are everybody's."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and _is_shared(node)]


def _is_shared(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if name == "to_thread":
        return True
    if name == "run_in_executor":
        return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value is None
    if name in _RESOLVES:
        return not any(keyword.arg == "resolver" for keyword in call.keywords)
    return name in _ON_A_LOOP and not (isinstance(owner, ast.Name) and owner.id == "socket")


def test_no_module_waits_for_threads_that_a_plugin_can_fill() -> None:
    found = {str(path.relative_to(ROOT)): uses_of_shared_threads(path.read_text()) for path in ROOT.rglob("*.py")}
    assert len(found) > 100
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "await asyncio.to_thread(f)",
        "await to_thread(f)",
        "loop.run_in_executor(None, f)",
        "await loop.getaddrinfo('a', 1)",
        "aiohttp.TCPConnector(limit=1)",
        "aiohttp.ThreadedResolver()",
    ],
)
def test_the_check_finds_each_of_them(line: str) -> None:
    assert uses_of_shared_threads(f"async def f():\n    {line}\n") == [2]


@pytest.mark.parametrize(
    "line",
    [
        "await in_thread(f)",
        "loop.run_in_executor(self._threads, f)",
        "socket.getaddrinfo('a', 1)",
        "aiohttp.TCPConnector(resolver=r)",
    ],
)
def test_the_check_lets_threads_of_ones_own_pass(line: str) -> None:
    assert uses_of_shared_threads(f"async def f():\n    {line}\n") == []
