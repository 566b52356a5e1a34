package main

import (
	"net/netip"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/fqdn/dns"
	"github.com/cilium/cilium/pkg/identity"
	k8sutils "github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	ciliumpolicy "github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
)

const firstPodIdentity = 10_000

type namedPortUpdater interface {
	ciliumtypes.NamedPortMultiMap
	Update(nid identity.NumericIdentity, old, new ciliumtypes.NamedPortMap) bool
}

// ends are the identities of a question's endpoints, one for each.
type ends struct {
	endpoints  []endpoint
	identities []*identity.Identity
	ports      []ciliumtypes.NamedPortMap
	namedPorts namedPortUpdater
	profile    profile
}

func newEnds(q question, parsed []resourceEntries) *ends {
	e := &ends{endpoints: q.Endpoints, namedPorts: ciliumtypes.NewNamedPortMultiMap(), profile: q.Profile}
	names := fqdnSelectors(parsed)
	for index, each := range q.Endpoints {
		id := numericIdentity(each.Kind, index)
		lbls := labelsOf(each, q)
		if each.Kind == "address" || each.Kind == "remote-node" && option.Config.PolicyCIDRMatchesNodes() {
			addFQDNLabels(lbls, each.DNSNames, names)
		}
		e.identities = append(e.identities, identity.NewIdentity(id, lbls))
		ports := ciliumtypes.NamedPortMap{}
		for _, port := range each.NamedPorts {
			// As the agent does: a port that can't be added is left out.
			_ = ports.AddPort(port.Name, int(port.Port), port.Protocol)
		}
		e.ports = append(e.ports, ports)
		e.namedPorts.Update(id, nil, ports)
	}
	return e
}

func numericIdentity(kind string, index int) identity.NumericIdentity {
	switch kind {
	case "host":
		return identity.ReservedIdentityHost
	case "pod":
		return identity.NumericIdentity(firstPodIdentity + index)
	case "remote-node":
		return identity.IdentityScopeRemoteNode + identity.NumericIdentity(index)
	default:
		return identity.IdentityScopeLocal + identity.NumericIdentity(index+1)
	}
}

// labelsOf gives the labels as the agent: for pods k8s.GetPodMetadata, its label filter and endpoint.computeCIDRLabels, for
// the rest ipcache.resolveLabels. An address has the label of its own block, which lies in all blocks that hold it.
func labelsOf(e endpoint, q question) labels.Labels {
	lbls := labels.Labels{}
	switch e.Kind {
	case "pod":
		namespace := namespaceMeta{e.Namespace, e.NamespaceLabels}
		all := k8sutils.SanitizePodLabels(e.Labels, namespace, e.ServiceAccount, q.Profile.ClusterName)
		lbls, _ = labelsfilter.Filter(labels.Map2Labels(all, labels.LabelSourceK8s))
		if option.Config.PolicyCIDRMatchesPods() {
			addAddressLabels(lbls, e.IPs, q.CIDRGroups, false)
		}
		return lbls
	case "host":
		lbls.MergeLabels(labels.NewFrom(labels.LabelHost))
	case "remote-node":
		lbls.MergeLabels(labels.NewFrom(labels.LabelRemoteNode))
	default:
		addAddressLabels(lbls, e.IPs, q.CIDRGroups, true)
	}
	if e.Kind != "address" {
		// node/manager.nodeIdentityLabels
		if option.Config.PerNodeLabelsEnabled() {
			lbls.MergeLabels(labels.Map2Labels(e.Labels, labels.LabelSourceNode))
			cluster := labels.NewLabel(k8sconst.PolicyLabelCluster, q.Profile.ClusterName, labels.LabelSourceK8s)
			lbls[cluster.Key] = cluster
		}
		if option.Config.PolicyCIDRMatchesNodes() {
			addAddressLabels(lbls, e.IPs, q.CIDRGroups, false)
		}
	}
	if e.APIServer {
		lbls.MergeLabels(labels.LabelKubeAPIServer)
	}
	return lbls
}

func addAddressLabels(lbls labels.Labels, ips []string, groups []cidrGroup, world bool) {
	for _, text := range ips {
		address, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		cidr, err := labels.IPStringToLabel(text)
		if err == nil {
			lbls[cidr.Key] = cidr
		}
		for _, group := range groups {
			addGroupLabels(lbls, address, group)
		}
		if world {
			lbls.AddWorldLabel(address)
		}
	}
}

// addGroupLabels gives an address the labels of a CIDR group that it lies in, as policy/k8s.cidrsAndLabelsForCIDRGroup.
func addGroupLabels(lbls labels.Labels, address netip.Addr, group cidrGroup) {
	for _, text := range group.CIDRs {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || !prefix.Contains(address) {
			continue
		}
		for key, value := range k8sutils.RemoveCiliumLabels(group.Labels) {
			label := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
			lbls[label.Key] = label
			encoded := labels.EncodedCIDRGroupLabel(label.Key, label.Value, label.Source)
			lbls[encoded.Key] = encoded
		}
		label := api.LabelForCIDRGroupRef(group.Name)
		lbls[label.Key] = label
		return
	}
}

func fqdnSelectors(parsed []resourceEntries) []*api.FQDNSelector {
	var selectors []*api.FQDNSelector
	for _, each := range parsed {
		for _, entry := range each.entries {
			for _, peer := range entry.L3 {
				if selector, ok := peer.GetFQDNSelector(); ok {
					selectors = append(selectors, selector)
				}
			}
		}
	}
	return selectors
}

// addFQDNLabels gives an address the label of each selector that one of its names matches, as the agent's name manager.
func addFQDNLabels(lbls labels.Labels, names []string, selectors []*api.FQDNSelector) {
	for _, selector := range selectors {
		expression, err := selector.ToRegex()
		if err != nil {
			continue
		}
		for _, name := range names {
			if expression.MatchString(dns.FQDN(name)) {
				label := selector.IdentityLabel()
				lbls[label.Key] = label
			}
		}
	}
}

// subject gives the end's identity as the subject of policies: the host's has its node's labels (endpoint.InitWithNodeLabels),
// which it has not as a peer.
func (e *ends) subject(index int) *identity.Identity {
	if e.endpoints[index].Kind != "host" {
		return e.identities[index]
	}
	lbls := labels.NewFrom(labels.LabelHost)
	own, _ := labelsfilter.Filter(labels.Map2Labels(e.endpoints[index].Labels, labels.LabelSourceK8s))
	lbls.MergeLabels(own)
	return identity.NewIdentity(identity.ReservedIdentityHost, lbls)
}

// isSubject tells whether policies can be about the end: pods always, the host with its firewall.
func (e *ends) isSubject(index int) bool {
	kind := e.endpoints[index].Kind
	return kind == "pod" || kind == "host"
}

type namespaceMeta struct {
	name   string
	labels map[string]string
}

func (n namespaceMeta) GetName() string              { return n.name }
func (n namespaceMeta) GetLabels() map[string]string { return n.labels }

// owner is the end as the policy's owner.
type owner struct {
	ends  *ends
	index int
}

func (o owner) GetID() uint64 { return uint64(o.index + 1) }

func (o owner) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	port, err := o.ends.ports[o.index].GetNamedPort(name, proto)
	if err != nil {
		return 0
	}
	return port
}

func (o owner) PolicyDebug(string, ...any) {}

func (o owner) IsHost() bool { return o.ends.endpoints[o.index].Kind == "host" }

func (o owner) PreviousMapStateSizes() ciliumpolicy.MapStateSizes {
	return ciliumpolicy.MapStateSizes{}
}

func (o owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}
