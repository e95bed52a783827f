"""Conversion of import exceptions to rejections with file and line."""

import difflib
import re
import sys
from types import TracebackType

from plugin_operator.error_hints import KINDS, hint_for, meant_class, meant_module
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.revision_modules import RevisionModules
from plugin_operator.hosting.scan.names import shadowed_by
from plugin_operator.plugin.declaration.kopf_files import OF_KOPF
from plugin_operator.rendering import class_name, describe, message_of, safe_repr, safe_text, traceback_of

_MAX_CHARACTERS = 2000
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


def rejection(error: BaseException, modules: RevisionModules, main: str) -> PluginRejected:
    """Return the rejection for an exception of an import.

    Args:
        error: the exception.
        modules: modules of the revision.
        main: file to name if the traceback contains none of its files.
    """
    try:
        if isinstance(error, PluginRejected) and error.path:
            return _at_its_cause(error, modules)
        path, line = _where(error, modules)
        reason = _reason(error, modules)
    except BaseException:  # noqa: BLE001 - attributes of a plugin's exception may raise anything
        return PluginRejected(describe(error), path=main)
    return PluginRejected(reason, path=path or main, line=line)


def _at_its_cause(refused: PluginRejected, modules: RevisionModules) -> PluginRejected:
    """Return a rejection by the contract with the line that raised instead of that of the called function."""
    cause = refused.__cause__
    path, line = _where(cause, modules) if cause is not None else ("", None)
    return PluginRejected(refused.reason, path=path, line=line, others=refused.others) if path else refused


def _reason(error: BaseException, modules: RevisionModules) -> str:
    if isinstance(error, PluginRejected):
        return error.reason
    if isinstance(error, SyntaxError):
        return f"{class_name(error)}: {safe_text(error.msg)}"
    if isinstance(error, SystemExit):
        return f"ends the process at import: sys.exit({safe_repr(error.code)}): raise an exception instead, or drop it"
    if hint := _hint_for_import(error, modules) or hint_for(error):
        return f"{class_name(error)}: {hint}"
    text = modules.plain(describe(error, _MAX_CHARACTERS))
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{text}: {_way_out(error.name.removeprefix(modules.package + '.'), modules)}"
    return text


def _hint_for_import(error: BaseException, modules: RevisionModules) -> str:
    """Return the message of a failed import of a name with its fix; empty for other errors."""
    found = _NO_NAME.match(message_of(error)) if type(error) is ImportError else None
    return _no_name_in(found[1], found[2], modules) if found is not None else ""


def _no_name_in(name: str, module: str, modules: RevisionModules) -> str:
    where = module.removeprefix(modules.package).removeprefix(".")
    if where != module:
        path = f"{where.replace('.', '/')}/" if where else ""
        if where and not any(each.startswith(path) for each in modules.files):
            return f"{name!r} is not in {where.replace('.', '/')}.py"
        full = f"{where}.{name}" if where else name
        way_out = _way_out(full, modules) if where else f"put {name}.py beside the plugin"
        return f"there is no {name!r} in {path or 'the plugins directory'}: {way_out}"
    if hint := meant_module(name) if module == KINDS else meant_class(module, name):
        return f"there is no {name!r} in {module}: {hint}"
    near = difflib.get_close_matches(name, dir(sys.modules.get(module)), n=1)
    hint = f": did you mean {near[0]!r}?" if near else ""
    return f"there is no {name!r} in {module}{hint}"


def _way_out(name: str, modules: RevisionModules) -> str:
    """Return the fix for a missing module: where to put it, or what to install."""
    top, _, rest = name.partition(".")
    if top == "kopf":
        return OF_KOPF
    path = name.replace(".", "/")
    if not rest:
        return f"put {name}.py beside the plugin, or install {name!r} where the operator runs"
    if f"{top}.py" in modules.files:
        return f"{top}.py is a file, in which there is no module {rest!r}: make it a folder with __init__.py"
    if any(each.startswith(f"{top}/") for each in modules.files):
        return f"put {path}.py into the plugins directory, or a folder {path} with an __init__.py"
    if shadowed_by(top):
        return f"{top!r} is installed, but has no module {rest!r}: check the installed version"
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
