"""Running the very bytes that were hashed, under names of their own."""

import dataclasses
import gc
import linecache
import pickle
import sys
import traceback
import typing
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting import PluginRevision
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.scan.snapshot import PluginSource, Rejection, digest_of
from plugin_operator.testing.eventually import eventually
from tests.compiling import compiled

HEAD = "from plugin_operator.plugin import controller\n"
CONTROLLER = "@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
ROOT = "/plugins"


def source_of(files: dict[str, str], name: str = "one") -> PluginSource:
    content = {path: text.encode() for path, text in files.items()}
    main = f"{name}/__init__.py" if f"{name}/__init__.py" in files else f"{name}.py"
    return PluginSource(name, f"{ROOT}/{main}", content, digest_of(content), root=ROOT, code=compiled(content))


@pytest.fixture
async def load() -> AsyncIterator[Callable[..., Awaitable[PluginRevision]]]:
    """Load files as one plugin; everything is purged afterwards."""
    loader = Loader()
    loaded = []

    async def run(files: dict[str, str] | str, name: str = "one") -> PluginRevision:
        files = {f"{name}.py": files} if isinstance(files, str) else files
        revision = await loader.load(source_of(files, name))
        loaded.append(revision)
        return revision

    yield run
    for revision in loaded:
        revision.purge()


async def refused(load: Callable[..., Any], files: dict[str, str] | str, name: str = "one") -> PluginRejected:
    before = set(sys.modules)
    with pytest.raises(PluginRejected) as caught:
        await load(files, name)
    assert not {each for each in set(sys.modules) - before if each.startswith("_plugin_")}
    return caught.value


@pytest.mark.parametrize(
    "declaration",
    [
        "def new_controller():\n    return open_port()\n",
        "async def new_controller():\n    return open_port()\n",
        "@controller(for_='v1/Pod')\nclass One:\n  def __init__(self): open_port()\n  def reconcile(self, a, b): ...\n",
    ],
)
@pytest.mark.parametrize("where", ["one", "helper"])
async def test_what_a_declaration_raises_is_reported_at_the_line_that_raised(
    load: Callable[..., Awaitable[PluginRevision]], declaration: str, where: str
) -> None:
    raises = "\n\ndef open_port():\n    raise OSError('taken')\n"
    files = {
        "one": {"one.py": HEAD + raises + declaration},
        "helper": {"one.py": f"{HEAD}from helper import open_port\n{declaration}", "helper.py": "\n" + raises},
    }
    error = await refused(load, files[where])
    assert "raised OSError: taken" in error.reason
    assert (error.path, error.line) == (f"{ROOT}/{where}.py", 5)


