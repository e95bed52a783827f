"""Names and kinds that people type: what is accepted, and what the message says otherwise."""

import pytest

from plugin_operator.cli.scaffold.kinds import kind_names, target_of
from plugin_operator.cli.scaffold.names import checked_name
from plugin_operator.errors import UsageError


@pytest.mark.parametrize("name", ["hello", "my_plugin", "v2", "a" * 40])
def test_a_name_that_is_a_module_and_a_function_is_accepted(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Hello", "is not a plugin name: use lower-case letters, digits and _, with a letter first: 'hello' would do"),
        ("my-plugin", "'my_plugin' would do"),
        ("MyPlugin.py", "'my_plugin' would do"),
        ("../x", "'x' would do"),
        ("a/b", "'a_b' would do"),
        ("9", "with a letter first"),
        ("", "with a letter first"),
        ("hello\n", "'hello' would do"),
        ("ünder", "is not a plugin name"),
        ("json", "would hide the standard library's module 'json': 'json_plugin' would do"),
        ("plugin_operator", "would hide the operator's own package"),
        ("class", "already has a meaning in Python or in a plugin: 'class_plugin' would do"),
        ("list", "'list_plugin' would do"),
        ("new_controller", "already has a meaning"),
        ("schema", "already has a meaning in Python or in a plugin: 'schema_plugin' would do"),
        ("test_x", "is the name of a test: 'x' would do"),
        ("a" * 41, "is longer than 40 characters"),
    ],
)
def test_any_other_name_is_refused_with_one_that_would_do(name: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_name(name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "plural"),
    [
        ("v1/ConfigMap", "v1/ConfigMap", "configmaps"),
        ("ConfigMap", "v1/ConfigMap", "configmaps"),
        ("cm", "v1/ConfigMap", "configmaps"),
        ("deploy", "apps/v1/Deployment", "deployments"),
        ("deployments.apps", "apps/v1/Deployment", "deployments"),
        ("hpa", "autoscaling/v2/HorizontalPodAutoscaler", "horizontalpodautoscalers"),
        (
            "autoscaling/v1/HorizontalPodAutoscaler",
            "autoscaling/v1/HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
        ),
        ("example.com/v1alpha1/NetworkPolicy", "example.com/v1alpha1/NetworkPolicy", "networkpolicies"),
    ],
)
def test_a_kind_may_be_written_in_full_or_short(text: str, kind: str, plural: str) -> None:
    target = target_of(text)
    assert (str(target.gvk), target.plural) == (kind, plural)


def test_scope_and_origin_of_a_kind_are_known() -> None:
    assert not target_of("Namespace").namespaced
    assert not target_of("example.com/v1/Zone", namespaced=False).namespaced
    assert target_of("example.com/v1/Zone", plural="zonen").plural == "zonen"
    assert target_of("example.com/v1/Zone").is_custom
    assert not target_of("Pod").is_custom
    assert "apps/v1/Deployment" in kind_names()
    assert "v1/Binding" not in kind_names()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Event", "is the kind of several groups: write v1/Event or events.k8s.io/v1/Event"),
        ("deployment s", "did you mean 'apps/v1/Deployment'?"),
        ("widget", "a custom kind is written with group and version: example.com/v1/Widget"),
        ("example.com/Widget", "the version is missing: write for example 'example.com/v1/Widget'"),
        ("example.com/v1/widget", "'widget' is not a kind"),
        ("example.com/one/Widget", "'one' is not a version"),
        ('example.com/v1/W"idget', "is not a kind"),
        ("example..com/v1/Widget", "is not an API group"),
        ("apps/v1beta1/Deployment", "write 'apps/v1/Deployment'"),
        ("v1/Configmap", "did you mean 'v1/ConfigMap'?"),
        ("v1/Binding", "cannot be watched"),
        ("gateway.networking.k8s.io/v1/HTTPRoute", "belongs to Kubernetes: name the file of its"),
        ("a/b/c/d", "is not a kind"),
        ("", "a custom kind is written with"),
    ],
)
def test_a_kind_that_is_none_is_refused_with_the_way_out(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        target_of(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("--for: ")


def test_a_definition_is_invented_for_an_example_or_for_a_kind_that_is_said_to_be_new() -> None:
    assert target_of("shop.example.org/v1/Widget").is_custom
    assert target_of("cert-manager.io/v1/Certificate", is_new=True).is_custom
    with pytest.raises(UsageError) as caught:
        target_of("cert-manager.io/v1/Certificate")
    assert str(caught.value) == (
        "--for: cert-manager.io/v1/Certificate is not built in. If it exists, pass its CustomResourceDefinition with "
        "--crd FILE; kubectl get crd certificates.cert-manager.io -o yaml > certificates.yaml gets it from a cluster. "
        "If it is a new kind of your own, add --new-crd"
    )


@pytest.mark.parametrize("group", ["notexample.com", "example.com.evil.io", "example.dev"])
def test_only_the_domains_for_examples_belong_to_nobody(group: str) -> None:
    with pytest.raises(UsageError, match="is not built in"):
        target_of(f"{group}/v1/Widget")


def test_a_group_of_kubernetes_is_never_a_new_one() -> None:
    with pytest.raises(UsageError, match="belongs to Kubernetes"):
        target_of("gateway.networking.k8s.io/v1/HTTPRoute", is_new=True)


def test_a_built_in_kind_is_no_new_one() -> None:
    with pytest.raises(UsageError, match="is built in: --new-crd, --plural and --cluster-scoped are for new kinds"):
        target_of("Pod", is_new=True)


def test_flags_for_a_custom_kind_are_refused_for_a_built_in_one() -> None:
    with pytest.raises(UsageError, match="--plural and --cluster-scoped are for new kinds"):
        target_of("Pod", namespaced=False)
