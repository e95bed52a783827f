// A controller-runtime operator that reconciles ConfigMaps and counts, for the benchmark: everything at its defaults.
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// counter writes how often the reconciler ran and when it last did into the file that the runner maps.
type counter struct {
	shared []byte
	runs   atomic.Uint64
}

func (c *counter) count() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	binary.LittleEndian.PutUint64(c.shared[0:], c.runs.Add(1))
	binary.LittleEndian.PutUint64(c.shared[8:], math.Float64bits(float64(now.Sec)+float64(now.Nsec)/1e9))
}

func mapped(path string) (*counter, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	shared, err := unix.Mmap(int(file.Fd()), 0, 16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return &counter{shared: shared}, err
}

func run(view string) error {
	counter, err := mapped(os.Getenv("BENCH_COUNTER"))
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Metrics:                server.Options{BindAddress: "127.0.0.1:0"},
		HealthProbeBindAddress: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	var object client.Object = &corev1.ConfigMap{}
	if view == "unstructured" {
		untyped := &unstructured.Unstructured{}
		untyped.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
		object = untyped
	}
	reconciler := reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
		counter.count()
		return reconcile.Result{}, nil
	})
	if err := ctrl.NewControllerManagedBy(manager).Named("bench").For(object).Complete(reconciler); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	view := flag.String("view", "typed", "typed or unstructured")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*view); err != nil {
		ctrl.Log.Error(err, "cannot run")
		os.Exit(1)
	}
}
