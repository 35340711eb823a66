//go:build tools

// Package tools pins the generator of Grafana's wiring, beside an x/tools that reads Go 1.26.
package tools

import _ "github.com/google/wire/cmd/wire"
