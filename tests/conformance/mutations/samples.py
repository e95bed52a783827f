"""A valid object of every built-in kind, with enough in it to be worth a mutation."""

from typing import Any

from tests.conformance.mutations.certificates import CERTIFICATES

_LABELS = {"app": "web"}
_SELECTOR = {"matchLabels": _LABELS, "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
_POD: dict[str, Any] = {
    "restartPolicy": "Always",
    "serviceAccountName": "builder",
    "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
    "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}],
    "volumes": [
        {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "conf", "configMap": {"name": "conf", "items": [{"key": "a", "path": "b"}]}},
    ],
    "initContainers": [{"name": "init", "image": "i", "command": ["true"]}],
    "containers": [
        {
            "name": "c",
            "image": "example.com/i:1",
            "args": ["x"],
            "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}],
            "env": [
                {"name": "A", "value": "1"},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "k"}}},
            ],
            "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
            "securityContext": {"privileged": False},
        }
    ],
}
_TEMPLATE = {"metadata": {"labels": _LABELS, "annotations": {"a": "b"}}, "spec": _POD}
_JOB_POD = {**_POD, "restartPolicy": "Never"}
_JOB = {"parallelism": 1, "completions": 2, "backoffLimit": 3, "template": {"spec": _JOB_POD}}
_NOTHING = {"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"]}
_WEBHOOK = {
    "name": "w.example.com",
    "rules": [{**_NOTHING, "scope": "Namespaced"}],
    "clientConfig": {"url": "https://a.example.com/hook"},
    "failurePolicy": "Ignore",
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "timeoutSeconds": 5,
    "matchConditions": [{"name": "m", "expression": "object.metadata.name != 'x'"}],
}
_CONSTRAINTS = {"resourceRules": [_NOTHING]}
_CLAIM_SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "resources": {"requests": {"storage": "1Gi"}},
    "storageClassName": "fast",
    "volumeMode": "Filesystem",
    "selector": _SELECTOR,
}
_RULES = [
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"], "resourceNames": ["a"]},
]
_SUBJECTS = [
    {"kind": "ServiceAccount", "name": "builder", "namespace": "default"},
    {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"},
]
_BACKEND = {"service": {"name": "s", "port": {"number": 80}}}
_METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
_SCALED = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_REQUEST = {
    "name": "gpu",
    "exactly": {"deviceClassName": "gpu.example.com", "count": 1, "allocationMode": "ExactCount"},
}
_DEVICES = {
    "requests": [_REQUEST],
    "constraints": [{"requests": ["gpu"], "matchAttribute": "example.com/model"}],
    "config": [{"requests": ["gpu"], "opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}}],
}
_ATTRIBUTES = {"namespace": "default", "verb": "get", "group": "apps", "resource": "deployments", "name": "d"}
_REGARDING = {"kind": "Pod", "namespace": "$namespace", "name": "p", "apiVersion": "v1"}

#: Their content by group, version and kind; ``$namespace`` is the object's.
SAMPLES: dict[str, dict[str, Any]] = {
    **CERTIFICATES,
    "v1/Binding": {"target": {"kind": "Node", "name": "n"}},
    "v1/ConfigMap": {"data": {"a": "1", "b": "2"}, "binaryData": {"c": "eA=="}, "immutable": False},
    "v1/Endpoints": {
        "subsets": [
            {
                "addresses": [{"ip": "10.1.2.3", "nodeName": "n", "targetRef": {"kind": "Pod", "name": "p"}}],
                "notReadyAddresses": [{"ip": "10.1.2.4", "hostname": "h"}],
                "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            }
        ]
    },
    "v1/Event": {
        "involvedObject": _REGARDING,
        "reason": "Started",
        "message": "m",
        "type": "Normal",
        "count": 1,
        "source": {"component": "c"},
        "firstTimestamp": "2026-11-30T09:54:34Z",
    },
    "v1/LimitRange": {
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "max": {"cpu": "2"},
                    "min": {"cpu": "100m"},
                    "default": {"cpu": "1"},
                    "defaultRequest": {"cpu": "500m"},
                },
                {"type": "PersistentVolumeClaim", "max": {"storage": "10Gi"}},
            ]
        }
    },
    "v1/Namespace": {"spec": {"finalizers": ["kubernetes"]}},
    "v1/Node": {
        "spec": {
            "podCIDR": "10.2.0.0/24",
            "podCIDRs": ["10.2.0.0/24"],
            "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}],
            "unschedulable": True,
        }
    },
    "v1/PersistentVolumeClaim": {"spec": _CLAIM_SPEC},
    "v1/PersistentVolume": {
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "hostPath": {"path": "/tmp"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "fast",
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}]
                }
            },
        }
    },
    "v1/Pod": {"spec": {key: value for key, value in _POD.items() if key != "serviceAccountName"}},
    "v1/PodTemplate": {"template": _TEMPLATE},
    "v1/ReplicationController": {"spec": {"replicas": 1, "selector": _LABELS, "template": _TEMPLATE}},
    "v1/ResourceQuota": {
        "spec": {
            "hard": {"requests.cpu": "1000", "count/widgets.example.com": "5"},
            "scopeSelector": {
                "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
            },
        }
    },
    "v1/Secret": {"type": "Opaque", "data": {"a": "eA=="}, "stringData": {"b": "x"}},
    "v1/ServiceAccount": {
        "secrets": [{"name": "s"}],
        "imagePullSecrets": [{"name": "p"}],
        "automountServiceAccountToken": True,
    },
    "v1/Service": {
        "spec": {
            "type": "ClusterIP",
            "selector": _LABELS,
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"},
                {"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"},
            ],
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
        }
    },
    "apiregistration.k8s.io/v1/APIService": {
        "spec": {
            "group": "$id.example.com",
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 10,
            "service": {"name": "s", "namespace": "default", "port": 443},
            "insecureSkipTLSVerify": True,
        }
    },
    "apps/v1/ControllerRevision": {"revision": 1, "data": {"a": 1}},
    "apps/v1/DaemonSet": {
        "spec": {
            "selector": _SELECTOR,
            "template": _TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        }
    },
    "apps/v1/Deployment": {
        "spec": {
            "replicas": 2,
            "selector": _SELECTOR,
            "template": _TEMPLATE,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "progressDeadlineSeconds": 600,
        }
    },
    "apps/v1/ReplicaSet": {"spec": {"replicas": 1, "selector": _SELECTOR, "template": _TEMPLATE}},
    "apps/v1/StatefulSet": {
        "spec": {
            "replicas": 1,
            "serviceName": "s",
            "selector": _SELECTOR,
            "template": _TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
            "volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": _CLAIM_SPEC}],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Delete"},
        }
    },
    "events.k8s.io/v1/Event": {
        "eventTime": "2026-11-30T09:54:34.000001Z",
        "action": "a",
        "reason": "Started",
        "type": "Normal",
        "regarding": _REGARDING,
        "reportingController": "example.com/c",
        "reportingInstance": "c-1",
        "note": "n",
        "series": {"count": 2, "lastObservedTime": "2026-11-30T09:54:34.000001Z"},
    },
    "authentication.k8s.io/v1/SelfSubjectReview": {},
    "authentication.k8s.io/v1/TokenReview": {"spec": {"token": "t", "audiences": ["a"]}},
    "authorization.k8s.io/v1/LocalSubjectAccessReview": {
        "spec": {"user": "jane", "groups": ["g"], "resourceAttributes": {**_ATTRIBUTES, "namespace": "$namespace"}}
    },
    "authorization.k8s.io/v1/SelfSubjectAccessReview": {"spec": {"resourceAttributes": _ATTRIBUTES}},
    "authorization.k8s.io/v1/SelfSubjectRulesReview": {"spec": {"namespace": "default"}},
    "authorization.k8s.io/v1/SubjectAccessReview": {
        "spec": {"user": "jane", "groups": ["g"], "resourceAttributes": _ATTRIBUTES, "extra": {"a": ["b"]}}
    },
    "autoscaling/v2/HorizontalPodAutoscaler": {
        "spec": {
            "minReplicas": 1,
            "maxReplicas": 5,
            "scaleTargetRef": _SCALED,
            "metrics": [_METRIC],
            "behavior": {
                "scaleDown": {
                    "stabilizationWindowSeconds": 60,
                    "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
                }
            },
        }
    },
    "autoscaling/v1/HorizontalPodAutoscaler": {
        "spec": {"minReplicas": 1, "maxReplicas": 5, "scaleTargetRef": _SCALED, "targetCPUUtilizationPercentage": 50}
    },
    "batch/v1/CronJob": {
        "spec": {
            "schedule": "* * * * *",
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 10,
            "successfulJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {"labels": _LABELS}, "spec": _JOB},
        }
    },
    "batch/v1/Job": {
        "spec": {
            **_JOB,
            "activeDeadlineSeconds": 100,
            "ttlSecondsAfterFinished": 10,
            "completionMode": "Indexed",
            "podFailurePolicy": {
                "rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1, 2]}}],
            },
        }
    },
    "networking.k8s.io/v1/IngressClass": {
        "spec": {
            "controller": "example.com/c",
            "parameters": {"apiGroup": "example.com", "kind": "K", "name": "p", "scope": "Cluster"},
        }
    },
    "networking.k8s.io/v1/Ingress": {
        "spec": {
            "ingressClassName": "c",
            "defaultBackend": _BACKEND,
            "tls": [{"hosts": ["a.example.com"], "secretName": "s"}],
            "rules": [
                {
                    "host": "a.example.com",
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": _BACKEND}]},
                }
            ],
        }
    },
    "networking.k8s.io/v1/IPAddress": {
        "spec": {"parentRef": {"group": "", "resource": "services", "namespace": "default", "name": "s"}}
    },
    "networking.k8s.io/v1/NetworkPolicy": {
        "spec": {
            "podSelector": _SELECTOR,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": [
                        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                        {"namespaceSelector": {"matchLabels": _LABELS}},
                    ],
                    "ports": [{"protocol": "TCP", "port": 80, "endPort": 90}],
                }
            ],
            "egress": [{"to": [{"podSelector": {}}]}],
        }
    },
    "networking.k8s.io/v1/ServiceCIDR": {"spec": {"cidrs": ["10.200.0.0/24"]}},
    "policy/v1/PodDisruptionBudget": {
        "spec": {"minAvailable": "50%", "selector": _SELECTOR, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    },
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding": {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": _SUBJECTS,
    },
    "rbac.authorization.k8s.io/v1/ClusterRole": {
        "rules": [*_RULES, {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}],
    },
    "rbac.authorization.k8s.io/v1/RoleBinding": {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": _SUBJECTS,
    },
    "rbac.authorization.k8s.io/v1/Role": {"rules": _RULES},
    "storage.k8s.io/v1/CSIDriver": {
        "spec": {
            "attachRequired": True,
            "podInfoOnMount": True,
            "volumeLifecycleModes": ["Persistent", "Ephemeral"],
            "fsGroupPolicy": "File",
            "tokenRequests": [{"audience": "a", "expirationSeconds": 3600}],
        }
    },
    "storage.k8s.io/v1/CSINode": {
        "spec": {
            "drivers": [{"name": "d.example.com", "nodeID": "n", "topologyKeys": ["k"], "allocatable": {"count": 3}}]
        }
    },
    "storage.k8s.io/v1/CSIStorageCapacity": {
        "storageClassName": "fast",
        "capacity": "1Gi",
        "maximumVolumeSize": "1Gi",
        "nodeTopology": _SELECTOR,
    },
    "storage.k8s.io/v1/StorageClass": {
        "provisioner": "example.com/p",
        "parameters": {"a": "b"},
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "Immediate",
        "mountOptions": ["ro"],
        "allowedTopologies": [{"matchLabelExpressions": [{"key": "k", "values": ["v"]}]}],
    },
    "storage.k8s.io/v1/VolumeAttachment": {
        "spec": {"attacher": "a.example.com", "nodeName": "n", "source": {"persistentVolumeName": "v"}}
    },
    "storage.k8s.io/v1/VolumeAttributesClass": {"driverName": "d.example.com", "parameters": {"a": "b"}},
    "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy": {
        "spec": {
            "matchConstraints": _CONSTRAINTS,
            "failurePolicy": "Ignore",
            "reinvocationPolicy": "Never",
            "variables": [{"name": "v", "expression": "1 + 1"}],
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": "Object{metadata: Object.metadata{labels: {'a': 'b'}}}"},
                }
            ],
        }
    },
    "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding": {
        "spec": {"policyName": "p", "matchResources": {"namespaceSelector": {"matchLabels": {"a": "b"}}}}
    },
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": {
        "webhooks": [{**_WEBHOOK, "reinvocationPolicy": "Never"}]
    },
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy": {
        "spec": {
            "matchConstraints": _CONSTRAINTS,
            "failurePolicy": "Ignore",
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "variables": [{"name": "v", "expression": "1 + 1"}],
            "validations": [{"expression": "variables.v == 2", "message": "m", "reason": "Invalid"}],
            "auditAnnotations": [{"key": "a", "valueExpression": "'x'"}],
            "matchConditions": [{"name": "m", "expression": "true"}],
        }
    },
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": {
        "spec": {
            "policyName": "p",
            "validationActions": ["Deny"],
            "paramRef": {"name": "x", "namespace": "default", "parameterNotFoundAction": "Allow"},
            "matchResources": {"namespaceSelector": {"matchLabels": {"a": "b"}}},
        }
    },
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration": {"webhooks": [_WEBHOOK]},
    "apiextensions.k8s.io/v1/CustomResourceDefinition": {
        "spec": {
            "group": "$id.example.com",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "shortNames": ["gd"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "properties": {"size": {"type": "integer", "minimum": 1, "default": 1}},
                                    "x-kubernetes-validations": [{"rule": "self.size < 10", "message": "too large"}],
                                }
                            },
                        }
                    },
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
                }
            ],
        }
    },
    "scheduling.k8s.io/v1/PriorityClass": {"value": 100, "description": "d", "preemptionPolicy": "Never"},
    "coordination.k8s.io/v1/Lease": {
        "spec": {
            "holderIdentity": "h",
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-11-30T09:54:34.000001Z",
            "leaseTransitions": 1,
        }
    },
    "node.k8s.io/v1/RuntimeClass": {
        "handler": "runc",
        "overhead": {"podFixed": {"cpu": "100m"}},
        "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k", "operator": "Exists"}]},
    },
    "discovery.k8s.io/v1/EndpointSlice": {
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.2.3"], "conditions": {"ready": True}, "nodeName": "n", "hostname": "h"}],
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "appProtocol": "http"}],
    },
    "resource.k8s.io/v1/DeviceClass": {
        "spec": {
            "selectors": [{"cel": {"expression": "device.driver == 'gpu.example.com'"}}],
            "config": [{"opaque": {"driver": "gpu.example.com", "parameters": {"a": 1}}}],
        }
    },
    "resource.k8s.io/v1/DeviceTaintRule": {
        "spec": {
            "deviceSelector": {"driver": "gpu.example.com", "pool": "p", "device": "d"},
            "taint": {"key": "example.com/broken", "value": "yes", "effect": "NoSchedule"},
        }
    },
    "storagemigration.k8s.io/v1/StorageVersionMigration": {
        "spec": {"resource": {"group": "apps", "resource": "deployments"}}
    },
    "resource.k8s.io/v1/ResourceClaim": {"spec": {"devices": _DEVICES}},
    "resource.k8s.io/v1/ResourceClaimTemplate": {
        "spec": {"metadata": {"labels": _LABELS}, "spec": {"devices": _DEVICES}}
    },
    "resource.k8s.io/v1/ResourceSlice": {
        "spec": {
            "driver": "gpu.example.com",
            "nodeName": "n",
            "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {"name": "d", "attributes": {"model": {"string": "x"}}, "capacity": {"memory": {"value": "1Gi"}}}
            ],
        }
    },
    "flowcontrol.apiserver.k8s.io/v1/FlowSchema": {
        "spec": {
            "priorityLevelConfiguration": {"name": "exempt"},
            "matchingPrecedence": 9000,
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [
                {
                    "subjects": [{"kind": "User", "user": {"name": "nobody"}}],
                    "resourceRules": [
                        {"verbs": ["get"], "apiGroups": ["none"], "resources": ["things"], "namespaces": ["default"]}
                    ],
                }
            ],
        }
    },
    "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration": {
        "spec": {
            "type": "Limited",
            "limited": {
                "nominalConcurrencyShares": 1,
                "lendablePercent": 10,
                "limitResponse": {
                    "type": "Queue",
                    "queuing": {"queues": 8, "handSize": 2, "queueLengthLimit": 10},
                },
            },
        }
    },
}
