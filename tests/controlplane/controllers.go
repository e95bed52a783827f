package main

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
)

// A test that makes a CustomResourceDefinition cannot wait the half minute that production allows.
const discoveryPeriod = time.Second

// startControllers runs what clients see as part of the API: cascading deletion, the end of namespaces and
// aggregated cluster roles. It returns once the garbage collector knows every resource; they run until ctx ends.
func startControllers(ctx, limited context.Context, config *rest.Config) error {
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(clients, 0)
	started := make(chan struct{})
	collector, err := newGarbageCollector(ctx, clients, metadataClient, shared, started)
	if err != nil {
		return fmt.Errorf("garbage collector: %w", err)
	}
	namespaces := namespace.NewNamespaceController(ctx, clients, metadataClient,
		clients.Discovery().ServerPreferredNamespacedResources, shared.Core().V1().Namespaces(), time.Minute, v1.FinalizerKubernetes)
	roles := clusterroleaggregation.NewClusterRoleAggregation(shared.Rbac().V1().ClusterRoles(), clients.RbacV1())
	shared.Start(ctx.Done())
	close(started)

	go collector.Run(ctx, 5, startDeadline)
	go collector.Sync(ctx, clients.Discovery(), discoveryPeriod)
	go namespaces.Run(ctx, 5)
	go roles.Run(ctx, 2)
	logger := klog.FromContext(ctx)
	return wait.PollUntilContextCancel(limited, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		return collector.IsSynced(logger), nil
	})
}

func newGarbageCollector(
	ctx context.Context, clients kubernetes.Interface, metadataClient metadata.Interface,
	shared informers.SharedInformerFactory, started chan struct{},
) (*garbagecollector.GarbageCollector, error) {
	var cached discovery.CachedDiscoveryInterface = memory.NewMemCacheClient(clients.Discovery())
	factory := informerfactory.NewInformerFactory(shared, metadatainformer.NewSharedInformerFactory(metadataClient, 0))
	return garbagecollector.NewGarbageCollector(ctx, clients, metadataClient,
		restmapper.NewDeferredDiscoveryRESTMapper(cached), garbagecollector.DefaultIgnoredResources(), factory, started)
}
