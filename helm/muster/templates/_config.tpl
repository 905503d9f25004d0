{{/* The seconds of `drain-timeout`, which the schema holds to whole seconds or minutes. What `extra` says of it wins. */}}
{{- define "muster.drainSeconds" -}}
{{- $extra := dig "muster" "gateway" dict .Values.config.extra -}}
{{- $gateway := mergeOverwrite (deepCopy .Values.config.gateway) (deepCopy $extra) -}}
{{- $drain := index $gateway "drain-timeout" | default (index $gateway "drainTimeout") | default "20s" -}}
{{- if hasSuffix "m" $drain }}{{ mul (trimSuffix "m" $drain | int) 60 }}{{ else }}{{ trimSuffix "s" $drain | int }}{{ end }}
{{- end }}

{{/* How long a pod may take to stop: preStop, then the drain, then what the JVM needs to leave. */}}
{{- define "muster.gracePeriodSeconds" -}}
{{- $needed := add .Values.preStopSleepSeconds (include "muster.drainSeconds" . | int) 10 | int -}}
{{- $given := .Values.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given }}{{ $needed }}
{{- else if lt (int $given) $needed }}
{{- fail (printf "terminationGracePeriodSeconds is %d, but preStopSleepSeconds + config.gateway.drain-timeout + 10 s to leave are %d: accepted batches would be cut off" (int $given) $needed) }}
{{- else }}{{ int $given }}{{ end }}
{{- end }}

{{/* application.yaml: the typed values in Muster's own words, then `extra`, which has the last word. */}}
{{- define "muster.applicationYaml" -}}
{{- $c := .Values.config -}}
{{- $sidecar := eq .Values.mode "sidecar" -}}
{{- if and (not $sidecar) (not $c.auth.mode) (not .Values.configSecrets) }}
{{- fail "config.auth.mode: say who may call, none, api-key or jwt; in mode gateway Muster is open to other pods, and would not start without" }}
{{- end }}
{{- $muster := dict "gateway" $c.gateway "services" $c.services "views" $c.views "egress" $c.egress "auth" $c.auth "callers" $c.callers "transport" $c.transport "detached" $c.detached -}}
{{- range $key, $value := $muster }}{{ if not $value }}{{ $_ := unset $muster $key }}{{ end }}{{ end -}}
{{- $server := dict "address" (ternary "127.0.0.1" "0.0.0.0" $sidecar) "port" .Values.ports.api -}}
{{- $bundles := dict -}}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $server "ssl" (dict "bundle" "server") }}
{{- $_ := set $bundles "server" (dict "reload-on-update" true "keystore" (dict "certificate" "/etc/muster/tls/server/tls.crt" "private-key" "/etc/muster/tls/server/tls.key")) }}
{{- end }}
{{- range $name, $bundle := .Values.clientTls }}
{{- $pem := dict "reload-on-update" true -}}
{{- if $bundle.certificate }}{{ $_ := set $pem "keystore" (dict "certificate" (printf "/etc/muster/tls/%s/tls.crt" $name) "private-key" (printf "/etc/muster/tls/%s/tls.key" $name)) }}{{ end }}
{{- if $bundle.authority }}{{ $_ := set $pem "truststore" (dict "certificate" (printf "/etc/muster/tls/%s/ca.crt" $name)) }}{{ end }}
{{- $_ := set $bundles $name $pem }}
{{- end }}
{{- $spring := dict "lifecycle" (dict "timeout-per-shutdown-phase" (printf "%ds" (add (include "muster.drainSeconds" . | int) 5))) -}}
{{- if $bundles }}{{ $_ := set $spring "ssl" (dict "bundle" (dict "pem" $bundles)) }}{{ end }}
{{- $all := dict "server" $server "management" (dict "server" (dict "address" "0.0.0.0" "port" .Values.ports.management)) "spring" $spring -}}
{{- if $muster }}{{ $_ := set $all "muster" $muster }}{{ end }}
{{- if $c.resilience4j }}{{ $_ := set $all "resilience4j" $c.resilience4j }}{{ end }}
{{- toYaml (mergeOverwrite $all (deepCopy $c.extra)) }}
{{- end }}
