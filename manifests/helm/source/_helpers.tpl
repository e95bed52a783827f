{{/* The name in labels. */}}
{{- define "plugin-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of the objects: at most 55 characters, because the Service adds "-metrics" to it. */}}
{{- define "plugin-operator.fullname" -}}
{{- $name := include "plugin-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 55 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 55 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of cluster-wide objects, and of Roles in other namespaces: two releases share none. */}}
{{- define "plugin-operator.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "plugin-operator.fullname" .) -}}
{{- end -}}

{{/* Labels by which the pods are selected. They never change. */}}
{{- define "plugin-operator.selector" -}}
app.kubernetes.io/name: {{ include "plugin-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Labels of an object: a list of the context, the component, and maps of further labels. The chart's own win. */}}
{{- define "plugin-operator.labels" -}}
{{- $ := index . 0 -}}
{{- $labels := dict
  "app.kubernetes.io/name" (include "plugin-operator.name" $)
  "app.kubernetes.io/instance" $.Release.Name
  "app.kubernetes.io/version" $.Chart.AppVersion
  "app.kubernetes.io/component" (index . 1)
  "app.kubernetes.io/part-of" $.Chart.Name
  "app.kubernetes.io/managed-by" $.Release.Service
  "helm.sh/chart" (printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
-}}
{{- range slice . 2 -}}
{{- $labels = merge $labels (default dict .) -}}
{{- end -}}
{{- toYaml (merge $labels (default dict $.Values.commonLabels)) -}}
{{- end -}}

{{- define "plugin-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "plugin-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "plugin-operator.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Where plugins come from: examples, inline, configMap, gitSync or persistence. */}}
{{- define "plugin-operator.source" -}}
{{- $given := list -}}
{{- if .Values.plugins -}}{{- $given = append $given "plugins" -}}{{- end -}}
{{- if .Values.existingConfigMap -}}{{- $given = append $given "existingConfigMap" -}}{{- end -}}
{{- if .Values.gitSync.enabled -}}{{- $given = append $given "gitSync" -}}{{- end -}}
{{- if .Values.persistence.enabled -}}{{- $given = append $given "persistence" -}}{{- end -}}
{{- if gt (len $given) 1 -}}
{{- fail (printf "plugins have one source, but %s are set: keep one of them" (join " and " $given)) -}}
{{- end -}}
{{- first (append $given (ternary "examples" "plugins" .Values.examples)) -}}
{{- end -}}

{{- define "plugin-operator.configMap" -}}
{{- default (printf "%s-plugins" (include "plugin-operator.fullname" .)) .Values.existingConfigMap -}}
{{- end -}}

{{/* The settings of git-sync. Their digest is in the name of their ConfigMap, so that pods start with new ones. */}}
{{- define "plugin-operator.gitSync" -}}
GITSYNC_REPO: {{ required "gitSync.repository is empty: set the URL of the repository" .Values.gitSync.repository | quote }}
GITSYNC_REF: {{ .Values.gitSync.ref | quote }}
PLUGINS_DIR: {{ printf "/plugins/current/%s" .Values.gitSync.folder | trimSuffix "/" | quote }}
{{- end -}}

{{- define "plugin-operator.gitSyncConfigMap" -}}
{{- $digest := include "plugin-operator.gitSync" . | sha256sum | trunc 10 -}}
{{- printf "%s-git-sync-%s" (include "plugin-operator.fullname" .) $digest -}}
{{- end -}}

{{- define "plugin-operator.lease" -}}
{{- default (printf "%s-leader-election" (include "plugin-operator.fullname" .)) .Values.leaderElection.resourceName -}}
{{- end -}}

{{/* The Lease of schedules, by the operator's own rule. */}}
{{- define "plugin-operator.schedules" -}}
{{- printf "%s-schedules" (include "plugin-operator.lease" . | trimSuffix "-leader-election") -}}
{{- end -}}

{{- define "plugin-operator.leaseNamespace" -}}
{{- default .Release.Namespace .Values.leaderElection.resourceNamespace -}}
{{- end -}}

{{/* The kind of the roles of the operator and of plugins. */}}
{{- define "plugin-operator.roleKind" -}}
{{- ternary "Role" "ClusterRole" (eq .Values.rbac.scope "namespaces") -}}
{{- end -}}

{{/* Namespaces of the Roles of plugins, as JSON; one empty name stands for the whole cluster. */}}
{{- define "plugin-operator.pluginNamespaces" -}}
{{- if eq .Values.rbac.scope "namespaces" -}}
{{- default (list .Release.Namespace) .Values.watchNamespaces | uniq | toJson -}}
{{- else -}}
{{- list "" | toJson -}}
{{- end -}}
{{- end -}}

{{/* The same with the operator's own namespace, where it records Events about its plugins. */}}
{{- define "plugin-operator.operatorNamespaces" -}}
{{- if eq .Values.rbac.scope "namespaces" -}}
{{- append (default list .Values.watchNamespaces) .Release.Namespace | uniq | toJson -}}
{{- else -}}
{{- list "" | toJson -}}
{{- end -}}
{{- end -}}

{{/* The value of a flag: numbers without an exponent. */}}
{{- define "plugin-operator.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{- int64 . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{/* Flags as arguments, sorted by name: a dictionary of their values. */}}
{{- define "plugin-operator.arguments" -}}
{{- range $flag, $value := . }}
{{- if kindIs "invalid" $value }}
{{- else if eq (toString $value) "true" }}
- {{ printf "--%s" $flag | quote }}
{{- else }}
- {{ printf "--%s=%s" $flag (include "plugin-operator.text" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Flags that are set by a value of their own, when they are not the operator's default. */}}
{{- define "plugin-operator.ownArguments" -}}
{{- $leader := .Values.leaderElection -}}
{{- $flags := dict -}}
{{- if $leader.enabled -}}
{{- if ne (include "plugin-operator.lease" .) "@lease@" -}}
{{- $_ := set $flags "leader-elect-resource-name" (include "plugin-operator.lease" .) -}}
{{- end -}}
{{- range $flag, $value := dict "lease-duration" $leader.leaseDuration "renew-deadline" $leader.renewDeadline "retry-period" $leader.retryPeriod "resource-namespace" $leader.resourceNamespace -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- $_ := set $flags (printf "leader-elect-%s" $flag) $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.watchNamespaces -}}
{{- $_ := set $flags "namespace" (join "," .) -}}
{{- end -}}
{{- if .Values.applyCrds -}}
{{- $_ := set $flags "apply-crds" true -}}
{{- end -}}
{{- if and .Values.metrics.enabled .Values.metrics.secure -}}
{{- $_ := set $flags "metrics-secure" true -}}
{{- if .Values.metrics.certificate.secretName -}}
{{- $_ := set $flags "metrics-cert-path" "/metrics-certificate" -}}
{{- $_ := set $flags "metrics-cert-name" .Values.metrics.certificate.certificateKey -}}
{{- $_ := set $flags "metrics-cert-key" .Values.metrics.certificate.privateKey -}}
{{- end -}}
{{- end -}}
{{- include "plugin-operator.arguments" $flags -}}
{{- end -}}

{{/* The constraints of spreading, each with the selector of the pods. */}}
{{- define "plugin-operator.spread" -}}
{{- $selector := dict "matchLabels" (include "plugin-operator.selector" . | fromYaml) -}}
{{- range .Values.topologySpreadConstraints }}
- {{- toYaml (merge (dict) . (dict "labelSelector" $selector)) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What a schema cannot say. Included by the Deployment, so that nothing renders with such values. */}}
{{- define "plugin-operator.check" -}}
{{- $elsewhere := dict
@refusals@
-}}
{{- range $flag, $_ := .Values.flags -}}
{{- if hasKey $elsewhere $flag -}}
{{- fail (printf "flags.%s: %s" $flag (get $elsewhere $flag)) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElection.enabled) -}}
{{- fail "replicas > 1 needs leaderElection.enabled: several replicas would work at the same time" -}}
{{- end -}}
{{- $given := default dict .Values.flags -}}
{{- $processes := int (default 1 (get $given "processes")) -}}
{{- if and (get $given "shard-replicas") (not .Values.leaderElection.enabled) -}}
{{- fail "flags.shard-replicas needs leaderElection.enabled: the replicas elect the one that divides the shards" -}}
{{- end -}}
{{- if and (get $given "shard-replicas") (gt $processes 1) -}}
{{- fail "flags.shard-replicas and flags.processes cannot be combined: leave out flags.processes and set replicas" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) -}}
{{- fail "metrics.serviceMonitor.enabled needs metrics.enabled" -}}
{{- end -}}
{{- if and .Values.metrics.certificate.secretName (not .Values.metrics.secure) -}}
{{- fail "metrics.certificate.secretName needs metrics.secure: without it, metrics are served without TLS" -}}
{{- end -}}
{{- if and .Values.metrics.secure .Values.rbac.create (eq .Values.rbac.scope "namespaces") -}}
{{- fail "metrics.secure needs a ClusterRole, which rbac.scope=namespaces makes none of: set rbac.create=false and bind it yourself" -}}
{{- end -}}
{{- if and .Values.applyCrds .Values.rbac.create (eq .Values.rbac.scope "namespaces") -}}
{{- fail "applyCrds needs a ClusterRole, which rbac.scope=namespaces makes none of: set rbac.create=false and bind it yourself" -}}
{{- end -}}
{{- if eq (toString .Values.metrics.port) (toString .Values.probes.port) -}}
{{- fail "metrics.port and probes.port are the same: choose two ports" -}}
{{- end -}}
{{- end -}}
