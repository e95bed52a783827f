"""What the API client raises for reasons outside a plugin is no failure of the plugin, wrapped or not; the rest is."""

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plugin_operator import client, errors
from plugin_operator.errors import (
    AlreadyExistsError,
    ApiConnectionError,
    ApiError,
    BadRequestError,
    ConflictError,
    ExternalError,
    InvalidError,
    NoMatchError,
    NotFoundError,
    api_error,
    is_external,
)
from plugin_operator.hosting.runtime.health import RevisionHealth

OWN = {400, 404, 405, 406, 409, 412, 413, 415, 422}


def descendants(root: type[Exception]) -> Iterator[type[Exception]]:
    for each in root.__subclasses__():
        yield each
        yield from descendants(each)


EXTERNAL: list[type[Exception]] = sorted(
    {ExternalError, *descendants(ExternalError)}, key=lambda each: str(each.__name__)
)
OWN_CLASSES = [BadRequestError, NotFoundError, ConflictError, AlreadyExistsError, InvalidError]


def made(kind: type[Exception]) -> Exception:
    return kind(503, "Reason", "words") if issubclass(kind, ApiError) and kind is not NoMatchError else kind("words")


external = st.one_of(
    st.sampled_from(EXTERNAL).map(made),
    st.integers(300, 599).filter(lambda status: status not in OWN).map(api_error),
)
own = st.one_of(
    st.sampled_from([*OWN_CLASSES, ValueError, KeyError, RuntimeError, TimeoutError, OSError]).map(made),
    st.sampled_from(sorted(OWN)).map(api_error),
)


def raised_from(inner: Exception) -> Exception:
    error = RuntimeError("the plugin's own words")
    error.__cause__ = inner
    return error


def raised_while_handling(inner: Exception) -> Exception:
    error = LookupError("the plugin's own words")
    error.__context__ = inner
    return error


def raised_from_none(inner: Exception) -> Exception:
    error = raised_while_handling(inner)
    error.__cause__ = None  # as "from None" does: this sets __suppress_context__
    return error


def grouped(errors_: list[Exception]) -> Exception:
    return ExceptionGroup("tasks", errors_)


def wrapped(leaves: st.SearchStrategy[Exception]) -> st.SearchStrategy[Exception]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(raised_from),
            inner.map(raised_while_handling),
            inner.map(raised_from_none),
            st.lists(inner, min_size=1, max_size=3).map(grouped),
        ),
        max_leaves=5,
    )


def counted(error: Exception) -> RevisionHealth:
    health = RevisionHealth()
    health.raised(error)
    return health


@given(wrapped(external))
def test_a_failure_from_outside_is_not_counted_however_it_is_wrapped(error: Exception) -> None:
    assert counted(error).failed == 0


@given(wrapped(own))
def test_what_the_plugin_is_to_blame_for_is_counted_however_it_is_wrapped(error: Exception) -> None:
    assert counted(error).failed == 1


@given(st.lists(external, min_size=1, max_size=3), own)
def test_a_group_with_one_failure_of_the_plugin_is_counted(others: list[Exception], error: Exception) -> None:
    assert counted(grouped([*others, error])).failed == 1


def test_chains_and_groups_that_go_round_in_a_circle_are_judged() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert not is_external(one)
    group = ExceptionGroup("g", [NoMatchError("x"), one])
    one.__context__ = group
    assert is_external(group)
    shared = ApiConnectionError("x")
    assert is_external(ExceptionGroup("g", [raised_from(shared), raised_from(shared)]))


def raises_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            yield node.exc.func.id


#: What the client raises because the call is wrong, the plugin's fault; and what classifies an answer by its status.
#: ``misfit`` and ``other_half`` return an ``InvalidError``, and ``_wrong`` a ``ConfigError``.
WRONG_CALLS = {"ValueError", "TypeError", "error_of", "api_error", "misfit", "other_half", "_wrong"}
#: What ``Connection`` makes a connection error of; ``_own`` returns an ``OSError``.
CAUGHT = {"OSError", "ConnectionError", "TimeoutError"} | {
    "DialError", "ClosedByServerError", "MalformedAnswerError", "_IdleConnectionClosed", "KeyError", "_own"
}  # fmt: skip


def unclassified(sources: Iterator[str]) -> set[str]:
    found = set()
    for name in {name for source in sources for name in raises_of(source)} - WRONG_CALLS - CAUGHT:
        kind = getattr(errors, name, None) or getattr(builtins, name, None)
        if kind is None or not issubclass(kind, ExternalError):
            found.add(name)
    return found


def test_the_client_raises_nothing_that_is_neither_external_nor_a_wrong_call() -> None:
    folder = Path(client.__file__).parent
    assert unclassified(path.read_text(encoding="utf-8") for path in folder.rglob("*.py")) == set()
    assert unclassified(iter(["raise RuntimeError('planted')"])) == {"RuntimeError"}
    assert unclassified(iter(["raise PluginRejected('planted')"])) == {"PluginRejected"}