async def test_two_revisions_live_side_by_side(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    first = await load(HEAD + "VALUE = 1\n" + CONTROLLER)
    second = await load(HEAD + "VALUE = 2\n" + CONTROLLER)
    assert (first.module.VALUE, second.module.VALUE) == (1, 2)
    assert first.revision != second.revision
    assert first.module is sys.modules[first.module.__name__]
    assert "one" not in sys.modules


async def test_siblings_are_imported_in_every_way_an_author_may_write(
    load: Callable[..., Awaitable[PluginRevision]],
) -> None:
    revision = await load({
        "one.py": HEAD + "import helper, lib.tool\nimport lib.tool as tool\nfrom helper import VALUE\n"
        "from . import helper as again\nfrom .helper import VALUE as third\n"
        "from lib import tool as fourth\nimport importlib\n"
        "fifth = importlib.import_module('.helper', __package__)\n"
        "def late():\n    import lazy\n    from .lazy import NAME\n    return lazy.NAME + NAME\n" + CONTROLLER,
        "helper.py": "VALUE = 7\n",
        "lazy.py": "NAME = 'late'\n",
        "lib/tool.py": "USE = 3\n",
    })  # fmt: skip
    module = revision.module
    assert module.helper is module.again is module.fifth
    assert (module.VALUE, module.third) == (7, 7)
    assert module.lib.tool is module.tool is module.fourth
    assert module.late() == "latelate"
    assert not {"helper", "lazy", "lib"} & set(sys.modules)


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nfound = importlib.import_module('helper')",
        "from importlib import import_module\nfound = import_module('helper')",
        "import importlib.util\nfound = importlib.import_module('helper')",
        "import importlib as il\nfound = il.import_module('helper')",
        "import importlib\nfound = importlib.import_module('.helper', __package__)",
        "import importlib\nfound = importlib.import_module('.tool', 'lib')",
        "import importlib\nfound = importlib.import_module('lib.tool')",
        "import importlib\nfound = importlib.import_module(name='hel' + 'per')",
        "import importlib\nfound = importlib.__import__('helper')",
        "found = __import__('helper')",
        "import pkgutil\nfound = pkgutil.resolve_name('helper')",
        "import pkgutil\nfound = pkgutil.resolve_name('lib.tool')",
        "from pkgutil import resolve_name\nfound = resolve_name('helper:itself')",
        "import importlib.util as u\nspec = u.find_spec('helper')\nassert spec.origin\nimport helper as found",
        "from importlib.util import find_spec\nassert find_spec('lib.tool')\nimport lib.tool as found",
        "from importlib import util\nassert util.find_spec('.tool', 'lib')\nfrom lib import tool as found",
        "import importlib.util\nassert not importlib.util.find_spec('lib.nothing')\nimport helper as found",
        "import asyncio, helper, importlib\nfound = asyncio.run(asyncio.to_thread(importlib.import_module, 'helper'))",
    ],
)
async def test_a_helper_that_is_imported_by_a_function_is_found_as_by_the_statement(tmp_path: Path, text: str) -> None:
    from plugin_operator.hosting.scan.scanner import Scanner

    (tmp_path / "one.py").write_text(HEAD + text + "\n" + CONTROLLER)
    helper = "import sys\nitself = sys.modules[__name__]\nVALUE = 7\n"
    (tmp_path / "helper.py").write_text(helper)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "tool.py").write_text(helper)
    revision = await Loader().load(Scanner(tmp_path).scan().sources["one"])
    assert revision.module.found.VALUE == 7
    assert revision.module.found.__name__.startswith(revision.modules.package)
    assert not {"helper", "lib"} & set(sys.modules)
    revision.purge()


@pytest.mark.parametrize(
    "text",
    [
        "import runpy\nfound = runpy.run_module('helper')['read']()",
        "import runpy\nfound = runpy.run_module('lib.helper', run_name='anything')['read']()",
        "import pkgutil\nfound = pkgutil.get_data('lib', 'data/a.txt')",
        "import importlib.resources as r\nfound = r.files('lib').joinpath('data/a.txt').read_bytes()",
        "from importlib.resources import files\nfound = (files('lib') / 'data' / 'a.txt').read_text().encode()",
        "from importlib import resources\nimport lib\nfound = resources.files(lib).joinpath('b.txt').read_bytes()",
        "from importlib.resources import *\nwith as_file(files('lib') / 'b.txt') as path: found = path.read_bytes()",
        "from importlib.resources import *\nfound = {e.name: e for e in files('lib').iterdir()}['b.txt'].read_bytes()",
        "import importlib.resources\nfound = importlib.resources.read_binary('lib', 'b.txt')",
        "import importlib.resources as r\nwith r.open_text('lib', 'b.txt') as f: found = f.read().encode()",
        "import lib, pathlib\nfound = (pathlib.Path(lib.__path__[0]) / 'b.txt').read_bytes()",
        "import lib, pkgutil\nassert [*pkgutil.iter_modules(lib.__path__)][0].name == 'helper'\nfound = b'data'",
    ],
)
@pytest.mark.filterwarnings("ignore:.*is deprecated. Use files")
async def test_a_package_of_a_plugin_is_read_as_an_installed_one_is(tmp_path: Path, text: str) -> None:
    from plugin_operator.hosting.scan.scanner import Scanner

    (tmp_path / "one.py").write_text(f"{HEAD}{text}\n{CONTROLLER}")
    (tmp_path / "lib" / "data").mkdir(parents=True)
    reads = "import lib\ndef read():\n    import pkgutil\n    return pkgutil.get_data('lib', 'b.txt')\n"
    for name in ("lib/data/a.txt", "lib/b.txt"):
        (tmp_path / name).write_text("data")
    for name in ("helper.py", "lib/helper.py"):
        (tmp_path / name).write_text(reads)
    (tmp_path / "lib" / "__init__.py").touch()
    revision = await Loader().load(Scanner(tmp_path).scan().sources["one"])
    assert revision.module.found == b"data"
    revision.purge()
    assert not {each for each in sys.modules if each.startswith("_plugin_one")}


