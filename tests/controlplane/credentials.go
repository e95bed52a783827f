package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// credentials names the files in the data directory that say who the server is and who may do everything.
type credentials struct {
	url, token                    string
	caCert, serverCert, serverKey string
	serviceAccountKey, tokens     string
	kubeconfig                    string
}

// writeCredentials makes what is missing and keeps what a former run left, so that a restart keeps its clients.
func writeCredentials(dataDir, url string) (credentials, error) {
	in := func(name string) string { return filepath.Join(dataDir, name) }
	c := credentials{
		url: url, caCert: in("ca.crt"), serverCert: in("apiserver.crt"), serverKey: in("apiserver.key"),
		serviceAccountKey: in("service-account.key"), tokens: in("tokens.csv"), kubeconfig: in("kubeconfig"),
	}
	for _, step := range []func() error{c.makeServing, c.makeServiceAccountKey, c.makeToken} {
		if err := step(); err != nil {
			return c, err
		}
	}
	return c, c.writeKubeconfig()
}

// makeServing writes a self-signed authority and one certificate for every name a client on this machine may use.
func (c *credentials) makeServing() error {
	if exists(c.caCert) && exists(c.serverCert) && exists(c.serverKey) {
		return nil
	}
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 0, 0, 1)}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	chain, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", addresses, names)
	if err != nil {
		return err
	}
	certificates, err := cert.ParseCertsPEM(chain)
	if err != nil {
		return err
	}
	authority, err := cert.EncodeCertificates(certificates[len(certificates)-1])
	if err != nil {
		return err
	}
	return errors.Join(write(c.serverCert, chain), write(c.serverKey, key), write(c.caCert, authority))
}

func (c *credentials) makeServiceAccountKey() error {
	if exists(c.serviceAccountKey) {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	encoded, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return write(c.serviceAccountKey, encoded)
}

func (c *credentials) makeToken() error {
	if config, err := clientcmd.LoadFromFile(c.kubeconfig); err == nil && exists(c.tokens) {
		c.token = config.AuthInfos["admin"].Token
		return nil
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	c.token = hex.EncodeToString(random)
	return write(c.tokens, fmt.Appendf(nil, "%s,admin,,system:masters\n", c.token))
}

func (c *credentials) writeKubeconfig() error {
	authority, err := os.ReadFile(c.caCert)
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["controlplane"] = &clientcmdapi.Cluster{Server: c.url, CertificateAuthorityData: authority}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: c.token}
	config.Contexts["controlplane"] = &clientcmdapi.Context{Cluster: "controlplane", AuthInfo: "admin", Namespace: "default"}
	config.CurrentContext = "controlplane"
	return clientcmd.WriteToFile(*config, c.kubeconfig)
}

// clientConfig is the controllers' access, as an administrator and without a rate limit: tests measure the server.
func clientConfig(c credentials) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	config.UserAgent = "kube-controller-manager"
	return config, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func write(path string, content []byte) error {
	return os.WriteFile(path, content, 0o600)
}
