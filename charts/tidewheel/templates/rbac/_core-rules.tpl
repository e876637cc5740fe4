{{/* What the operator may do inside the namespaces that it works in. */}}
{{- define "tidewheel.coreRules" -}}
# What people write: the operator reads it and reports in its status.
- apiGroups: [tidewheel.dev]
  resources: [artifactstores, datasets, modelaliases, modelapprovals, modelpipelines]
  verbs: [get, list, watch]
- apiGroups: [tidewheel.dev]
  resources:
  - artifactstores/status
  - datasets/status
  - modelaliases/status
  - modelapprovals/status
  - modelpipelines/status
  verbs: [patch]
# What both people and the operator write.
- apiGroups: [tidewheel.dev]
  resources: [trainingruns, modelversions, modeldeployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [tidewheel.dev]
  resources: [trainingruns/status, modelversions/status, modeldeployments/status]
  verbs: [patch]
# What the operator makes of it.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
# Results and failures of containers.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- if .Values.kueue.enabled }}
# Why a Job waits in a queue.
- apiGroups: [kueue.x-k8s.io]
  resources: [workloads]
  verbs: [get, list, watch]
{{- end }}
{{- if .Values.rayJob.enabled }}
# Searches that run on Ray.
- apiGroups: [ray.io]
  resources: [rayjobs]
  verbs: [get, list, watch, create, patch, delete]
{{- end }}
{{- end -}}