async def test_what_is_on_disk_and_not_in_the_revision_is_not_imported(tmp_path: Path) -> None:
    from plugin_operator.hosting.scan.scanner import Scanner

    late = "def late():\n    import lib.new\n"
    (tmp_path / "one.py").write_text(HEAD + "import lib\n" + late + CONTROLLER)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").touch()
    revision = await Loader().load(Scanner(tmp_path).scan().sources["one"])
    (tmp_path / "lib" / "new.py").touch()
    with pytest.raises(ModuleNotFoundError):
        revision.module.late()
    revision.purge()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("from lib import nothing", "put lib/nothing.py into the plugins directory"),
        ("from . import nothing", "there is no 'nothing' in the plugins directory: put nothing.py beside the plugin"),
        ("from helper import nothing", "'nothing' is not in helper.py"),
        ("from plugin_operator import controler", "no 'controler' in plugin_operator: did you mean 'controller'?"),
        (
            "from plugin_operator.kinds.core_v1 import V1ObjectMeta",
            "the metadata of every kind is Metadata: add 'from plugin_operator import Metadata'",
        ),
        ("from json import lods", "there is no 'lods' in json: did you mean 'loads'?"),
        ("controller(for_='v1/Pod', predicate=[])", "no argument 'predicate': did you mean 'predicates'?"),
        ("controller(kind='v1/Pod')", "controller() has no argument 'kind': did you mean 'for_'?"),
        ("controller(for_='v1/Pod', timeout=3)", "did you mean 'reconcile_timeout_seconds'?"),
        ("controller(for_='v1/Pod', colour=3)", "has no argument 'colour': its arguments are for_, name, id"),
        ("watch('v1/Pod', mapper=print)", "watch() has no argument 'mapper': did you mean 'map'?"),
        ("permission('pods', 'get', api_group='')", "no argument 'api_group': did you mean 'api_groups'?"),
        ("def new_controllers(): ...", "declares no controller"),
        ("def new_controllers(): ...", "did you mean new_controller by 'new_controllers'?"),
        ("@controller(for_='v1/Pod')\ndef one(request, ctx): ...", "takes them in the other order: swap them"),
        ("len(1)", "TypeError: object of type 'int' has no len()"),
        ("watch('v1/Secret')", "watch() lacks the argument 'map': write watch('v1/Secret', map=function), or name"),
        ("permission()", "permission() lacks the arguments 'resources' and 'verbs': its arguments are resources,"),
        ("plugin_operator.schema(max=10)", "schema() has no argument 'max': did you mean 'le'?"),
        ("plugin_operator.schema(minLength=1)", "schema() has no argument 'minLength': did you mean 'min_length'?"),
        ("plugin_operator.own('v1/Pod', labels='a')", "own() has no argument 'labels': did you mean 'label_selector'?"),
        ("plugin_operator.every(minutes=5)", "every() has no argument 'minutes': it takes seconds: every(300)"),
        ("plugin_operator.resource('a.b/v1/C', plurals='c')", "resource() has no argument 'plurals': did you mean"),
        ("plugin_operator.Result(requeueAfter=5)", "Result() has no argument 'requeueAfter': did you mean 'requeue_a"),
        ("read", "NameError: name 'read' is not defined: add 'from plugin_operator import read'"),
        ("nothing", "NameError: name 'nothing' is not defined"),
        (
            "class A(plugin_operator.Struct):\n    a: list[int] = [1]",
            "write '= msgspec.field(default_factory=lambda: [1])'",
        ),
        ("B = plugin_operator.kube.Object\nclass A(plugin_operator.Struct):\n    a: set[int] = {1}", "lambda: {1})'"),
        (
            "class B(plugin_operator.Struct):\n    b: int = 1\nclass A(plugin_operator.Struct):\n    a: B = B()",
            "write '= msgspec.field(default_factory=B)'",
        ),
        ("import kopf as handlers", "handlers of kopf do not run here: one function with @controller("),
        ("controler(for_='v1/Pod')", "name 'controler' is not defined: did you mean 'controller', of plugin_operator"),
        ("def read(**words): ...\nread = lambda a: a\nread(b=1)", "<lambda>() got an unexpected keyword argument 'b'"),
        ("def own(a): ...\nown(b=1)", "TypeError: own() got an unexpected keyword argument 'b'"),
    ],
)
async def test_a_slip_is_refused_with_the_way_out(
    load: Callable[..., Awaitable[PluginRevision]], line: str, reason: str
) -> None:
    head = "import plugin_operator\nfrom plugin_operator import controller, permission, watch\n"
    error = await refused(load, {"one.py": head + line + "\n", "helper.py": "", "lib/tool.py": ""})
    assert reason in error.reason
    assert error.path == f"{ROOT}/one.py"


