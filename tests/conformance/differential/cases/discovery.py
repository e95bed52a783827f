"""What the server says it serves."""

from tests.conformance.differential.language import Call, case, delete, get
from tests.conformance.differential.widgets import CLEANUP, CRDS, NAME, SUBRESOURCES, crd, ready

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_AGGREGATED_OLD = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
_SCALE_PATH = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"
_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_WIDGET = "com.example.$id.v1.Widget"
_IN_PATH = "/apis/$id.example.com/v1/namespaces/{namespace}/widgets"
_KEEPING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"spec": {"type": "object"}}}
_UNVERSIONED = ("api", "apis", "version", ".well-known/openid-configuration", "openid/v1/jwks")
_DEPLOYMENTS = "/apis/apps/v1/namespaces/{namespace}/deployments"
_LISTS_OF_DEPLOYMENTS = (
    (_DEPLOYMENTS, "get"),
    (_DEPLOYMENTS, "delete"),
    (f"{_DEPLOYMENTS}/{{name}}", "delete"),
    ("/apis/apps/v1/deployments", "get"),
    ("/apis/apps/v1/deployments", "parameters"),
)

CASES = (
    case("the root lists its paths", get("/api"), get("/apis")),
    case("the core group's resources", get("/api/v1")),
    case("the apps group's resources", get("/apis/apps"), get("/apis/apps/v1")),
    case(
        "other groups' resources",
        get("/apis/batch/v1"),
        get("/apis/coordination.k8s.io/v1"),
        get("/apis/rbac.authorization.k8s.io/v1"),
        get("/apis/networking.k8s.io/v1"),
        get("/apis/events.k8s.io/v1"),
        get("/apis/policy/v1"),
        get("/apis/autoscaling/v2"),
        get("/apis/apiextensions.k8s.io/v1"),
        get("/apis/authorization.k8s.io/v1"),
    ),
    case(
        "aggregated discovery",
        get("/api", accept=_AGGREGATED),
        get("/apis", accept=f"{_AGGREGATED},{_AGGREGATED_OLD},application/json"),
    ),
    case(
        "what every cluster has",
        *(
            get(
                f"/apis/rbac.authorization.k8s.io/v1/{plural}?labelSelector=kubernetes.io/bootstrapping%3Drbac-defaults"
            )
            for plural in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
        ),
        get("/apis/scheduling.k8s.io/v1/priorityclasses"),
        get("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"),
        get("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations"),
        get(
            "/apis/apiregistration.k8s.io/v1/apiservices?labelSelector=kube-aggregator.kubernetes.io/automanaged%3Donstart"
        ),
        get("/apis/networking.k8s.io/v1/servicecidrs"),
        get("/apis/networking.k8s.io/v1/ipaddresses/10.0.0.1"),
        *(get(f"/api/v1/namespaces/{name}") for name in ("default", "kube-node-lease", "kube-public", "kube-system")),
        *(
            get("/api/v1/namespaces/default/services/kubernetes", only=part)
            for part in ("metadata labels", "metadata managedFields", "spec clusterIPs", "spec type", "status")
        ),
    ),
    case(
        "a group version of a definition has an APIService",
        *ready(crd()),
        get(f"{_API_SERVICES}/v1.$id.example.com", until=200),
        delete(f"{CRDS}/{NAME}", silent=True),
        get(f"{_API_SERVICES}/v1.$id.example.com", until=404),
        cleanup=CLEANUP,
    ),
    case(
        "a group that is not there",
        get("/apis/none.example.com"),
        get("/apis/apps/v9"),
        get("/api/v9"),
        get("/nonsense"),
    ),
    case("health and version", get("/healthz"), get("/livez"), get("/readyz"), get("/version")),
    case(
        "the index of OpenAPI leads to each group",
        get("/openapi/v3/nonsense"),
        get("/openapi/v3", only="paths api/v1"),
        get("/openapi/v3", only="paths apis/apps/v1"),
        get("/openapi/v3", only="paths apis/none/v1"),
        get("/openapi/v3/api/v1", only="openapi"),
        get("/openapi/v3/apis/none.example.com/v1"),
        get("/openapi/v2", only="swagger"),
        get("/openapi/v2/nonsense"),
    ),
    case(
        "groups and discovery have OpenAPI documents too",
        *(get(f"/openapi/v3/{name}") for name in (*_UNVERSIONED, "apis/apps", "apis/rbac.authorization.k8s.io")),
        *(get("/openapi/v3/apis/apps/v1", only=f"paths {path} {method}") for path, method in _LISTS_OF_DEPLOYMENTS),
    ),
    case(
        "the OpenAPI document of a custom group says what its paths take",
        *ready(crd(subresources=SUBRESOURCES)),
        get("/openapi/v3/apis/$id.example.com/v1", until=200, silent=True),
        get("/openapi/v3/apis/$id.example.com/v1", only="paths"),
        get("/openapi/v3/apis/$id.example.com/v1", only="info"),
        get("/openapi/v3/apis/$id.example.com", only="paths"),
        cleanup=CLEANUP,
    ),
    case(
        "an OpenAPI document is known by its hash",
        get("/openapi/v3", only="paths apis/apps/v1 none", keep={"url": "paths.apis/apps/v1.serverRelativeURL"}),
        get("$url", only="openapi"),
        get("$url", headers={"If-None-Match": "*"}),
        get("/openapi/v3/apis/apps/v1", headers={"If-None-Match": "*"}),
        get("/openapi/v3/apis/apps/v1", headers={"If-None-Match": '"other", W/"another"'}, only="openapi"),
        get("/openapi/v3/apis/apps/v1?hash=0123", only="openapi"),
        get("/openapi/v3/apis/apps/v1", accept="text/html"),
        get("/openapi/v3/apis/apps/v1", accept="text/html, application/*", only="openapi"),
        get("/openapi/v2", headers={"If-None-Match": "*"}),
    ),
    case(
        "OpenAPI tells of built-in kinds",
        *(
            get(f"/openapi/v3/{group}", only=f"components schemas {name} {part}")
            for group, name in (
                ("api/v1", "io.k8s.api.core.v1.ConfigMap"),
                ("apis/apps/v1", "io.k8s.api.apps.v1.Deployment"),
                ("apis/coordination.k8s.io/v1", "io.k8s.api.coordination.v1.Lease"),
            )
            for part in ("type", "x-kubernetes-group-version-kind")
        ),
        *(
            get("/openapi/v3/api/v1", only=f"paths {path} {verb} x-kubernetes-action")
            for path in (
                "/api/v1/namespaces/{namespace}/configmaps",
                "/api/v1/namespaces/{namespace}/configmaps/{name}",
            )
            for verb in ("get", "post", "put", "patch", "delete")
        ),
        get("/openapi/v3/apis/apps/v1", only=f"paths {_SCALE_PATH} get x-kubernetes-group-version-kind"),
    ),
    case(
        "OpenAPI tells of a custom kind",
        *ready(crd(subresources=SUBRESOURCES)),
        get("/openapi/v3/apis/$id.example.com/v1", until=200, silent=True),
        get("/openapi/v3", only="paths apis/$id.example.com/v1 none"),
        get("/openapi/v3/apis/$id.example.com/v1", only=f"components schemas {_WIDGET}"),
        get("/openapi/v3/apis/$id.example.com/v1", only=f"components schemas {_WIDGET}List required"),
        *(
            get("/openapi/v3/apis/$id.example.com/v1", only=f"paths {_IN_PATH}{rest} {verb} {part}")
            for rest in ("", "/{name}", "/{name}/status", "/{name}/scale")
            for verb in ("get", "post", "put", "patch", "delete")
            for part in ("x-kubernetes-action", "x-kubernetes-group-version-kind", "operationId")
        ),
        get("/openapi/v3/apis/$id.example.com/v1", only=f"paths {_IN_PATH}/{{name}} patch requestBody content"),
        cleanup=CLEANUP,
    ),
    case(
        "OpenAPI in its second version has only the type of a custom kind that keeps unknown fields",
        *ready(crd(schema={"openAPIV3Schema": _KEEPING})),
        get("/openapi/v3/apis/$id.example.com/v1", until=200, silent=True),
        get("/openapi/v2", only=f"definitions {_WIDGET}", until=200),
        cleanup=CLEANUP,
    ),
    case(
        "OpenAPI in its second version tells of a custom kind",
        *ready(crd()),
        get("/openapi/v3/apis/$id.example.com/v1", until=200, silent=True),
        get("/openapi/v2", only=f"definitions {_WIDGET}", until=200),
        get("/openapi/v2", only=f"paths {_IN_PATH} get x-kubernetes-action"),
        *(
            get("/openapi/v2", only=f"definitions io.k8s.{name}")
            for name in (
                "api.core.v1.ServicePort",
                "api.core.v1.LimitRangeItem",
                "apimachinery.pkg.util.intstr.IntOrString",
                "apimachinery.pkg.api.resource.Quantity",
            )
        ),
        cleanup=CLEANUP,
    ),
    case(
        "discovery tells of a custom kind while it is there",
        *ready(crd(subresources=SUBRESOURCES)),
        get("/apis/$id.example.com", until=200),
        get("/apis/$id.example.com/v1", until=200),
        delete(f"{CRDS}/{NAME}", silent=True),
        get("/apis/$id.example.com/v1", until=404),
        get("/apis/$id.example.com", until=404),
        cleanup=CLEANUP,
    ),
    case(
        "methods that are not there",
        Call("OPTIONS", "/api/v1/namespaces/$ns/configmaps"),
        Call("HEAD", "/api/v1/namespaces/$ns/configmaps"),
        Call("PATCH", "/api/v1/namespaces/$ns/configmaps", {}),
        Call("POST", "/version"),
        Call("DELETE", "/healthz"),
        Call("POST", "/api"),
        get("/api/v1/namespaces/$ns/configmaps/"),
        get("/api/v1/namespaces/$ns"),
        get("/api/v1/namespaces/$ns/"),
    ),
)
