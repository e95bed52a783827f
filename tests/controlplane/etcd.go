package main

import (
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// startEtcd starts a single member on free loopback ports and waits until it serves.
//
// Both slow-request thresholds stay set: with zero, every request is logged as slow. The HTTP gateway is off because it
// would dial the advertised address, and nobody listens on port 0.
func startEtcd(dataDir string, fsync bool) (*embed.Etcd, error) {
	anyPort := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config := embed.NewConfig()
	config.Name = "test"
	config.Dir = filepath.Join(dataDir, "etcd")
	config.ListenClientUrls = []url.URL{anyPort}
	config.AdvertiseClientUrls = []url.URL{anyPort}
	config.ListenPeerUrls = []url.URL{anyPort}
	config.AdvertisePeerUrls = []url.URL{anyPort}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.EnableGRPCGateway = false
	config.LogLevel = "error"
	config.LogOutputs = []string{"stderr"}
	config.UnsafeNoFsync = !fsync
	config.QuotaBackendBytes = 8 << 30
	config.WarningApplyDuration = 5 * time.Second
	config.WarningUnaryRequestDuration = 5 * time.Second

	member, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-member.Server.ReadyNotify():
		return member, nil
	case <-time.After(startDeadline):
		member.Close()
		return nil, errors.New("not ready in time")
	}
}

func clientURL(etcd *embed.Etcd) string { return "http://" + etcd.Clients[0].Addr().String() }
