// Command controlplane runs a real Kubernetes control plane for tests: etcd, kube-apiserver and the three controllers
// that clients notice (garbage collector, namespace, cluster role aggregation), in one process, on loopback only.
//
// It owns nothing beyond its data directory. When everything answers it prints one line of JSON on standard output
// and then stays silent there; logs go to standard error. SIGTERM or SIGINT stop it, and so does the end of standard
// input under --stop-on-stdin-close, so that a test runner that is killed leaves no server behind.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/pflag"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

const (
	startDeadline = 90 * time.Second
	stopDeadline  = 5 * time.Second
)

type settings struct {
	dataDir          string
	port             int
	fsync            bool
	stopOnStdinClose bool
	apiserverFlags   []string
}

// ready is what the caller needs to talk to the server.
type ready struct {
	URL        string `json:"url"`
	CAFile     string `json:"ca_file"`
	Token      string `json:"token"`
	Kubeconfig string `json:"kubeconfig"`
	Version    string `json:"version"`
	Etcd       string `json:"etcd"`
	PID        int    `json:"pid"`
}

func main() {
	// Clients name themselves after the program, and field managers after clients: these are the server's own.
	os.Args[0] = "kube-apiserver"
	options, err := parse(os.Args[1:])
	if errors.Is(err, pflag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(2)
	}
	ctx := genericapiserver.SetupSignalContext()
	if options.stopOnStdinClose {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			genericapiserver.RequestShutdown()
		}()
	}
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func parse(arguments []string) (settings, error) {
	var s settings
	flags := pflag.NewFlagSet("controlplane", pflag.ContinueOnError)
	flags.StringVar(&s.dataDir, "data-dir", "", "directory for etcd's data, keys and the kubeconfig (required; made if missing)")
	flags.IntVar(&s.port, "port", 0, "port of the API server on 127.0.0.1; 0 takes a free one")
	flags.BoolVar(&s.fsync, "fsync", false, "let etcd flush every write to disk, as in production")
	flags.BoolVar(&s.stopOnStdinClose, "stop-on-stdin-close", false, "stop when standard input ends")
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	s.apiserverFlags = flags.Args()
	if s.dataDir == "" {
		return s, errors.New("--data-dir is required")
	}
	return s, os.MkdirAll(s.dataDir, 0o700)
}

func run(ctx context.Context, s settings) error {
	etcd, err := startEtcd(s.dataDir, s.fsync)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer etcd.Close()

	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(s.port)))
	if err != nil {
		return err
	}
	files, err := writeCredentials(s.dataDir, "https://"+listener.Addr().String())
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}

	server := serveInBackground(ctx, listener, files, etcd, s.apiserverFlags)
	if err := bringUp(server.running, files); err != nil {
		return errors.Join(server.failure(ctx), err)
	}
	line := ready{files.url, files.caCert, files.token, files.kubeconfig, serverVersion(), clientURL(etcd), os.Getpid()}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	<-server.running.Done()
	return server.failure(ctx)
}

// bringUp waits until the API server is ready and the controllers run.
func bringUp(serving context.Context, files credentials) error {
	limited, cancel := context.WithTimeout(serving, startDeadline)
	defer cancel()
	config, err := clientConfig(files)
	if err != nil {
		return err
	}
	if err := waitReady(limited, config); err != nil {
		return fmt.Errorf("the API server did not become ready: %w", err)
	}
	return startControllers(serving, limited, config)
}
