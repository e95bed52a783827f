package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/etcdserver"
)

const (
	// compactPath is where the embedded server of plugin-operator forgets its history too.
	compactPath = "/debug/compact"
	// compactRevKey is where kube-apiserver keeps, and looks for, the revision of the last compaction.
	compactRevKey = "compact_rev_key"
)

// compaction forgets, on request, every version but the newest of each object, as kube-apiserver itself does with all
// that is older than five minutes. Only administrators reach it: RBAC asks for the right to POST to its path.
func compaction(etcd *etcdserver.EtcdServer) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost {
			http.Error(response, "only POST compacts", http.StatusMethodNotAllowed)
			return
		}
		revision, err := compact(request.Context(), etcd)
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		response.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(response, "{\"compacted\":%d}\n", revision)
	})
}

// compact tells of the compaction in the key first, in the order of kube-apiserver's own loop.
func compact(ctx context.Context, etcd *etcdserver.EtcdServer) (int64, error) {
	current, err := etcd.Range(ctx, &pb.RangeRequest{Key: []byte(compactRevKey)})
	if err != nil {
		return 0, err
	}
	revision := current.Header.Revision
	told := &pb.PutRequest{Key: []byte(compactRevKey), Value: []byte(strconv.FormatInt(revision, 10))}
	if _, err := etcd.Put(ctx, told); err != nil {
		return 0, err
	}
	_, err = etcd.Compact(ctx, &pb.CompactionRequest{Revision: revision, Physical: true})
	return revision, err
}
