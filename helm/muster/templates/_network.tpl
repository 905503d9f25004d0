{{/* Who reaches the management port, which asks nobody who they are: those that are named, and the kubelet. */}}
{{- define "muster.scrapersRule" -}}
{{- with .Values.networkPolicy.scrapers -}}
- ports: [{port: management, protocol: TCP}]
  from:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{/* Where calls may go. An empty list of a policy's rules is no rule: nothing but DNS. */}}
{{- define "muster.egressRules" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- with .Values.networkPolicy.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
The spec of a NetworkPolicy for pods with Muster as a sidecar, given their labels and what they open themselves:
    include "muster.sidecarNetworkPolicySpec" (dict "muster" .Subcharts.muster "podLabels" (dict "app" "x") "ingress" (list ...))
*/}}
{{- define "muster.sidecarNetworkPolicySpec" -}}
podSelector:
  matchLabels:
    {{- toYaml .podLabels | nindent 4 }}
policyTypes: [Ingress, Egress]
ingress:
  {{- with .ingress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- include "muster.scrapersRule" .muster | nindent 2 }}
egress:
  {{- include "muster.egressRules" .muster | nindent 2 }}
{{- end }}
