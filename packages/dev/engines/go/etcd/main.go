// Command etcd starts the upstream server; the module proxy serves its packages but not a main of their own.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
