"""The command manifests: what it prints, what it writes for kustomize, and what it refuses."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kube_apiserver.schema.names import is_config_key
from plugin_operator.cli.deployment.image import image_fields
from plugin_operator.cli.deployment.kustomize import build
from plugin_operator.cli.deployment.plugin_files import MAX_BYTES, entries_of, items_of, keys_of
from plugin_operator.cli.group import group
from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.snapshot import PluginSource
from tests import manifests
from tests.manifests import MANIFESTS, OVERLAYS, ROOT, Object, one, overlay, pod_of, render

needs_kubectl = pytest.mark.skipif(not manifests.KUBECTL, reason="kubectl is not installed")
HELLO = """
from plugin_operator import controller, permission

@controller(for_="v1/ConfigMap", permissions=[permission("deployments", "patch", api_groups="apps")])
async def hello(ctx, request):
    pass
"""
NODES = """
from plugin_operator import controller

@controller(for_="v1/Node")
async def nodes(ctx, request):
    pass
"""


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "hello.py").write_text(HELLO)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["manifests", *map(str, arguments)])


def test_the_flag_that_takes_one_namespace_does_not_advise_commas(plugins: Path) -> None:
    assert "commas" not in run(plugins, "--namespace=a.b").stderr
    assert "separate several with commas" in run(plugins, "--watch-namespace=a.b").stderr


@pytest.mark.parametrize(("character", "escape"), [("\x7f", r"\x7f"), ("\x9b", r"\x9b"), ("\uffff", r"\uffff")])
def test_a_character_that_yaml_cannot_have_is_named_with_its_line(plugins: Path, character: str, escape: str) -> None:
    (plugins / "hello.py").write_text(f"{HELLO}ODD = '{character}'\n", encoding="utf-8")
    result = run(plugins)
    assert result.exit_code == 2
    assert f"hello.py:7: kubectl cannot apply a file with the character U+{ord(character):04X}" in result.stderr
    assert result.stderr.endswith(f"write {escape}\n")


def printed(*arguments: object) -> list[Object]:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return list(yaml.safe_load_all(result.stdout))


def by_name(objects: list[Object]) -> dict[tuple[str, str, str], Object]:
    found = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects}
    assert len(found) == len(objects)
    return found


@needs_kubectl
@pytest.mark.parametrize("name", ["", *(each for each in OVERLAYS if each != "git-sync")], ids=lambda name: name or "-")
def test_the_shipped_overlays_are_built_as_by_kubectl(name: str) -> None:
    assert by_name(build(overlay(name))) == by_name(render(overlay(name)))


@needs_kubectl
@pytest.mark.parametrize(
    "flags",
    [
        ["--replicas=1", "--with=secure-metrics", "--with=service-monitor", "--namespace=a-1"],
        ["--with=namespaced", "--with=network-policy-egress", "--namespace=b", "--replicas=3"],
        ["--watch-namespace=shop,on", "--image=registry.example.com:5000/a/b:1.0", f"--namespace={'n' * 63}"],
        ["--image=registry.example.com:5000/a/b:1.0@sha256:" + "0" * 64, "--with=alerts", "--with=spread"],
        ["--processes=4", "--replicas=1", "--namespace=c"],
        ["--with=processes", "--with=namespaced", "--namespace=d"],
        ["--with=shard-replicas", "--replicas=3", "--watch-namespace=shop"],
    ],
)
def test_the_kustomization_that_is_written_and_the_output_are_the_same_objects(
    plugins: Path, tmp_path: Path, flags: list[str]
) -> None:
    objects = printed(plugins, *flags)

    assert run(plugins, *flags, "--output-dir", tmp_path / "deploy").exit_code == 0
    assert by_name(render(tmp_path / "deploy")) == by_name(objects)
    assert "plugin-operator-system" not in repr(objects) or not any("--namespace" in flag for flag in flags)


@pytest.mark.parametrize(
    ("flags", "cpu", "requested", "allowed"),
    [
        (["--with=processes"], "2", "192Mi", "768Mi"),
        (["--processes=2"], "2", "192Mi", "768Mi"),
        (["--processes=4", "--replicas=1"], "4", "320Mi", "1280Mi"),
        (["--processes=4", "--with=processes"], "4", "320Mi", "1280Mi"),
        (["--processes=1"], "50m", "128Mi", "512Mi"),
    ],
)
def test_worker_processes_get_cpus_and_memory(
    plugins: Path, flags: list[str], cpu: str, requested: str, allowed: str
) -> None:
    (container,) = pod_of(printed(plugins, *flags))["containers"]
    names = [each["name"] for each in container["env"]]

    assert container["resources"] == {"requests": {"cpu": cpu, "memory": requested}, "limits": {"memory": allowed}}
    assert names.count("PLUGIN_OPERATOR_PROCESSES") == ("--processes=1" not in flags)


def test_replicas_that_share_objects_get_the_flag_and_the_rights_for_their_leases(plugins: Path) -> None:
    objects = printed(plugins, "--with=shard-replicas")

    arguments = pod_of(objects)["containers"][0]["args"]
    assert {"--shard-replicas", "--leader-elect"} <= set(arguments)
    rules = one(objects, "Role", "plugin-operator-leader-election")["rules"]
    assert {"resources": ["leases"], "verbs": ["get", "list", "watch", "update", "delete"]}.items() <= rules[-1].items()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--with=shard-replicas", "--processes=2"], "--with=shard-replicas and --processes cannot be combined"),
        (["--with=shard-replicas", "--with=processes"], "Leave out --with=processes and set --replicas"),
        (["--with=shard-replicas", "--replicas=1"], "needs leader election, which one replica does not have"),
        (["--processes=65"], "is not a number from 1 to 64"),
    ],
)
def test_ways_of_scaling_that_do_not_go_together_are_refused_with_the_way_out(
    plugins: Path, flags: list[str], words: str
) -> None:
    result = run(plugins, *flags)

    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


def test_one_plugin_gets_its_files_and_exactly_its_permissions(plugins: Path) -> None:
    objects = printed(plugins / "hello.py", "--image=registry.example.com/op:1")

    assert one(objects, "ConfigMap", "plugin-operator-plugins")["data"] == {"hello.py": HELLO}
    assert one(objects, "ClusterRole", "plugin-operator-system:plugin-operator-plugin-hello")["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]},
    ]
    assert pod_of(objects)["containers"][0]["image"] == "registry.example.com/op:1"
    kinds = {each["kind"] for each in objects}
    assert {"Namespace", "ServiceAccount", "Deployment", "Service", "PodDisruptionBudget"} <= kinds


@pytest.mark.parametrize("namespace", ["1e3", "123", "0x1f", "null", "on"])
def test_a_namespace_that_looks_like_a_number_is_a_text_and_goes_into_no_kustomization(
    plugins: Path, tmp_path: Path, namespace: str
) -> None:
    (bound,) = (each for each in printed(plugins, f"--namespace={namespace}") if each["kind"] == "RoleBinding")
    assert bound["subjects"][0]["namespace"] == namespace

    result = run(plugins, f"--namespace={namespace}", "--output-dir", tmp_path / "deploy")
    assert (result.exit_code, "kustomize does not quote it" in result.stderr) == (2, True)


def test_json_is_one_list_of_the_same_objects(plugins: Path) -> None:
    document = json.loads(run(plugins, "-o", "json").stdout)

    assert (document["apiVersion"], document["kind"]) == ("v1", "List")
    assert document["items"] == printed(plugins)


def test_watched_namespaces_get_roles_and_only_cluster_scoped_kinds_a_cluster_role(plugins: Path) -> None:
    (plugins / "nodes.py").write_text(NODES)
    objects = printed(plugins, "--watch-namespace=shop,stock", "--namespace=ops")

    roles = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in objects if each["kind"] == "Role"}
    assert {(place, f"ops:{name}") for place in ("shop", "stock") for name in
            ("plugin-operator", "plugin-operator-plugin-hello")} <= roles  # fmt: skip
    assert [each["metadata"]["name"] for each in objects if each["kind"] == "ClusterRole"] == [
        "ops:plugin-operator-plugin-nodes"
    ]
    environment = {each["name"]: each.get("value") for each in pod_of(objects)["containers"][0]["env"]}
    assert environment["WATCH_NAMESPACE"] == "shop,stock"
    for each in objects:
        assert {subject["namespace"] for subject in each.get("subjects", ())} <= {"ops"}
        if each["kind"].endswith("Binding"):
            assert (each["roleRef"]["kind"], each["roleRef"]["name"]) in {
                (role["kind"], role["metadata"]["name"])
                for role in objects
                if role["metadata"].get("namespace") == each["metadata"].get("namespace")
            }


@needs_kubectl
def test_the_namespaces_of_a_controller_get_its_roles_without_watched_ones(plugins: Path, tmp_path: Path) -> None:
    (plugins / "hello.py").write_text(HELLO.replace("permissions=", 'namespaces=["shop", "stock"], permissions='))
    assert run(plugins, "--namespace=ops", "--output-dir", tmp_path / "deploy").exit_code == 0
    for objects in (printed(plugins, "--namespace=ops"), render(tmp_path / "deploy")):
        roles = [each for each in objects if each["kind"] == "Role" and "plugin-hello" in each["metadata"]["name"]]
        assert [each["metadata"]["namespace"] for each in roles] == ["shop", "stock"]


def test_definitions_that_are_not_included_are_named(plugins: Path) -> None:
    (plugins / "hello.py").write_text(HELLO.replace("v1/ConfigMap", "example.com/v1/Widget"))
    result = run(plugins)
    assert result.exit_code == 0
    note = "Note: the CustomResourceDefinitions of example.com are not included: kubectl apply -f crds"
    assert note in result.stderr.splitlines()


def test_files_of_folders_have_paths_in_the_volume(plugins: Path) -> None:
    (plugins / "shop").mkdir()
    (plugins / "shop" / "__init__.py").write_text(HELLO.replace("hello", "shop") + "from .prices import PRICES\n")
    (plugins / "shop" / "prices.py").write_text("PRICES = 1\n")
    objects = printed(plugins)

    data = one(objects, "ConfigMap", "plugin-operator-plugins")["data"]
    (volume,) = (each["configMap"] for each in pod_of(objects)["volumes"] if each["name"] == "plugins")
    assert {item["path"]: data[item["key"]] for item in volume["items"]} == {
        path.relative_to(plugins).as_posix(): path.read_text() for path in plugins.rglob("*.py")
    }


def source(files: dict[str, bytes], root: str = "plugins") -> PluginSource:
    return PluginSource("a", f"{root}/a.py", files, "", root)


def test_a_name_that_is_no_key_has_another_key_and_its_path() -> None:
    (entry,) = entries_of([source({"ä b.py": b""})])

    assert items_of([entry]) == [{"key": "b-cd6091ad.py", "path": "ä b.py"}]
    assert entry.file == entry.key


@example(["é.py", "日本.py", "{{x}}.py", " .py", "a=b.py", "a/b.py", "a.b.py", "a.b-d9584a80.py", "..py", "x" * 300])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine under load draws slowly
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), unique=True))
def test_each_file_has_a_key_of_its_own_that_the_api_server_takes(paths: list[str]) -> None:
    keys = keys_of(paths)

    assert keys.keys() == set(paths)
    assert len(set(keys.values())) == len(paths)
    assert [problem for key in keys.values() for problem in is_config_key(key)] == []
    assert {key for path, key in keys.items() if not is_config_key(path)} == {
        path for path in paths if not is_config_key(path)
    }


@needs_kubectl
def test_files_of_any_name_are_in_the_kustomization_and_in_the_output(plugins: Path, tmp_path: Path) -> None:
    names = ["a=b.py", "é.py", "日本.py", "{{x}}.py", " .py", "a,b.py", "a: b.py", "shop/a=b.py"]
    (plugins / "shop").mkdir()
    (plugins / "shop" / "__init__.py").write_text(HELLO.replace("hello", "shop"))
    for number, name in enumerate(names):
        (plugins / name).write_text(HELLO.replace("hello", f"hello{number}"))
    assert run(plugins, "--output-dir", tmp_path / "deploy").exit_code == 0
    objects = render(tmp_path / "deploy")
    assert by_name(objects) == by_name(printed(plugins))

    data = one(objects, "ConfigMap", "plugin-operator-plugins")["data"]
    (volume,) = (each["configMap"] for each in pod_of(objects)["volumes"] if each["name"] == "plugins")
    assert {item["path"]: data[item["key"]] for item in volume["items"]} == {
        path.relative_to(plugins).as_posix(): path.read_text() for path in plugins.rglob("*.py")
    }


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ([source({"a.py": b"x" * MAX_BYTES})], "a ConfigMap takes 1048576; the largest file is a.py"),
        ([source({"a.py": b"1"}), source({"a.py": b"2"}, "other")], "another directory has a different a.py"),
    ],
)
def test_files_that_no_config_map_takes_are_refused_with_the_way_out(sources: list[PluginSource], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        entries_of(sources)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--namespace=default"], "belongs to Kubernetes"),
        (["--namespace=a,b"], "name one namespace"),
        (["--namespace=Upper"], "is not a namespace name"),
        (["--image=Not An Image"], "is no image"),
        (["--image=a//b"], "is no image"),
        (["--image=a/b..c"], "is no image"),
        (["--replicas=0"], "--replicas"),
        (["--replicas=2147483648"], "--replicas"),
        (["--with=namespaced", "--with=secure-metrics"], "needs a ClusterRole"),
        (["--with=apply-crds", "--watch-namespace=other"], "--with=apply-crds needs a ClusterRole"),
        (["--with=namespaced", "--watch-namespace=other"], "leave out --watch-namespace"),
        (["--with=secure-metrics", "--watch-namespace=other"], "needs a ClusterRole"),
        (["--with=git-sync"], "'git-sync' is not one of"),
        (["-o", "json", "--output-dir=deploy"], "-o json is for standard output"),
    ],
)
def test_flags_that_do_not_fit_are_wrong_usage(plugins: Path, flags: list[str], reason: str) -> None:
    result = run(plugins, *flags)

    assert (result.exit_code, result.stdout) == (2, "")
    assert reason in result.stderr


def test_a_rejected_plugin_prints_its_reason_and_nothing_else(plugins: Path) -> None:
    (plugins / "broken.py").write_text("def")
    result = run(plugins)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "broken.py:1: SyntaxError" in result.stderr


def test_a_mistake_that_the_loader_accepts_is_a_warning(plugins: Path) -> None:
    (plugins / "hello.py").write_text(HELLO.replace("pass", "ctx.client.get('v1/Secret', request)"))
    result = run(plugins)

    assert result.exit_code == 0
    assert re.search(r"Warning: \S+/hello.py:6:5: PO\d+ .*await", result.stderr)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path)

    assert result.exit_code != 0
    assert (result.stdout, str(tmp_path) in result.stderr) == ("", True)


def test_a_plugin_with_needs_outside_of_the_namespace_is_refused_by_name(plugins: Path) -> None:
    (plugins / "nodes.py").write_text(NODES)
    result = run(plugins, "--with=namespaced")

    assert result.exit_code == 2
    assert "plugin nodes needs permissions in the whole cluster" in result.stderr


def test_a_directory_is_written_again_without_what_is_gone_but_never_over_other_files(
    plugins: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    (plugins / "nodes.py").write_text(NODES)
    assert run(plugins, "--output-dir", folder).exit_code == 0
    (plugins / "nodes.py").unlink()
    assert run(plugins, "--output-dir", folder).exit_code == 0
    assert [path.name for path in (folder / "plugins").iterdir()] == ["hello.py"]
    assert "nodes" not in (folder / "rbac.yaml").read_text()

    (folder / "rbac.yaml").write_text("mine")
    (folder / "plugins" / "test_x.py").write_text("mine")
    result = run(plugins, "--output-dir", folder)
    assert (result.exit_code, f"{folder}: rbac.yaml: not written by this command" in result.stderr) == (2, True)
    (folder / "rbac.yaml").unlink()
    assert run(plugins, "--output-dir", folder).exit_code == 0
    assert (folder / "plugins" / "test_x.py").read_text() == "mine"

    result = run(plugins, "--output-dir", plugins)
    assert (result.exit_code, "has other files" in result.stderr) == (2, True)
    assert [path.name for path in plugins.iterdir() if path.suffix] == ["hello.py"]


@pytest.mark.parametrize(
    ("image", "fields"),
    [
        ("op", {"newName": "op"}),
        ("localhost:5000/op", {"newName": "localhost:5000/op"}),
        ("r.example.com:5000/a/b_c:v1", {"newName": "r.example.com:5000/a/b_c", "newTag": "v1"}),
        ("op:1@sha256:" + "0" * 64, {"newName": "op", "digest": "sha256:" + "0" * 64}),
    ],
)
def test_an_image_is_split_as_kustomize_takes_it(image: str, fields: dict[str, str]) -> None:
    assert image_fields(image) == fields


def test_a_wheel_has_the_manifests_and_works_without_a_checkout(plugins: Path, tmp_path: Path) -> None:
    making = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--disable-pip-version-check",
    ]
    subprocess.run([sys.executable, *making, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, timeout=90)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    shipped = tmp_path / "site" / "plugin_operator" / "_manifests"
    for name in ("base", "components", "names"):
        files = [path.relative_to(MANIFESTS) for path in (MANIFESTS / name).rglob("*.yaml")]
        assert [path for path in files if (shipped / path).read_text() != (MANIFESTS / path).read_text()] == []

    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from plugin_operator.cli import main; main()"
    command = [sys.executable, "-c", code, "manifests", str(plugins)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path)
    assert list(yaml.safe_load_all(ended.stdout)) == printed(plugins)
