// Package bridge says how the upstream Terraform provider for Docker looks as a Pulumi provider.
//
// The pulumi-docker repository does the same with the same two ingredients, the bridge and the
// upstream provider (kreuzwerker/terraform-provider-docker), but the module proxy does not serve
// it. The names below agree with the Python package pulumi_docker 5.2.0 for all that comes from
// upstream, which was seen by running it. Not here: docker.Image, docker.BuildxBuilder and
// docker.Compose, which Pulumi wrote itself or upstream adds with its own dependencies.
//
// This module's path lies below upstream's, as upstream's go.mod names it: upstream keeps the
// provider in an internal package, which Go lets only such modules import.
package bridge

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// Version is what the provider says of itself: the version of pulumi_docker that it serves, which
// the engine asks for and records in the state. It is not a release of pulumi-docker, and the
// upstream commit in go.mod need not be the one that 5.2.0 was made from.
const Version = "5.2.0"

const packageName = "docker"

// Info returns the mapping from upstream's names to Pulumi's.
func Info() tfbridge.ProviderInfo {
	return tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(provider.New(Version)()),
		Name:    packageName,
		Version: Version,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				Value:   "unix:///var/run/docker.sock",
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok: resource("Container"),
				// Names and published ports are the engine's to give once only.
				DeleteBeforeReplace: true,
				// Not made plural, as pulumi_docker has them.
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
			"docker_image": {
				Tok:    resource("RemoteImage"),
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}},
			},
			"docker_network":        {Tok: resource("Network")},
			"docker_volume":         {Tok: resource("Volume")},
			"docker_config":         {Tok: resource("ServiceConfig")},
			"docker_secret":         {Tok: resource("Secret")},
			"docker_service":        {Tok: resource("Service")},
			"docker_tag":            {Tok: resource("Tag")},
			"docker_plugin":         {Tok: resource("Plugin")},
			"docker_registry_image": {Tok: resource("RegistryImage")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    {Tok: function("getRemoteImage")},
			"docker_logs":                     {Tok: function("getLogs")},
			"docker_network":                  {Tok: function("getNetwork")},
			"docker_plugin":                   {Tok: function("getPlugin")},
			"docker_registry_image":           {Tok: function("getRegistryImage")},
			"docker_registry_image_manifests": {Tok: function("getRegistryImageManifests")},
		},
		IgnoreMappings: []string{"docker_compose", "docker_buildx_builder"},
	}
}

// resource returns the token of a resource: "docker:index/container:Container" for "Container".
func resource(name string) tokens.Type {
	return tokens.Type(token(strings.ToLower(name[:1])+name[1:], name))
}

// function returns the token of a function: "docker:index/getLogs:getLogs" for "getLogs".
func function(name string) tokens.ModuleMember {
	return tokens.ModuleMember(token(name, name))
}

func token(module, member string) string {
	return packageName + ":index/" + module + ":" + member
}
