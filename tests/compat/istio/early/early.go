// Package early sets what Istio's packages read while they are initialized, which is before main. Go initializes
// packages in the order of their import paths, and this one's comes before istio.io.
package early

import "os"

func init() {
	for name, value := range map[string]string{
		"TARGET_OUT":                     os.TempDir(), // else Istio's test environment warns on stdout
		"LOCAL_OUT":                      os.TempDir(),
		"PILOT_ENABLE_METADATA_EXCHANGE": "false", // else there are filters that only Istio's own Envoy knows
		"PILOT_ENABLE_ALPN_FILTER":       "false",
	} {
		if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
}
