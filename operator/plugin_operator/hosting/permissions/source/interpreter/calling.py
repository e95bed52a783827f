"""Evaluation of calls: to functions and classes of the plugin, to contexts and clients, and to other code."""

import ast
from collections.abc import Iterable

from plugin_operator.hosting.permissions.source.facts.kinds import kinds_in
from plugin_operator.hosting.permissions.source.facts.methods import CONTEXT_WRITES, Access
from plugin_operator.hosting.permissions.source.facts.program import ClassInfo, FunctionInfo
from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, Arguments, Frame, State
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Atom,
    Bound,
    Class,
    ClientValue,
    Ctx,
    External,
    Function,
    Instance,
    KindValue,
    Lister,
    Literal,
    Many,
    Obj,
    Partial,
    Recorder,
    Text,
    Unknown,
    Value,
    joined,
    value,
    without_null,
)
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.interpreter.library import Library
from plugin_operator.kube import problem_of


class Caller:
    """Evaluates calls.

    Args:
        state: the facts.
        attributes: finds attributes.
        evaluator: evaluates arguments.
    """

    def __init__(self, state: State, attributes: Attributes, evaluator: Evaluator) -> None:
        self._state = state
        self._attributes = attributes
        self._evaluator = evaluator
        self._library = Library(state, attributes, evaluator, self)

    def evaluate(self, call: ast.Call, frame: Frame) -> Value:
        """Return what a call may return."""
        if isinstance(call.func, ast.Attribute) and _is_super(call.func.value) and frame.function is not None:
            given = joined(self._evaluator.evaluate(each, frame) for each in _arguments_of(call.func.value))
            clients = (each for each in given if isinstance(each, ClientValue | Ctx))
            self._state.lost(clients, frame.module.path, call.lineno)
            return self._call_inherited(frame.function, call, call.func.attr, frame)
        if _is_super(call) and frame.function is not None:
            bases = frame.function.owner.bases if frame.function.owner is not None else NOTHING
            return value(*(Instance(each.info) for each in bases if isinstance(each, Class)))
        functions = without_null(self._evaluator.evaluate(call.func, frame))
        arguments = self._arguments(call, frame)
        return joined([self.invoke(each, call, arguments, frame) for each in functions])

    def invoke(self, function: Atom, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        """Return what a call of one function with these arguments may return."""
        match function:
            case Function(info=info):
                is_of_class = info.owner is not None and "classmethod" in info.decorators()
                own = value(Class(info.owner)) if is_of_class and info.owner else None
                return joined([self._enter(each, arguments, own) for each in (info, *info.variants)])
            case Class(info=info):
                return self._make(info, arguments, call, frame)
            case Bound():
                return self._invoke_method(function, call, arguments, frame)
            case Partial(function=inner, call=made):
                before = self._arguments(made, frame)
                merged = Arguments(
                    (*before.positional[1:], *arguments.positional),
                    (*before.keywords, *arguments.keywords),
                    before.is_open or arguments.is_open,
                )
                return self.invoke(inner, call, merged, frame)
            case KindValue(kind=kind, is_model=True):
                return self._library.typed(kind, call, arguments)
            case External(name=name):
                return self._library.function(name, call, arguments, frame)
            case Instance() as instance:
                return self._enter_method(instance, "__call__", arguments)
        self.escape(arguments, call, frame)
        return ELSEWHERE if function in ELSEWHERE else ANYTHING

    def _invoke_method(self, method: Bound, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        name = method.name
        match method.receiver:
            case Instance() as instance:
                return self._enter_method(instance, name, arguments)
            case ClientValue(controller=controller):
                return self._access(call, name, controller, arguments, frame)
            case Ctx() as ctx:
                return self._of_context(ctx, call, name, arguments, frame)
            case Unknown():
                if self._may_be_access(name, arguments):
                    self._access(call, name, None, arguments, frame)
                self.escape(arguments, call, frame)
                return ANYTHING
            case Recorder():
                self._state.events.add((frame.module.path, call.lineno))
                return NOTHING
        return self._library.method(method.receiver, name, call, arguments)

    def escape(self, arguments: Arguments, call: ast.Call, frame: Frame) -> None:
        """Note that other code gets the arguments: it may call functions, and use a client."""
        reachable = self._reachable(arguments.all())
        for each in reachable:
            match each:
                case Function(info=info):
                    self._state.called(info, by_others=True)
                case Bound(receiver=Instance() as instance, name=name):
                    for method in self._methods(instance, name):
                        self._state.called(method, by_others=True)
                case Class(info=owner):
                    self._state.made(owner)
        self._state.lost(reachable, frame.module.path, call.lineno)

    def _reachable(self, values: Iterable[Value]) -> set[Atom]:
        found = set(joined(values))
        for each in list(found):
            if isinstance(each, Literal):
                found |= joined(self._state.heap.get(each.node, {}).values())
            elif isinstance(each, Partial):
                found.add(each.function)
        return found

    def _may_be_access(self, method: str, arguments: Arguments) -> bool:
        """Report whether a call of an unknown object looks like one of a client: it names a kind that may exist."""
        first = arguments.positional[0] if arguments.positional else NOTHING
        if method == "get" and len(arguments.positional) + len(arguments.keywords) < 2:
            return False  # of a dict
        kinds = [kind for each in first for kind in kinds_in(each, self._state) or ()]
        return any(not problem_of(kind) for kind in kinds)

    def _call_inherited(self, function: FunctionInfo, call: ast.Call, name: str, frame: Frame) -> Value:
        """Return what ``super().name(...)`` may return: the object stays the same, its class is a base."""
        arguments = self._arguments(call, frame)
        owner = function.owner
        own = function.scope.names.get(function.positional[0].arg, NOTHING) if function.positional else NOTHING
        if owner is None or not own:
            return self._state.unknown
        classes = [each.info for each in own if isinstance(each, Instance | Class)]
        bases = {base for each in classes for base in each.lineage() if owner not in base.lineage()}
        found = joined(base.scope.names.get(name, NOTHING) for base in bases)
        methods = [atom.info for atom in found if isinstance(atom, Function)]
        if not methods:
            self.escape(arguments, call, frame)
            return ANYTHING
        return joined([self._enter(each, arguments, own) for each in methods])

    def _arguments(self, call: ast.Call, frame: Frame) -> Arguments:
        evaluate = self._evaluator.evaluate
        positional = []
        is_open = False
        for each in call.args:
            found = evaluate(each, frame)
            if isinstance(each, ast.Starred):
                sequences = [self._state.sequence(atom) for atom in found]
                if len(sequences) == 1 and sequences[0] is not None and not is_open:
                    positional += sequences[0]
                    continue
                is_open = True
                found = self._state.elements(found)
            positional.append(found)
        keywords = []
        for keyword in call.keywords:
            found = evaluate(keyword.value, frame)
            is_open = is_open or keyword.arg is None
            keywords.append((keyword.arg or "", found))
        return Arguments(tuple(positional), tuple(keywords), is_open)

    def _enter(self, info: FunctionInfo, arguments: Arguments, instance: Value | None) -> Value:
        self._state.called(info)
        given = ([instance] if instance is not None else []) + list(arguments.positional)
        parameters, known = info.positional, {each.arg for each in info.parameters}
        for parameter, found in zip(parameters, given, strict=False):
            self._state.bind(info.scope, parameter.arg, found)
        names = {each.arg for each in parameters[: len(given)]} | {name for name, _ in arguments.keywords}
        self._state.omitted(info, known if arguments.is_open else known - names)
        rest = joined(given[len(parameters) :])
        spare = []
        for name, found in arguments.keywords:
            if name in known:
                self._state.bind(info.scope, name, found)
            else:
                spare.append(found)
        if arguments.is_open:
            everything = joined([*arguments.all(), ANYTHING])
            for each in info.parameters[1 if instance is not None else 0 :]:
                self._state.bind(info.scope, each.arg, everything)
        for star, found in ((info.node.args.vararg, rest), (info.node.args.kwarg, joined(spare))):
            if star is not None:
                self._state.put(star, ELEMENTS, found)
                self._state.bind(info.scope, star.arg, value(Literal(star)))
        return info.returns

    def entered(self, found: Value) -> Value:
        """Return what ``with`` binds: what a generator yields, or what the method of a context manager returns."""
        parts = []
        for each in found:
            if isinstance(each, Literal) and isinstance(each.node, ast.FunctionDef | ast.AsyncFunctionDef):
                parts.append(self._state.elements(value(each)))
            elif isinstance(each, Instance):
                names = [name for name in ("__enter__", "__aenter__") if self._methods(each, name)]
                results = [self._enter_method(each, name, Arguments()) for name in names]
                parts.append(joined(results) if names else value(each))
            else:
                parts.append(value(each))
        return joined(parts)

    def _enter_method(self, instance: Instance, name: str, arguments: Arguments) -> Value:
        methods = self._methods(instance, name)
        if not methods:
            return ANYTHING
        return joined([self._enter(each, arguments, value(instance)) for each in methods])

    def _methods(self, instance: Instance, name: str) -> list[FunctionInfo]:
        open_classes, seen = [instance.info], set()
        while open_classes:
            each = open_classes.pop(0)
            if each in seen:
                continue
            seen.add(each)
            found = [atom.info for atom in each.scope.names.get(name, NOTHING) if isinstance(atom, Function)]
            if found:
                return found
            open_classes += [base.info for base in each.bases if isinstance(base, Class)]
        return []

    def _make(self, info: ClassInfo, arguments: Arguments, call: ast.Call, frame: Frame) -> Value:
        if members := info.members():
            return joined(members.values())
        self._state.made(info)
        made = Instance(info)
        starts = self._methods(made, "__init__")
        for each in starts:
            self._enter(each, arguments, value(made))
        if not starts:
            fields = info.fields()
            for name, found in (*zip(fields, arguments.positional, strict=False), *arguments.keywords):
                self._state.set_attribute(info, name, found)
            if not fields:
                self.escape(arguments, call, frame)
        return value(made)

    def _access(self, call: ast.expr, method: str, controller: int | None, arguments: Arguments, frame: Frame) -> Value:
        access = Access(
            call, frame.module.path, method, controller, arguments.positional, arguments.keywords, arguments.is_open
        )
        self._state.accesses[call, method, controller] = access
        subject = access.argument(0, "kind", "obj")
        if not subject:
            return self._state.unknown
        kinds = [kind for each in subject for kind in kinds_in(each, self._state) or ()]
        if method in {"list", "delete_collection"}:
            return value(*(Many(kind) for kind in kinds)) or ANYTHING
        return value(*(Obj(kind) for kind in kinds)) or ANYTHING

    def _of_context(self, ctx: Ctx, call: ast.Call, name: str, arguments: Arguments, frame: Frame) -> Value:
        if name in CONTEXT_WRITES:
            self._access(call, name, ctx.controller, arguments, frame)
            return ELSEWHERE
        first = arguments.positional[0] if arguments.positional else joined(f for _, f in arguments.keywords)
        if name == "wait":
            return first
        if name == "lister_for":
            return self._listers(first)
        return ELSEWHERE

    def _listers(self, found: Value) -> Value:
        listers: set[Atom] = set()
        for each in found:
            named = self._attributes.kinds_named(each.text) if isinstance(each, Text) else []
            kinds = named or kinds_in(each, self._state)
            listers |= {Lister(kind) for kind in kinds} if kinds else ANYTHING
        return frozenset(listers)


def _arguments_of(call: ast.expr) -> list[ast.expr]:
    return call.args if isinstance(call, ast.Call) else []


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
