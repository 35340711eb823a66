//go:build tools

// Package tools makes go.mod pin what the lab builds; it is never compiled.
package tools

import (
	_ "github.com/grafana/loki/v3/cmd/loki"
)
