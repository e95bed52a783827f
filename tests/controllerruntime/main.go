// Command controllerruntime runs a manager of controller-runtime whose reconciles end in every way there is, so that its
// metrics can be compared with ours. It leads by a Lease, reconciles ConfigMaps by their names, and serves /metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// reconcileByName ends as the object's name says.
func reconcileByName(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	switch request.Name {
	case "after":
		return reconcile.Result{RequeueAfter: time.Hour}, nil
	case "fail":
		return reconcile.Result{}, errors.New("as asked")
	case "terminal":
		return reconcile.Result{}, reconcile.TerminalError(errors.New("as asked"))
	case "panic":
		panic("as asked")
	case "timeout":
		<-ctx.Done()
		return reconcile.Result{}, ctx.Err()
	}
	return reconcile.Result{}, nil
}

func run(address, lease string) error {
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Metrics:                 server.Options{BindAddress: address},
		HealthProbeBindAddress:  "0",
		LeaderElection:          true,
		LeaderElectionID:        lease,
		LeaderElectionNamespace: "default",
	})
	if err != nil {
		return err
	}
	options := controller.Options{ReconciliationTimeout: 50 * time.Millisecond}
	err = ctrl.NewControllerManagedBy(manager).Named("configmap").For(&corev1.ConfigMap{}).WithOptions(options).
		Complete(reconcile.Func(reconcileByName))
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	address := flag.String("metrics-addr", "127.0.0.1:8080", "where to serve /metrics")
	lease := flag.String("lease", "metrics", "name of the Lease")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*address, *lease); err != nil {
		ctrl.Log.Error(err, "cannot run")
		os.Exit(1)
	}
}
