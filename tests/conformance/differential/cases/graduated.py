"""Kinds and rules that Kubernetes 1.37 made stable, or has on by default."""

from typing import Any

from tests.conformance.differential.language import TABLE, case, delete, get, patch, post, put
from tests.conformance.differential.widgets import CRDS, NAME, crd
from tests.conformance.mutations.certificates import AUTHORITY

_BUNDLES = "/apis/certificates.k8s.io/v1/clustertrustbundles"
_REQUESTS = "/apis/certificates.k8s.io/v1/namespaces/$ns/podcertificaterequests"
_TAINTS = "/apis/resource.k8s.io/v1/devicetaintrules"
_MIGRATIONS = "/apis/storagemigration.k8s.io/v1/storageversionmigrations"
_SCALERS = "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers"
_SETS = "/apis/apps/v1/namespaces/$ns/statefulsets"
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
_HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_LABELS = {"app": "web"}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
_LEAF = (
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbDCCARKgAwIBAgIUGbujAY5kKCOEJztUUW2PlPN5A5MwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBYTAgFw0yNjExMzAxNzU4NTJaGA8yMTI2MTEwNjE3NTg1Mlow\n"
    "DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKt0ykfyt0Sz\n"
    "pPQFBF5ZOSnTDvVWpSk73dgjoGZSzJPFTp7MhT++JK6HSMHaoUGSziLxU3mrFV+Q\n"
    "ttcMgg+x15yjUDBOMB0GA1UdDgQWBBSxh3mQylmHkVIKZl3jx59/1drjSDAfBgNV\n"
    "HSMEGDAWgBSxh3mQylmHkVIKZl3jx59/1drjSDAMBgNVHRMBAf8EAjAAMAoGCCqG\n"
    "SM49BAMCA0gAMEUCIQDWrHzV+zpY784r4pTFWxU3CYWsqxX2JSI0zLTXrdvavQIg\n"
    "DU9/OEzzUc00wrCym3hmLco8yy6X/Mnb6yiMYEUP04s=\n"
    "-----END CERTIFICATE-----\n"
)


def _bundle(name: str, text: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "ClusterTrustBundle",
        "metadata": {"name": name},
        "spec": {"trustBundle": text, **spec},
    }


def _request(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "PodCertificateRequest",
        "metadata": {"name": "r"},
        "spec": spec,
    }


def _taint(effect: str, key: str = "example.com/broken") -> dict[str, Any]:
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceTaintRule",
        "metadata": {"name": "$id"},
        "spec": {"deviceSelector": {"driver": "gpu.example.com"}, "taint": {"key": key, "effect": effect}},
    }


def _migration(plural: str, group: str = "apps") -> dict[str, Any]:
    return {
        "apiVersion": "storagemigration.k8s.io/v1",
        "kind": "StorageVersionMigration",
        "metadata": {"name": "$id"},
        "spec": {"resource": {"group": group, "resource": plural}},
    }


def _scaler(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            **spec,
        },
    }


def _class(name: str, *, is_default: bool = True) -> dict[str, Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if is_default else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"$id-{name}", "labels": {"of": "$id"}, "annotations": annotations},
        "provisioner": "example.com/none",
    }


def _hooks(name: str, *resources: str, groups: tuple[str, ...]) -> dict[str, Any]:
    rule = {"operations": ["CREATE"], "apiGroups": groups, "apiVersions": ["*"], "resources": resources}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "a.example.com",
                "clientConfig": {"url": "https://localhost:1/none"},
                "rules": [rule],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "failurePolicy": "Ignore",
                "namespaceSelector": {"matchLabels": {"none": "at-all"}},
            }
        ],
    }