async def test_what_functions_import_from_elsewhere_is_what_everybody_has(
    load: Callable[..., Awaitable[PluginRevision]],
) -> None:
    import importlib
    import importlib.util
    import json
    import pkgutil

    revision = await load(
        HEAD + "import importlib.util as util, importlib, pkgutil\nfrom importlib import metadata\n"
        "json = importlib.import_module('json')\nloads = pkgutil.resolve_name('json:loads')\n" + CONTROLLER
    )
    module = revision.module
    assert (module.json, module.loads, module.util.find_spec("json")) == (json, json.loads, json.__spec__)
    assert module.importlib.reload is importlib.reload
    assert module.pkgutil.walk_packages is pkgutil.walk_packages
    assert module.util.module_from_spec is importlib.util.module_from_spec
    assert dir(module.importlib) == dir(importlib)


async def test_a_package_imports_itself_and_reads_its_data(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    revision = await load({
        "web/__init__.py": HEAD + "import pkgutil\nfrom web.parts import NAME\nfrom . import parts\n"
        "DATA = pkgutil.get_data(__name__, 'template.yaml')\n" + CONTROLLER,
        "web/parts.py": "from .deep import NAME\nfrom .. import helper\n",
        "web/deep.py": "NAME = 'web'\n",
        "web/template.yaml": "a: 1\n",
        "helper.py": "x = 1\n",
    }, "web")  # fmt: skip
    assert revision.module.NAME == "web"
    assert revision.module.DATA == b"a: 1\n"
    assert revision.module.parts.helper.x == 1


async def test_an_import_cycle_between_helpers_works_as_in_python(
    load: Callable[..., Awaitable[PluginRevision]],
) -> None:
    revision = await load({
        "one.py": HEAD + "import a\n" + CONTROLLER,
        "a.py": "import b\nA = 1\ndef total(): return A + b.B\n",
        "b.py": "import a\nB = 2\n",
    })  # fmt: skip
    assert revision.module.a.total() == 3


async def test_dataclasses_type_hints_and_pickle_work(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    text = "from __future__ import annotations\n" + HEAD + "import dataclasses\n@dataclasses.dataclass\nclass Point:\n"
    revision = await load(text + "    x: int\n    other: Point | None = None\n" + CONTROLLER)
    point = revision.module.Point
    assert dataclasses.fields(point)[0].name == "x"
    assert typing.get_type_hints(point)["other"] == point | None
    assert pickle.loads(pickle.dumps(point(1, point(2)))) == point(1, point(2))


async def test_a_traceback_shows_the_source_that_ran(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    old = await load(HEAD + CONTROLLER + "def fail():\n    raise RuntimeError('old words')\n")
    new = await load(HEAD + CONTROLLER + "def fail():\n    raise RuntimeError('new words, other line')\n")
    for revision, words in ((old, "old words"), (new, "new words")):
        try:
            revision.module.fail()
        except RuntimeError as error:
            linecache.checkcache()
            text = "".join(traceback.format_exception(error))
        assert f"raise RuntimeError('{words}" in text
        assert f"/plugins/one.py@{revision.revision}" in text


async def test_no_bytecode_is_written(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(HEAD + CONTROLLER)
    from plugin_operator.hosting.scan.scanner import Scanner

    (await Loader().load(Scanner(tmp_path).scan().sources["one"])).purge()
    assert [path.name for path in tmp_path.rglob("*")] == ["one.py"]


async def test_nothing_of_a_purged_revision_stays_alive() -> None:
    class Sentinel:
        pass

    loader = Loader()
    text = HEAD + "import typing\nclass Kept: pass\nAlias = typing.Optional[typing.List[Kept]]\n"
    revision = await loader.load(source_of({"one.py": text + "import helper\n" + CONTROLLER, "helper.py": "x = 1\n"}))
    sentinel = Sentinel()
    vars(revision.module)["SENTINEL"] = sentinel
    revision.module.helper.SENTINEL = sentinel
    watched = weakref.ref(sentinel)
    package = revision.modules.package
    revision.purge()
    del revision, sentinel

    def is_gone() -> bool:
        gc.collect()
        return watched() is None

    await eventually(is_gone)  # the thread that imported may need a moment to let go
    assert not [name for name in sys.modules if name.startswith(package)]
    assert not [name for name in linecache.cache if name.startswith(ROOT)]


async def test_a_syntax_error_is_refused_with_its_line(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    error = await refused(load, HEAD + "def f(:\n")
    assert (error.path, error.line) == ("/plugins/one.py", 2)
    assert error.reason.startswith("SyntaxError: ")


async def test_a_syntax_error_in_a_helper_names_the_helper(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    error = await refused(load, {"one.py": HEAD + "import helper\n", "helper.py": "x = 1\ny = (\n"})
    assert (error.path, error.line) == ("/plugins/helper.py", 2)


async def test_an_exception_at_import_is_refused_with_the_line_that_raised(
    load: Callable[..., Awaitable[PluginRevision]],
) -> None:
    error = await refused(load, {"one.py": HEAD + "import helper\n", "helper.py": "\n\n1 / 0\n"})
    assert str(error) == "/plugins/helper.py:3: ZeroDivisionError: division by zero"


async def test_a_missing_module_is_refused_with_both_ways_out(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    error = await refused(load, HEAD + "import no_such_thing\n")
    assert (
        error.reason == "ModuleNotFoundError: No module named 'no_such_thing': "
        "put no_such_thing.py beside the plugin, or install 'no_such_thing' where the operator runs"
    )
    error = await refused(load, HEAD + "from . import helper\nfrom .other import x\n")
    assert "_plugin_" not in error.reason


@pytest.mark.parametrize(
    ("files", "name", "way_out"),
    [
        ({"pkg/__init__.py": ""}, "pkg.logic", "put pkg/logic.py into the plugins directory, or a folder pkg/logic"),
        ({"pkg/other.py": ""}, "pkg.logic", "put pkg/logic.py into the plugins directory"),
        ({"pkg.py": ""}, "pkg.logic", "pkg.py is a file, in which there is no module 'logic': make it a folder"),
        ({}, "structlog.logic", "'structlog' is installed, but has no module 'logic'"),
        ({}, "json.logic", "'json' is installed, but has no module 'logic'"),
        ({}, "logic", "put logic.py beside the plugin, or install 'logic' where the operator runs"),
    ],
)
async def test_the_way_out_of_a_missing_module_names_where_it_would_have_to_be(
    load: Callable[..., Awaitable[PluginRevision]], files: dict[str, str], name: str, way_out: str
) -> None:
    for statement in (
        f"import {name}",
        f"from {name} import x",
        f"import importlib\nimportlib.import_module({name!r})",
    ):
        error = await refused(load, {"one.py": HEAD + statement + "\n", **files})
        assert way_out in error.reason
        assert "_plugin_" not in error.reason


async def test_an_exit_at_import_is_refused(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    error = await refused(load, HEAD + "import sys\nsys.exit(3)\n")
    assert "sys.exit(3)" in error.reason
    assert error.line == 3


async def test_a_wrong_declaration_names_the_file_as_its_author_knows_it(
    load: Callable[..., Awaitable[PluginRevision]],
) -> None:
    error = await refused(load, HEAD + "@controller(for_='Pod')\nasync def one(ctx, request): ...\n")
    assert str(error).startswith("/plugins/one.py:2: for_: 'Pod' is not a kind")


async def test_null_bytes_and_odd_encodings_are_handled(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    error = await refused(load, HEAD + "x = '\0'\n")
    assert "null byte" in error.reason
    source = source_of({"one.py": ""})
    content = {"one.py": ("# -*- coding: latin-1 -*-\n" + HEAD + "NAME = 'é'\n" + CONTROLLER).encode("latin-1")}
    revision = await Loader().load(dataclasses.replace(source, files=content, code=compiled(content)))
    assert revision.module.NAME == "é"
    revision.purge()


@pytest.mark.parametrize("codec", ["rot13", "hex", "base64", "zlib", "undefined", "idna", "punycode", "nonsense"])
async def test_a_codec_that_makes_no_source_of_a_file_is_a_plain_refusal(
    load: Callable[..., Awaitable[PluginRevision]], codec: str
) -> None:
    source = source_of({"one.py": "x = 1\n"}, "one")
    files = {"one.py": f"# coding: {codec}\nxé = 1\n".encode()}
    source = dataclasses.replace(source, files=files, digest=digest_of(files))
    await Loader().check(source)
    with pytest.raises(PluginRejected, match=r"SyntaxError: .*(coding|encoding)"):
        await Loader().load(source)


async def test_a_refused_helper_refuses_who_imports_it(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    source = dataclasses.replace(source_of({"one.py": HEAD + CONTROLLER}), rejection=Rejection("/plugins/x.so", "no"))
    with pytest.raises(PluginRejected, match=r"/plugins/x\.so: no"):
        await Loader().load(source)


async def test_a_name_that_is_no_identifier_loads(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    revision = await load(HEAD + CONTROLLER, "my-plugin")
    assert revision.plugin == "my-plugin"


async def test_loading_leaves_the_search_path_alone(load: Callable[..., Awaitable[PluginRevision]]) -> None:
    before = list(sys.path)
    await load({"one.py": HEAD + "import helper\n" + CONTROLLER, "helper.py": ""})
    assert sys.path == before


INDEXED = "@controller(for_='v1/Pod', indexes={'node': str})\nasync def one(ctx, request):\n    "


@pytest.mark.parametrize(
    "read", ["ctx.lister.by_index('owner', 'x')", "ctx.lister_for('v1/Pod').index_keys('owner', 'x')"]
)
async def test_an_index_that_no_controller_declares_is_refused_at_its_line(load: Callable[..., Any], read: str) -> None:
    error = await refused(load, HEAD + INDEXED + read)
    assert str(error) == (
        f"{ROOT}/one.py:4: reads the index 'owner', and the plugin declares 'node': add indexes={{'owner': function}}"
    )


@pytest.mark.parametrize(
    "read",
    [
        "ctx.lister.by_index('node', 'x')",
        "ctx.lister.by_index(request.name, 'x')",
        "self.by_index('owner', 'x')",
        "table.by_index('owner')",
    ],
)
async def test_what_is_declared_not_literal_or_of_another_object_is_accepted(
    load: Callable[..., Any], read: str
) -> None:
    revision = await load(HEAD + INDEXED + read)
    assert [each.name for each in revision.declarations] == ["one"]


async def test_a_helper_may_read_indexes_of_any_plugin(load: Callable[..., Any]) -> None:
    helper = "def find(ctx): return ctx.lister.by_index('owner', 'x')\n"
    revision = await load({"one.py": HEAD + "import lib\n" + CONTROLLER, "lib.py": helper})
    assert len(revision.declarations) == 1
