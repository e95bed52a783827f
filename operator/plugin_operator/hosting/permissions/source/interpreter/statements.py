"""Execution of statements, in any order and again and again, until nothing new is found."""

import ast
import time
from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.hosting.permissions.source.facts.program import ClassInfo, FunctionInfo, Scope
from plugin_operator.hosting.permissions.source.facts.reachability import unreachable
from plugin_operator.hosting.permissions.source.facts.state import Frame, State
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Class,
    ClientValue,
    Ctx,
    Function,
    Instance,
    Obj,
    Unknown,
    Value,
    value,
    without_null,
)
from plugin_operator.hosting.permissions.source.interpreter.calling import Caller
from plugin_operator.hosting.permissions.source.interpreter.decorators import Decorators
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.interpreter.imports import bind_imports
from plugin_operator.hosting.permissions.source.interpreter.parameters import annotation_of, is_context
from plugin_operator.hosting.permissions.source.interpreter.patterns import Patterns
from plugin_operator.kube import GroupVersionKind

_ENTRIES = frozenset({"reconcile", "start", "stop", "export_state", "import_state"})


class Executor:
    """Executes the program.

    Args:
        state: the facts.
        evaluator: evaluates expressions.
        caller: evaluates calls.
        patterns: binds the names of patterns.
        entries: indexes of the controllers that a function or class declares, by path and line; a factory has several.
        cleanups: kinds of the objects that cleanup functions get, by their node.
    """

    def __init__(
        self,
        state: State,
        evaluator: Evaluator,
        caller: Caller,
        patterns: Patterns,
        entries: dict[tuple[str, int], tuple[int, ...]],
        cleanups: dict[ast.AST, tuple[GroupVersionKind, ...]],
    ) -> None:
        self._state = state
        self._caller = caller
        self._evaluator = evaluator
        self._patterns = patterns
        self._decorators = Decorators(state, evaluator, caller)
        self._entries = entries
        self._cleanups = cleanups
        self._unreachable = unreachable({name: each.tree for name, each in state.modules.items()})
        self._operations: dict[ast.AugAssign, ast.BinOp] = {}
        self._forms: dict[type[ast.stmt], Callable[[Any, Frame], None]] = {
            ast.FunctionDef: self._define,
            ast.AsyncFunctionDef: self._define,
            ast.ClassDef: self._class,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Delete: self._delete,
            ast.Return: self._return,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Import: self._import,
            ast.ImportFrom: self._import,
            ast.Match: self._match,
            ast.Global: self._global,
            ast.Nonlocal: self._nonlocal,
        }

    def run(self, seconds: float) -> bool:
        """Execute everything until nothing new is found; return False if that takes longer than ``seconds``.

        Raises:
            RecursionError: an expression is too deep.
        """
        deadline = time.monotonic() + seconds
        while True:
            self._state.is_changed = False
            for module in self._state.modules.values():
                self._block(module.tree.body, Frame(module, module.scope))
            for function in self._reachable():
                self._function(function)
                if time.monotonic() > deadline:
                    return False
            if self._state.is_changed or self._open_entries():
                continue
            if self._state.is_complete:
                return True
            self._state.is_complete = True

    def _reachable(self) -> list[FunctionInfo]:
        """Return the functions that may run: not those that nothing names, unless other code gets their object."""
        return [
            each
            for each in self._state.functions.values()
            if each.is_called or each.owner in self._state.exposed or each.node not in self._unreachable
        ]

    def _open_entries(self) -> bool:
        """Let other code call the functions that nothing in the program calls; return whether there were any."""
        uncalled = [each for each in self._reachable() if not each.is_called]
        for each in uncalled:
            self._state.called(each, by_others=True)
        return bool(uncalled)

    def _function(self, info: FunctionInfo) -> None:
        frame = Frame(info.module, info.scope, info)
        self._parameters(info)
        if isinstance(info.node, ast.Lambda):
            self._state.returned(info, self._evaluator.evaluate(info.node.body, frame))
        else:
            self._block(info.node.body, frame)

    def _parameters(self, info: FunctionInfo) -> None:
        controllers = self._controllers_of(info)
        skipped = 0
        if info.owner is not None and info.positional and "staticmethod" not in info.decorators():
            is_class = "classmethod" in info.decorators()
            owners = self._owners(info.owner, controllers)
            own = value(*(Class(each) if is_class else Instance(each) for each in owners))
            self._state.bind(info.scope, info.positional[0].arg, own)
            skipped = 1
        for number, parameter in enumerate(info.parameters[skipped:]):
            is_ctx = is_context(parameter) or (number == 0 and self._is_entry(info, controllers))
            known = info.scope.names.get(parameter.arg, NOTHING)
            if is_ctx and (controllers or not any(isinstance(each, Ctx) for each in known)):
                if controllers or info.is_escaped or any(isinstance(each, Unknown) for each in known):
                    self._state.bind(info.scope, parameter.arg, value(*map(Ctx, controllers or (None,))))
            elif annotation_of(parameter) == "Client" and not without_null(known):
                self._state.bind(info.scope, parameter.arg, value(ClientValue()))
            elif number == 1 and (kinds := self._cleanups.get(info.node)):
                self._state.bind(info.scope, parameter.arg, value(*map(Obj, kinds)))
            elif info.is_escaped and not is_ctx:
                self._state.bind(info.scope, parameter.arg, ANYTHING)
        frame = Frame(info.module, info.scope.parent or info.module.scope)
        self._defaults(info, frame)

    def _owners(self, owner: ClassInfo, controllers: tuple[int, ...]) -> list[ClassInfo]:
        """Return the classes whose instances a method of ``owner`` may have: those that are based on it, too."""
        based = [each for each in self._state.classes.values() if owner in each.lineage() and each is not owner]
        return [owner, *based] if owner.is_made or controllers or not based else based

    def _defaults(self, info: FunctionInfo, frame: Frame) -> None:
        arguments = info.node.args
        pairs = list(zip(reversed(info.positional), reversed(arguments.defaults), strict=False))
        pairs += [
            (each, default)
            for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default
        ]
        for parameter, default in pairs:
            found = self._evaluator.evaluate(default, frame)
            if info.is_escaped or parameter.arg in info.omitted:
                self._state.bind(info.scope, parameter.arg, found)
        for star in (arguments.vararg, arguments.kwarg):
            if star is not None and info.is_escaped:
                self._state.bind(info.scope, star.arg, ANYTHING)

    def _controllers_of(self, info: FunctionInfo) -> tuple[int, ...]:
        node: ast.AST = info.owner.node if info.owner is not None else info.node
        decorators = [each.lineno for each in getattr(node, "decorator_list", ())]
        lines = (*decorators, getattr(node, "lineno", 0))
        return next((found for line in lines if (found := self._entries.get((info.module.path, line)))), ())

    def _is_entry(self, info: FunctionInfo, controllers: tuple[int, ...]) -> bool:
        return info.name in _ENTRIES if info.owner is not None else bool(controllers)

    def _block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        for statement in body:
            self._statement(statement, frame)

    def _statement(self, node: ast.stmt, frame: Frame) -> None:
        self._forms.get(type(node), self._others)(node, frame)
        self._inner_blocks(node, frame)

    def _assign(self, node: ast.Assign, frame: Frame) -> None:
        made = self._evaluator.evaluate(node.value, frame)
        for target in node.targets:
            self._bind(target, made, frame)

    def _annotated(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value is not None:
            self._bind(node.target, self._evaluator.evaluate(node.value, frame), frame)

    def _bind(self, target: ast.expr, found: Value, frame: Frame) -> None:
        for each in (target, *frame.module.targets.get(target, ())):
            self._evaluator.assign(each, found, frame)

    def _augmented(self, node: ast.AugAssign, frame: Frame) -> None:
        # The same node for the same statement, because facts are kept by node.
        self._state.reordered(self._evaluator.evaluate(node.target, frame))
        made = self._operations.get(node)
        if made is None:
            made = self._operations[node] = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
        self._evaluator.assign(node.target, self._evaluator.evaluate(made, frame), frame)

    def _delete(self, node: ast.Delete, frame: Frame) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                self._state.reordered(self._evaluator.evaluate(target.value, frame))

    def _return(self, node: ast.Return, frame: Frame) -> None:
        if node.value is not None and frame.function is not None:
            self._state.returned(frame.function, self._evaluator.evaluate(node.value, frame))

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame) -> None:
        found = self._state.elements(self._evaluator.evaluate(node.iter, frame))
        self._bind(node.target, found, frame)

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
        for item in node.items:
            entered = self._caller.entered(self._evaluator.evaluate(item.context_expr, frame))
            if item.optional_vars is not None:
                self._bind(item.optional_vars, entered, frame)

    def _match(self, node: ast.Match, frame: Frame) -> None:
        found = self._evaluator.evaluate(node.subject, frame)
        for each in node.cases:
            self._patterns.bind(each.pattern, found, frame)

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        bind_imports(node, frame, self._state)

    def _global(self, node: ast.Global, frame: Frame) -> None:
        frame.scope.aliases.update(dict.fromkeys(node.names, frame.module.scope))

    def _others(self, node: ast.stmt, frame: Frame) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._evaluator.evaluate(child, frame)

    def _inner_blocks(self, node: ast.stmt, frame: Frame) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child, frame)
            elif isinstance(child, ast.ExceptHandler):
                if child.name:
                    self._state.bind(frame.scope, child.name, ELSEWHERE)
                self._block(child.body, frame)
            elif isinstance(child, ast.match_case):
                if child.guard is not None:
                    self._evaluator.evaluate(child.guard, frame)
                self._block(child.body, frame)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        info = self._evaluator.define(node, frame)
        self._state.bind(frame.scope, node.name, self._decorators.applied(value(Function(info)), node, frame))

    def _class(self, node: ast.ClassDef, frame: Frame) -> None:
        info = self._state.classes.get(node)
        if info is None:
            info = self._state.classes[node] = ClassInfo(node, frame.module, Scope(frame.scope, is_class=True))
            self._state.is_changed = True
        info.bases = self._bases(node, frame)
        for each in node.keywords:
            self._evaluator.evaluate(each.value, frame)
        made = self._decorators.applied(value(Class(info)), node, frame)
        kinds = self._decorators.kinds_of_class(node, frame)
        self._state.typed_kinds |= {each.kind for each in kinds}
        self._state.bind(frame.scope, node.name, value(*kinds) or made)
        self._block(node.body, Frame(frame.module, info.scope, frame.function, info))

    def _bases(self, node: ast.ClassDef, frame: Frame) -> Value:
        return frozenset().union(*(self._evaluator.evaluate(each, frame) for each in node.bases))

    def _nonlocal(self, node: ast.Nonlocal, frame: Frame) -> None:
        scope = frame.scope
        for name in node.names:
            outer = scope.parent
            while outer is not None and (outer.is_class or name not in outer.names):
                outer = outer.parent
            if outer is not None:
                scope.aliases[name] = outer
