// Command pulumi-language-python runs Pulumi programs written in Python.
//
// It stands in for Pulumi's own language host, whose module the proxy does not serve. It speaks
// the same protocol and starts the same executor script from the SDK, in the virtual environment
// that Pulumi.yaml names. It leaves out what needs a download site or writes files: finding and
// installing plugins, installing dependencies, packing and generating code. Those calls answer
// "unimplemented".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// version is set at link time to the version of the SDK that the host is built from.
var version = "0.0.0"

const (
	executor = "pulumi-language-python-exec"
	// The executor's exit code when it has already told the user what is wrong.
	exitMessageShown = 32
	// How often the host looks whether the engine still lives, and else ends itself.
	engineCheck = time.Minute
)

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string // the engine's address
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetRequiredPackages names none: the lab's provider is on the PATH, there is nothing to install.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetRequiredPlugins is the older form of GetRequiredPackages.
func (h *host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// About tells `pulumi about` which Python runs the program.
func (h *host) About(
	ctx context.Context, req *pulumirpc.AboutRequest,
) (*pulumirpc.AboutResponse, error) {
	python, err := resolve(req.GetInfo())
	if err != nil {
		return nil, err
	}
	info, err := python.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: info.PythonExecutable,
		Version:    info.PythonVersion.String(),
	}, nil
}

// Cancel has nothing to do: the engine also cancels the context of Run, which ends the program.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Run runs the program to its end and says how it ended.
func (h *host) Run(
	ctx context.Context, req *pulumirpc.RunRequest,
) (*pulumirpc.RunResponse, error) {
	cmd, err := h.command(ctx, req)
	if err != nil {
		return nil, err
	}
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, err
	case exit.ExitCode() == exitMessageShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{
			Error: fmt.Sprintf("the program ended with %s", exit.ProcessState),
		}, nil
	}
}

// command returns the executor, told by its arguments where the engine is and what to run, and by
// its environment what the stack's configuration is.
func (h *host) command(ctx context.Context, req *pulumirpc.RunRequest) (*exec.Cmd, error) {
	info := req.GetInfo()
	python, err := resolve(info)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append([]string{
		filepath.Join(filepath.Dir(self), executor),
		"--monitor", req.GetMonitorAddress(),
		"--engine", h.engine,
		"--organization", req.GetOrganization(),
		"--project", req.GetProject(),
		"--stack", req.GetStack(),
		"--root_directory", info.GetRootDirectory(),
		"--pwd", info.GetProgramDirectory(),
		"--dry_run", strconv.FormatBool(req.GetDryRun()),
		"--parallel", strconv.Itoa(int(req.GetParallel())),
		info.GetProgramDirectory(),
	}, req.GetArgs()...)
	cmd, err := python.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	config, secretKeys, err := configuration(req)
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Environ(), "PULUMI_CONFIG="+config, "PULUMI_CONFIG_SECRET_KEYS="+secretKeys)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd, nil
}

// configuration returns the stack's configuration and the names of its secrets as the JSON that
// the SDK reads, which may be empty but never null.
func configuration(req *pulumirpc.RunRequest) (string, string, error) {
	values, keys := req.GetConfig(), req.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if keys == nil {
		keys = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return "", "", err
	}
	secretKeys, err := json.Marshal(keys)
	return string(config), string(secretKeys), err
}

// resolve finds the Python that Pulumi.yaml's runtime options name.
func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	root := info.GetRootDirectory()
	venv, _ := info.GetOptions().AsMap()["virtualenv"].(string)
	if venv != "" && !filepath.IsAbs(venv) {
		venv = filepath.Join(root, venv)
	}
	return toolchain.ResolveToolchain(toolchain.PythonOptions{
		Root:       root,
		ProgramDir: info.GetProgramDirectory(),
		Virtualenv: venv,
		Toolchain:  toolchain.Pip,
	})
}

// serve answers the engine on a port of its own, which it prints, until the engine is gone.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// The engine still passes the options of older hosts; what is left is its address.
	flags := flag.NewFlagSet("pulumi-language-python", flag.ContinueOnError)
	for _, option := range []string{"tracing", "root", "typechecker", "virtualenv", "toolchain"} {
		flags.String(option, "", "accepted and not used")
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	engine := flags.Arg(0)
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, engineCheck, stop); err != nil {
			return err
		}
	}

	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine})
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}
