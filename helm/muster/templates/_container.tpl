{{/* What the container has in common with the one that checks its configuration: the image, and all that it reads. */}}
{{- define "muster.containerBase" -}}
image: {{ include "muster.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: SPRING_CONFIG_ADDITIONAL_LOCATION
    value: /etc/muster/config/application.yaml{{ range .Values.configSecrets }},/etc/muster/secret/{{ . }}/application.yaml{{ end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
  - {name: muster-config, mountPath: /etc/muster/config, readOnly: true}
  {{- range .Values.configSecrets }}
  - {name: muster-secret-{{ . }}, mountPath: /etc/muster/secret/{{ . }}, readOnly: true}
  {{- end }}
  {{- if .Values.tls.existingSecret }}
  - {name: muster-tls-server, mountPath: /etc/muster/tls/server, readOnly: true}
  {{- end }}
  {{- range $name, $_ := .Values.clientTls }}
  - {name: muster-tls-{{ $name }}, mountPath: /etc/muster/tls/{{ $name }}, readOnly: true}
  {{- end }}
{{- end }}

{{/* The container, the same for a pod of its own and for a sidecar. */}}
{{- define "muster.container" -}}
name: muster
{{ include "muster.containerBase" . }}
ports:
  - name: {{ ternary "muster" "api" (eq .Values.mode "sidecar") }}
    containerPort: {{ .Values.ports.api }}
  - name: management
    containerPort: {{ .Values.ports.management }}
startupProbe:
  httpGet: {path: /actuator/health/serving, port: management}
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /actuator/health/liveness, port: management}
  periodSeconds: 10
  timeoutSeconds: 3
# Not `readiness`, which falls when there is no room: a Service whose pods are all full would have none, and its callers
# no answer instead of a 503 with Retry-After.
readinessProbe:
  httpGet: {path: /actuator/health/serving, port: management}
  periodSeconds: 2
  timeoutSeconds: 2
{{- with .Values.preStopSleepSeconds }}
{{- if ne $.Values.mode "sidecar" }}
lifecycle:
  preStop:
    sleep: {seconds: {{ . }}}
{{- end }}
{{- end }}
{{- end }}

{{/*
An init container that reads what the container will read, and ends: its log, and the pod's status, have every fault.
*/}}
{{- define "muster.configCheck" -}}
name: muster-config-check
args: [--check]
terminationMessagePolicy: FallbackToLogsOnError
{{ include "muster.containerBase" . }}
{{- end }}

{{/* The volumes that the container mounts. */}}
{{- define "muster.volumes" -}}
- name: muster-config
  configMap: {name: {{ include "muster.fullname" . }}}
{{- range .Values.configSecrets }}
- name: muster-secret-{{ . }}
  secret: {secretName: {{ . }}, defaultMode: 0444}
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: muster-tls-server
  secret: {secretName: {{ . }}, defaultMode: 0444}
{{- end }}
{{- range $name, $bundle := .Values.clientTls }}
- name: muster-tls-{{ $name }}
  secret: {secretName: {{ $bundle.existingSecret }}, defaultMode: 0444}
{{- end }}
{{- end }}

{{/*
For `initContainers`: a native sidecar, which is started before the application and stopped after it; before that, if
asked for, the check of its configuration.
    include "muster.sidecar" .Subcharts.muster
*/}}
{{- define "muster.sidecar" -}}
{{- if ne .Values.mode "sidecar" }}{{ fail "the template muster.sidecar is for mode sidecar: set mode to it in the values of muster" }}{{ end -}}
{{- if .Values.configCheck.enabled }}
-
  {{- include "muster.configCheck" . | nindent 2 }}
{{- end }}
- restartPolicy: Always
  {{- include "muster.container" . | nindent 2 }}
{{- end }}

{{/* For the pod's annotations: a changed configuration makes new pods. */}}
{{- define "muster.configChecksum" -}}
checksum/muster-config: {{ include "muster.applicationYaml" . | sha256sum }}
{{- end }}
