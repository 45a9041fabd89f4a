{{- define "docket.name" -}}
{{ .Release.Name }}-docket
{{- end }}
