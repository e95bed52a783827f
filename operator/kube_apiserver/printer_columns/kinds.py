"""The columns and the cell function of each built-in kind."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns import basics, networks, pods, workloads

Cells = Callable[[Mapping[str, Any], datetime], list[Any]]
_WIDE = "Containers*1|Images*1|Selector*1"
_BINDING = "Name/name|Role|Age|Users*1|Groups*1|ServiceAccounts*1"
_EVENT = "Last Seen|Type|Reason|Object|Subobject*1|Source*1|Message|First Seen*1|Count*1|Name/name*1"
_CLAIM = "Name/name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*1"
_VOLUME = "Name/name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age"
_NODE = "Name/name|Status|Roles|Age|Version|Internal-IP*1|External-IP*1|OS-Image*1|Kernel-Version*1|Container-Runtime*1"
_DAEMON = "Name/name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer"
_DRIVER = "Name/name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests"
_RBAC = "rbac.authorization.k8s.io"
_COUNTS = "Name/name|Desired:integer|Current:integer|Ready:integer|Age"
_CRON = "Name/name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age"
_PODS = "Name/name|Ready|Status|Restarts|Age|IP*1|Node*1|Nominated Node*1|Readiness Gates*1"
_CREATED = "Name/name|Created At:date"
_HOOKS = "Name/name|Webhooks:integer|Age"

DEFAULT: tuple[str, Cells] = ("Name/name|Age", basics.named)
"""The columns of kinds that are not in ``KINDS``."""

KINDS: dict[tuple[str, str], tuple[str, Cells]] = {
    ("", "ConfigMap"): ("Name/name|Data|Age", basics.config_map),
    ("", "Endpoints"): ("Name/name|Endpoints|Age", networks.endpoints),
    ("", "Event"): (_EVENT, basics.event),
    ("", "LimitRange"): (_CREATED, basics.created),
    ("", "Namespace"): ("Name/name|Status|Age", basics.namespace),
    ("", "Node"): (_NODE, pods.node),
    ("", "PersistentVolume"): (f"{_VOLUME}|VolumeMode*1", basics.volume),
    ("", "PersistentVolumeClaim"): (_CLAIM, basics.claim),
    ("", "Pod"): (_PODS, pods.pod),
    ("", "PodTemplate"): ("Name/name|Containers|Images|Pod Labels", basics.pod_template),
    ("", "ReplicationController"): (f"{_COUNTS}|{_WIDE}", workloads.replica_set),
    ("", "Secret"): ("Name/name|Type|Data|Age", basics.secret),
    ("", "Service"): ("Name/name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*1", networks.service),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): (_HOOKS, basics.webhooks),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): (_HOOKS, basics.webhooks),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (_CREATED, basics.created),
    ("apiregistration.k8s.io", "APIService"): ("Name/name|Service|Available|Age", basics.api_service),
    ("apps", "ControllerRevision"): ("Name/name|Controller|Revision|Age", basics.revision),
    ("apps", "DaemonSet"): (f"{_DAEMON}|Node Selector|Age|{_WIDE}", workloads.daemon_set),
    ("apps", "Deployment"): (f"Name/name|Ready|Up-to-date|Available|Age|{_WIDE}", workloads.deployment),
    ("apps", "ReplicaSet"): (f"{_COUNTS}|{_WIDE}", workloads.replica_set),
    ("apps", "StatefulSet"): ("Name/name|Ready|Age|Containers*1|Images*1", workloads.stateful_set),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        "Name/name|Reference|Targets|MinPods|MaxPods|Replicas|Age",
        workloads.autoscaler,
    ),
    ("batch", "CronJob"): (f"{_CRON}|{_WIDE}", workloads.cron_job),
    ("batch", "Job"): (f"Name/name|Status|Completions|Duration|Age|{_WIDE}", workloads.job),
    ("certificates.k8s.io", "CertificateSigningRequest"): (
        "Name/name|Age|SignerName|Requestor|RequestedDuration|Condition",
        basics.signing_request,
    ),
    ("coordination.k8s.io", "Lease"): ("Name/name|Holder|Age", basics.lease),
    ("discovery.k8s.io", "EndpointSlice"): ("Name/name|AddressType|Ports|Endpoints|Age", networks.endpoint_slice),
    ("events.k8s.io", "Event"): (_EVENT, basics.event),
    ("networking.k8s.io", "Ingress"): ("Name/name|Class|Hosts|Address|Ports|Age", networks.ingress),
    ("networking.k8s.io", "IngressClass"): ("Name/name|Controller|Parameters|Age", networks.ingress_class),
    ("networking.k8s.io", "NetworkPolicy"): ("Name/name|Pod-Selector|Age", networks.network_policy),
    ("node.k8s.io", "RuntimeClass"): ("Name/name|Handler|Age", basics.runtime_class),
    ("policy", "PodDisruptionBudget"): (
        "Name/name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age",
        workloads.disruption_budget,
    ),
    (_RBAC, "ClusterRole"): (_CREATED, basics.created),
    (_RBAC, "ClusterRoleBinding"): (_BINDING, basics.binding),
    (_RBAC, "Role"): (_CREATED, basics.created),
    (_RBAC, "RoleBinding"): (_BINDING, basics.binding),
    ("scheduling.k8s.io", "PriorityClass"): (
        "Name/name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy",
        basics.priority_class,
    ),
    ("storage.k8s.io", "CSIDriver"): (f"{_DRIVER}|RequiresRepublish:boolean|Modes|Age", basics.csi_driver),
    ("storage.k8s.io", "CSIStorageCapacity"): (_CREATED, basics.created),
    ("storage.k8s.io", "StorageClass"): (
        "Name/name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age",
        basics.storage_class,
    ),
}
"""Maps (group, kind) to the columns and the cell function."""
