// A controller-runtime operator that reconciles ConfigMaps and counts, for the benchmark: everything at its defaults.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const remembered = 65536

var (
	view    = flag.String("view", "typed", "typed, unstructured or metadata")
	handler = flag.String("handler", "noop", "noop, read, patch or fail")
	workers = flag.Int("workers", 1, "reconciles at once")
	copies  = flag.Int("copies", 1, "controllers")
	kinds   = flag.Int("kinds", 0, "custom kinds, one for each controller, instead of ConfigMaps")
	kind    = schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
)

// counter writes how often the reconciler ran, when it last did, and for what, into the file that the runner maps.
type counter struct {
	mutex  sync.Mutex
	shared []byte
	runs   uint64
}

func (c *counter) count(name string) {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	at := math.Float64bits(float64(now.Sec) + float64(now.Nsec)/1e9)
	index, _ := strconv.Atoi(name[9:])
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.runs < remembered {
		binary.LittleEndian.PutUint64(c.shared[16+16*c.runs:], uint64(index))
		binary.LittleEndian.PutUint64(c.shared[24+16*c.runs:], at)
	}
	c.runs++
	binary.LittleEndian.PutUint64(c.shared[0:], c.runs)
	binary.LittleEndian.PutUint64(c.shared[8:], at)
}

func mapped(path string) (*counter, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	shared, err := unix.Mmap(int(file.Fd()), 0, 16+16*remembered, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return &counter{shared: shared}, err
}

// custom returns an object of one of the load server's own kinds, for which there is no Go type.
func custom(number int) client.Object {
	untyped := &unstructured.Unstructured{}
	untyped.SetAPIVersion("bench.example.com/v1")
	untyped.SetKind(fmt.Sprintf("Bench%02d", number))
	return untyped
}

func empty() client.Object {
	switch *view {
	case "unstructured":
		untyped := &unstructured.Unstructured{}
		untyped.SetGroupVersionKind(kind)
		return untyped
	case "metadata":
		partial := &metav1.PartialObjectMetadata{}
		partial.SetGroupVersionKind(kind)
		return partial
	default:
		return &corev1.ConfigMap{}
	}
}

func work(ctx context.Context, api client.Client, name types.NamespacedName) error {
	switch *handler {
	case "read":
		return api.Get(ctx, name, empty())
	case "patch":
		object := empty()
		object.SetNamespace(name.Namespace)
		object.SetName(name.Name)
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"seen":"yes"}}}`))
		return api.Patch(ctx, object, patch)
	case "fail":
		return errors.New("as the benchmark asks for")
	default:
		return nil
	}
}

func run() error {
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
	reconciler := reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		err := work(ctx, manager.GetClient(), request.NamespacedName)
		counter.count(request.Name)
		return reconcile.Result{}, err
	})
	options := controller.Options{MaxConcurrentReconciles: *workers}
	for number := range *copies {
		made := ctrl.NewControllerManagedBy(manager).Named(fmt.Sprintf("bench-%03d", number)).WithOptions(options)
		if *kinds > 0 {
			made = made.For(custom(number % *kinds))
		} else if *view == "metadata" {
			made = made.For(empty(), builder.OnlyMetadata)
		} else {
			made = made.For(empty())
		}
		if err := made.Complete(reconciler); err != nil {
			return err
		}
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(); err != nil {
		ctrl.Log.Error(err, "cannot run")
		os.Exit(1)
	}
}
