// Command kubernetes holds every program of a small cluster in one binary.
//
// The first argument names the program: etcd, apiserver, controller-manager,
// scheduler, kubelet or proxy. What follows are the upstream flags of that
// program. One binary links the shared Kubernetes packages once, so that a
// machine without a registry builds the whole cluster in minutes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	_ "time/tzdata" // for time zones of CronJobs

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // for JSON log format registration
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // for client metric registration
	_ "k8s.io/component-base/metrics/prometheus/version"  // for version metric registration
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var programs = map[string]func() *cobra.Command{
	"apiserver":          apiserver.NewAPIServerCommand,
	"controller-manager": controllermanager.NewControllerManagerCommand,
	"etcd":               newEtcdCommand,
	"kubelet":            func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"proxy":              proxy.NewProxyCommand,
	"scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	newCommand, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "usage: %s etcd|apiserver|controller-manager|scheduler|kubelet|proxy [flags]\n",
			filepath.Base(os.Args[0]))
		os.Exit(2)
	}
	// Upstream's commands read os.Args themselves, so drop our own word from it.
	os.Args = append([]string{name}, os.Args[2:]...)
	os.Exit(cli.Run(newCommand()))
}

// newEtcdCommand runs etcd from the configuration file in --config-file,
// in the format that upstream etcd documents.
func newEtcdCommand() *cobra.Command {
	var configFile string
	var noFsync bool
	command := &cobra.Command{
		Use:          "etcd",
		SilenceUsage: true,
		RunE:         func(*cobra.Command, []string) error { return runEtcd(configFile, noFsync) },
	}
	command.Flags().StringVar(&configFile, "config-file", "", "etcd configuration file")
	command.Flags().BoolVar(&noFsync, "unsafe-no-fsync", false, "do not flush to disk (test clusters only)")
	return command
}

func runEtcd(configFile string, noFsync bool) error {
	config, err := embed.ConfigFromFile(configFile)
	if err != nil {
		return fmt.Errorf("read etcd configuration %q: %w", configFile, err)
	}
	config.UnsafeNoFsync = noFsync
	server, err := embed.StartEtcd(config)
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return fmt.Errorf("etcd stopped: %w", err)
	}
}
