package main

import (
	"context"
	"net"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	utilversion "k8s.io/component-base/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// server is a kube-apiserver in the background; running ends when it is asked to stop and when it fails.
type server struct {
	running context.Context
	ended   <-chan error
}

func serveInBackground(ctx context.Context, listener net.Listener, c credentials, etcd *embed.Etcd, extra []string) server {
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- serveAPI(ctx, listener, c, etcd, extra)
		cancel()
	}()
	return server{running, ended}
}

// failure waits for the server's end, within a deadline because open watches may hold it up, and tells a stop that was
// asked for (nil) from a failure.
func (s server) failure(asked context.Context) error {
	if s.running.Err() == nil {
		return nil
	}
	select {
	case err := <-s.ended:
		if asked.Err() == nil {
			return err
		}
	case <-time.After(stopDeadline):
	}
	return nil
}

// serveAPI runs kube-apiserver on the listener until the context ends; it returns what stopped it.
func serveAPI(ctx context.Context, listener net.Listener, c credentials, etcd *embed.Etcd, extra []string) error {
	run := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range run.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(append(apiserverFlags(c, clientURL(etcd)), extra...)); err != nil {
		return err
	}
	run.SecureServing.Listener = listener
	run.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := run.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := run.Complete(ctx)
	if err != nil {
		return err
	}
	if problems := completed.Validate(); len(problems) != 0 {
		return utilerrors.NewAggregate(problems)
	}
	prepared, err := prepare(completed, etcd.Server)
	if err != nil {
		return err
	}
	return prepared.Run(ctx)
}

// preparedServer is what app.Run would run.
type preparedServer interface {
	Run(ctx context.Context) error
}

// prepare builds kube-apiserver as app.Run does, with one path more.
func prepare(completed options.CompletedOptions, etcd *etcdserver.EtcdServer) (preparedServer, error) {
	name, err := cache.NewInformerName("kube-apiserver")
	if err != nil {
		return nil, err
	}
	completed.InformerName = name
	config, err := app.NewConfig(completed)
	if err != nil {
		return nil, err
	}
	completedConfig, err := config.Complete()
	if err != nil {
		return nil, err
	}
	chain, err := app.CreateServerChain(completedConfig)
	if err != nil {
		return nil, err
	}
	chain.GenericAPIServer.Handler.NonGoRestfulMux.Handle(compactPath, compaction(etcd))
	return chain.PrepareRun()
}

// apiserverFlags leaves out only what needs a cluster around it: endpoints of its own Service and the default
// ServiceAccount, which a controller that is not run here would have to create.
func apiserverFlags(c credentials, etcdURL string) []string {
	return []string{
		"--etcd-servers=" + etcdURL,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--tls-cert-file=" + c.serverCert,
		"--tls-private-key-file=" + c.serverKey,
		"--token-auth-file=" + c.tokens,
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.serviceAccountKey,
		"--service-account-signing-key-file=" + c.serviceAccountKey,
		"--service-cluster-ip-range=10.0.0.0/16",
		"--endpoint-reconciler-type=none",
		"--disable-admission-plugins=ServiceAccount",
		"--allow-privileged=true",
		"--profiling=false",
		"--shutdown-delay-duration=0s",
		"--shutdown-send-retry-after=false",
	}
}

// waitReady waits for the server's own word and for the first namespace, which appears only after it.
func waitReady(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(attempt).Error(); err != nil {
			return false, nil
		}
		_, err := client.CoreV1().Namespaces().Get(attempt, metav1.NamespaceDefault, metav1.GetOptions{})
		return err == nil, nil
	})
}

func serverVersion() string { return utilversion.Get().GitVersion }
