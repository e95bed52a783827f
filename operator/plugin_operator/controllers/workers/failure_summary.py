"""The failures of one controller in a line of text, in one process and over several."""

from collections.abc import Sequence

from plugin_operator.controllers.workers.outcomes import MAX_REMEMBERED


def failure_summary(
    controller: str, *, objects: int, names: Sequence[str], handlers: int, last: tuple[str, str, str]
) -> str:
    """Return the current failures in words.

    Args:
        controller: name of the controller.
        objects: number of objects whose last reconcile failed.
        names: names of some of them.
        handlers: number of recent exceptions of predicates and map functions.
        last: of the last error: the role of the code that failed, type and message in one line, and the place.
    """
    what, error, place = last
    more = ", …" if objects > len(names) else ""
    count = f"{objects} or more" if objects >= MAX_REMEMBERED else str(objects)
    noun = "object fails" if objects == 1 else "objects fail"
    failing = f"{count} {noun} ({', '.join(names)}{more})" if objects else ""
    code = f"predicates or map functions raised {handlers} times" if handlers else ""
    part = "" if what == "reconcile" else f"{what}: "
    where = f" ({place})" if place else ""
    return f"{controller}: {', '.join(filter(None, (failing, code)))}; last {part}{error}{where}"
