{{/* Name of the chart in labels. */}}
{{- define "tidewheel.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Name of the namespaced objects. */}}
{{- define "tidewheel.fullname" -}}
{{- $name := include "tidewheel.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of the cluster's objects: two releases of one name may live in two namespaces. */}}
{{- define "tidewheel.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "tidewheel.fullname" .) -}}
{{- end -}}

{{- define "tidewheel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tidewheel.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tidewheel.labels" -}}
{{ include "tidewheel.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "tidewheel.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "tidewheel.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Reference of an image. Arguments: the image's values, then the root. */}}
{{- define "tidewheel.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- with $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest -}}
@{{ $image.digest }}
{{- else -}}
:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/*
The watched namespaces as a comma list; nothing means the whole cluster, and only null says so.
A list without names fails even when the schema was skipped.
*/}}
{{- define "tidewheel.watchNamespaces" -}}
{{- $namespaces := .Values.watchNamespaces -}}
{{- if not (kindIs "invalid" $namespaces) -}}
{{- if or (not (kindIs "slice" $namespaces)) (empty $namespaces) (has "" $namespaces) -}}
{{- fail "watchNamespaces must name at least one namespace; set it to null to watch the whole cluster" -}}
{{- end -}}
{{- join "," $namespaces -}}
{{- end -}}
{{- end -}}

{{/* Name of the Lease whose holder leads; every release has its own. */}}
{{- define "tidewheel.leaseName" -}}
{{- printf "%s-operator" (include "tidewheel.fullname" .) -}}
{{- end -}}

{{/* What binds a role to the operator. */}}
{{- define "tidewheel.subjects" -}}
- kind: ServiceAccount
  name: {{ include "tidewheel.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
