"""From an exception at import to a refusal with file and line."""

from types import TracebackType

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.modules import RevisionModules
from plugin_operator.hosting.names import shadowed_by
from plugin_operator.rendering import class_name, describe, safe_repr, safe_text, traceback_of

_MAX_CHARACTERS = 2000


def rejection(error: BaseException, modules: RevisionModules, main: str) -> PluginRejected:
    """Return the refusal for what an import raised.

    Args:
        error: what was raised.
        modules: the revision whose code was running.
        main: file to name if none of its lines is to blame.
    """
    try:
        if isinstance(error, PluginRejected) and error.path:
            return _at_its_cause(error, modules)
        path, line = _where(error, modules)
        reason = _reason(error, modules)
    except BaseException:  # noqa: BLE001 - an exception of the plugin's, whose attributes answer as they like
        return PluginRejected(describe(error), path=main)
    return PluginRejected(reason, path=path or main, line=line)


def _at_its_cause(refused: PluginRejected, modules: RevisionModules) -> PluginRejected:
    """Return a refusal with the line of the plugin that raised; the contract knows the function that was called."""
    cause = refused.__cause__
    path, line = _where(cause, modules) if cause is not None else ("", None)
    return PluginRejected(refused.reason, path=path, line=line) if path else refused


def _reason(error: BaseException, modules: RevisionModules) -> str:
    if isinstance(error, PluginRejected):
        return error.reason
    if isinstance(error, SyntaxError):
        return f"{class_name(error)}: {safe_text(error.msg)}"
    if isinstance(error, SystemExit):
        return f"ends the process at import: sys.exit({safe_repr(error.code)})"
    text = modules.plain(describe(error, _MAX_CHARACTERS))
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{text}: {_way_out(error.name.removeprefix(modules.package + '.'), modules)}"
    return text


def _way_out(name: str, modules: RevisionModules) -> str:
    """Return where a module that was not found would have to be: in the folder that is there, or else anywhere."""
    top, _, rest = name.partition(".")
    path = name.replace(".", "/")
    if not rest:
        return f"put {name}.py beside the plugin, or install {name!r} where the operator runs"
    if f"{top}.py" in modules.files:
        return f"{top}.py is a file, in which there is no module {rest!r}: make it a folder with __init__.py"
    if any(each.startswith(f"{top}/") for each in modules.files):
        return f"put {path}.py into the plugins directory, or a folder {path} with an __init__.py"
    if shadowed_by(top):
        return f"{top!r} is installed, but has no module {rest!r}: look at the version that is installed"
    return f"put {path}.py into the plugins directory, or install {top!r} where the operator runs"


def _where(error: BaseException, modules: RevisionModules) -> tuple[str, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        path = modules.user_path(error.filename)
        if path is not None:
            return path, error.lineno
    found: tuple[str, int | None] = ("", None)
    traceback: TracebackType | None = traceback_of(error)
    while traceback is not None:
        path = modules.user_path(traceback.tb_frame.f_code.co_filename)
        if path is not None:
            found = (path, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
