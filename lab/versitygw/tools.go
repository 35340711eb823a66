//go:build tools

// Package tools makes go.mod pin what the lab builds; it is never compiled.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