_FULL = {
    "signerName": "example.com/signer",
    "podName": "p",
    "podUID": "1",
    "serviceAccountName": "s",
    "serviceAccountUID": "2",
    "nodeName": "n",
    "nodeUID": "3",
    "maxExpirationSeconds": 3600,
}
CASES = (
    case(
        "a trust bundle has certificates of authorities, and the name of its signer",
        post(_BUNDLES, _bundle("$id", "")),
        post(_BUNDLES, _bundle("$id", _LEAF)),
        post(_BUNDLES, _bundle("$id", AUTHORITY + AUTHORITY)),
        post(_BUNDLES, _bundle("$id", AUTHORITY.replace("CERTIFICATE", "PUBLIC KEY"))),
        post(_BUNDLES, _bundle("$id", AUTHORITY)),
        post(_BUNDLES, _bundle("$id", AUTHORITY, signerName="example.com/signer")),
        post(_BUNDLES, _bundle("example.com:signer:$id", AUTHORITY, signerName="example.com/signer")),
        post(_BUNDLES, _bundle("a:$id", AUTHORITY, signerName="a")),
        patch(f"{_BUNDLES}/example.com:signer:$id", {"spec": {"signerName": "example.com/other"}}),
        put(f"{_BUNDLES}/$id", _bundle("$id", AUTHORITY)),
        get(f"{_BUNDLES}?fieldSelector=metadata.name%3D$id", accept=TABLE),
        get(f"{_BUNDLES}?fieldSelector=spec.signerName%3Dexample.com/none", accept=TABLE),
        cleanup=(f"{_BUNDLES}/$id", f"{_BUNDLES}/example.com:signer:$id"),
    ),
    case(
        "a request for the certificate of a pod names the pod, its account and its node",
        post(_REQUESTS, _request()),
        post(_REQUESTS, _request(**_FULL)),
        post(_REQUESTS, _request(**{**_FULL, "signerName": "kubernetes.io/x", "maxExpirationSeconds": 90000})),
        get(_REQUESTS, accept=TABLE),
        get(f"{_REQUESTS}?fieldSelector=spec.podName%3Dp,spec.nodeName%3Dn"),
    ),
    case(
        "a taint of devices has an effect, and a generation",
        post(_TAINTS, _taint("Sometimes")),
        post(_TAINTS, _taint("", key="a b")),
        post(_TAINTS, _taint("NoExecute")),
        patch(f"{_TAINTS}/$id", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{_TAINTS}/$id", {"spec": {"deviceSelector": {"driver": "other.example.com"}}}),
        put(f"{_TAINTS}/$id", _taint("NoExecute")),
        get(f"{_TAINTS}?fieldSelector=metadata.name%3D$id", accept=TABLE),
        delete(f"{_TAINTS}/$id"),
    ),
    case(
        "a migration names a resource, and keeps it",
        post(_MIGRATIONS, _migration("")),
        post(_MIGRATIONS, _migration("Deployments", "a_b")),
        post(_MIGRATIONS, _migration("deployments")),
        patch(f"{_MIGRATIONS}/$id", {"spec": {"resource": {"resource": "daemonsets"}}}),
        patch(f"{_MIGRATIONS}/$id/status", {"status": {"conditions": [{"type": "Running"}]}}),
        get(f"{_MIGRATIONS}?fieldSelector=metadata.name%3D$id", accept=TABLE),
        delete(f"{_MIGRATIONS}/$id"),
    ),
    case(
        "an autoscaler counts its generations, and may scale to zero",
        post(_SCALERS, _scaler(minReplicas=-1)),
        post(_SCALERS, _scaler(minReplicas=0)),
        post(
            _SCALERS,
            _scaler(
                minReplicas=0,
                metrics=[
                    {
                        "type": "External",
                        "external": {"metric": {"name": "m"}, "target": {"type": "Value", "value": "1"}},
                    }
                ],
            ),
        ),
        patch(f"{_SCALERS}/h", {"metadata": {"labels": {"a": "b"}}}),
        patch(f"{_SCALERS}/h", {"spec": {"maxReplicas": 4}}),
        patch(f"{_SCALERS}/h/status", {"status": {"currentReplicas": 1}}),
    ),
    case(
        "each field of a stateful set that cannot change is named",
        post(
            _SETS,
            {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "metadata": {"name": "s"},
                "spec": {"serviceName": "s", "selector": {"matchLabels": _LABELS}, "template": _TEMPLATE},
            },
        ),
        patch(f"{_SETS}/s", {"spec": {"serviceName": "t", "podManagementPolicy": "Parallel"}}),
        patch(f"{_SETS}/s", {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}}}}),
    ),
    case(
        "one storage class of a list is the default",
        post(_CLASSES, _class("b")),
        post(_CLASSES, _class("c", is_default=False)),
        get(f"{_CLASSES}?labelSelector=of%3D$id&includeObject=None", accept=TABLE),
        get(f"{_CLASSES}/$id-b?includeObject=None", accept=TABLE),
        delete(f"{_CLASSES}/$id-b"),
        delete(f"{_CLASSES}/$id-c"),
    ),
    case(
        "webhooks are warned of what they never see",
        post(_HOOKS, _hooks("$id", "tokenreviews", "tokenreviews", "pods", groups=("authentication.k8s.io", ""))),
        put(f"{_HOOKS}/$id", _hooks("$id", "*", groups=("authentication.k8s.io",))),
        post(_HOOKS, _hooks("$id.static.k8s.io", "pods", groups=("",))),
        delete(f"{_HOOKS}/$id"),
    ),
    case(
        "a set of objects is warned of, and a table of definitions shows their versions",
        post(
            CRDS,
            crd(
                schema={
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "array",
                                "x-kubernetes-list-type": "set",
                                "items": {"type": "object", "x-kubernetes-map-type": "atomic"},
                            }
                        },
                    }
                }
            ),
        ),
        patch(f"{CRDS}/{NAME}", {"metadata": {"labels": {"a": "b"}}}, only="metadata labels"),
        get("/apis/$id.example.com/v1/namespaces/$ns/widgets", until=200, silent=True),
        get(f"{CRDS}?fieldSelector=metadata.name%3D{NAME}&includeObject=None", accept=TABLE),
        cleanup=(f"{CRDS}/{NAME}",),
    ),
    case(
        "a pod is bound to a node whose name may be one",
        post(
            "/api/v1/namespaces/$ns/pods",
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": _TEMPLATE["spec"]},
            silent=True,
        ),
        post(
            "/api/v1/namespaces/$ns/pods/p/binding",
            {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"name": "No Node"}},
        ),
    ),
)
