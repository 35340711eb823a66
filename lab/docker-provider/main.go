// Command pulumi-resource-docker is a Docker provider for Pulumi.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/terraform-providers/terraform-provider-docker/lab/bridge"
)

// The schema is written by ./schema just before this is compiled; it is never committed.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main("docker", bridge.Version, bridge.Info(), schema)
}
