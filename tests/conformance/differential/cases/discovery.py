"""What the server says it serves."""

from differential.language import case, get

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_AGGREGATED_OLD = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

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
        "a group that is not there",
        get("/apis/none.example.com"),
        get("/apis/apps/v9"),
        get("/api/v9"),
        get("/nonsense"),
    ),
    case("health and version", get("/healthz"), get("/livez"), get("/readyz"), get("/version")),
    case("the index of OpenAPI", get("/openapi/v3/nonsense")),
)
