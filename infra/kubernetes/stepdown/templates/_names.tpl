{{- define "stepdown.name" -}}
{{- if contains "stepdown" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-stepdown" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "stepdown.selector" -}}
app.kubernetes.io/name: stepdown
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stepdown.labels" -}}
{{ include "stepdown.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "stepdown.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "stepdown.name" .) -}}
{{- end }}

{{/* What the chart decides lies over what the values say: where it listens, with which certificate and keys. */}}
{{- define "stepdown.config" -}}
{{- $tls := dict "cert" "/etc/stepdown/tls/tls.crt" "key" "/etc/stepdown/tls/tls.key" -}}
{{- $own := dict
  "dataDir" "/var/lib/stepdown"
  "log" (dict "format" "json")
  "metrics" (dict "host" "0.0.0.0" "port" 9464)
  "ingest" (dict "userKey" "/etc/stepdown/keys/user" "otlp" (dict "host" "0.0.0.0" "port" 4318 "tls" $tls))
  "gateway" (dict "host" "0.0.0.0" "port" 4320 "auditKey" "/etc/stepdown/keys/audit" "tls" $tls)
-}}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end }}
