package main

import (
	"fmt"

	"github.com/cilium/statedb"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/loadbalancer"
	policyk8s "github.com/cilium/cilium/pkg/policy/k8s"
)

const backendPort = 80

// resolveServices lets the agent's own code replace toServices by what the services stand for.
func resolveServices(given []service, object *v2.CiliumNetworkPolicy) error {
	db := statedb.New()
	services, err := loadbalancer.NewServicesTable(loadbalancer.DefaultConfig, db)
	if err != nil {
		return err
	}
	backends, err := loadbalancer.NewBackendsTable(db)
	if err != nil {
		return err
	}
	txn := db.WriteTxn(services, backends)
	for _, each := range given {
		name := loadbalancer.NewServiceName(each.Namespace, each.Name)
		if _, _, err := services.Insert(txn, &loadbalancer.Service{
			Name: name, Labels: labels.Map2Labels(each.Labels, labels.LabelSourceK8s), Selector: each.Selector,
		}); err != nil {
			return err
		}
		for _, address := range each.Addresses {
			cluster, err := cmtypes.ParseAddrCluster(address)
			if err != nil {
				return fmt.Errorf("service address: %w", err)
			}
			backend := loadbalancer.NewL3n4Addr(loadbalancer.TCP, cluster, backendPort, loadbalancer.ScopeExternal)
			if _, _, err := backends.Insert(txn, &loadbalancer.Backend{ServiceName: name, Address: backend}); err != nil {
				return err
			}
		}
	}
	policyk8s.ResolveToServices(txn.Commit(), services, backends, object)
	return nil
}
