package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"sync"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/option"
	ciliumpolicy "github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/policy/utils"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

func answerTo(logger *slog.Logger, q question) answer {
	configure(q.Profile)
	entries, refused := parsePolicies(logger, q)
	ends := newEnds(q, entries)
	repo := newRepository(logger, ends, entries)
	computed := make([]*ciliumpolicy.EndpointPolicy, len(ends.identities))
	reasons := make([]string, len(ends.identities))
	for index := range ends.identities {
		computed[index], reasons[index] = compute(logger, repo, ends, index)
	}
	verdicts := make([]verdict, 0, len(q.Flows))
	for _, f := range q.Flows {
		proto, err := u8proto.ParseProtocol(f.Protocol)
		if err != nil {
			verdicts = append(verdicts, verdict{Egress: err.Error(), Ingress: err.Error()})
			continue
		}
		verdicts = append(verdicts, verdict{
			Egress: lookup(computed[f.From], reasons[f.From],
				types.EgressKey().WithIdentity(ends.identities[f.To].ID).WithPortProto(proto, f.Port)),
			Ingress: lookup(computed[f.To], reasons[f.To],
				types.IngressKey().WithIdentity(ends.identities[f.From].ID).WithPortProto(proto, f.Port)),
		})
	}
	return answer{ID: q.ID, Refused: refused, Verdicts: verdicts, Matches: matchAll(q.Texts)}
}

func configure(p profile) {
	ciliumpolicy.SetPolicyEnabled(p.EnablePolicy)
	api.InitEntities(p.ClusterName)
	c := option.Config
	c.ClusterName = p.ClusterName
	c.EnableIPv4 = true
	c.EnableIPv6 = true
	c.EnableICMPRules = true
	c.EnableL7Proxy = true
	c.EnableHostFirewall = p.HostFirewall
	c.EnableNonDefaultDenyPolicies = p.NonDefaultDeny
	c.EnableNodeSelectorLabels = p.NodeSelectorLabels
	c.PolicyCIDRMatchMode = p.CIDRMatchMode
	c.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostPolicy
	if p.AllowLocalhost {
		c.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	}
}

type resourceEntries struct {
	resource ipcachetypes.ResourceID
	entries  types.PolicyEntries
}

func parsePolicies(logger *slog.Logger, q question) ([]resourceEntries, []string) {
	parsed := make([]resourceEntries, 0, len(q.Policies))
	refused := make([]string, len(q.Policies))
	for index, p := range q.Policies {
		one, err := parsePolicy(logger, q, p)
		if err != nil {
			refused[index] = err.Error()
			continue
		}
		parsed = append(parsed, one)
	}
	return parsed, refused
}

func parsePolicy(logger *slog.Logger, q question, p policy) (resourceEntries, error) {
	cluster := cmtypes.LocalClusterNameForPolicies(cmtypes.DefaultPolicyConfig, q.Profile.ClusterName)
	if p.Kind == "NetworkPolicy" {
		var object slim_networkingv1.NetworkPolicy
		if err := json.Unmarshal(p.Object, &object); err != nil {
			return resourceEntries{}, err
		}
		entries, err := k8s.ParseNetworkPolicy(logger, cluster, &object)
		resource := ipcachetypes.NewResourceID(ipcachetypes.ResourceKindNetpol, object.Namespace, object.Name)
		return resourceEntries{resource, entries}, err
	}
	var object v2.CiliumNetworkPolicy
	if err := json.Unmarshal(p.Object, &object); err != nil {
		return resourceEntries{}, err
	}
	if err := resolveServices(q.Services, &object); err != nil {
		return resourceEntries{}, err
	}
	rules, err := object.Parse(logger, cluster)
	if err != nil {
		return resourceEntries{}, err
	}
	kind := ipcachetypes.ResourceKindCNP
	if object.Namespace == "" {
		kind = ipcachetypes.ResourceKindCCNP
	}
	resource := ipcachetypes.NewResourceID(kind, object.Namespace, object.Name)
	return resourceEntries{resource, utils.RulesToPolicyEntries(rules)}, nil
}

func newRepository(logger *slog.Logger, ends *ends, parsed []resourceEntries) *ciliumpolicy.Repository {
	known := identity.IdentityMap{}
	for _, id := range ends.identities {
		known[id.ID] = id.LabelArray
	}
	translator := envoypolicy.NewEnvoyL7RulesTranslator(logger, nil)
	repo := ciliumpolicy.NewPolicyRepository(logger, known, nil, translator, identitymanager.NewIDManager(logger),
		testpolicy.NewPolicyMetricsNoop())
	repo.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	repo.GetSubjectSelectorCache().UpdateIdentities(known, nil, &sync.WaitGroup{})
	repo.SetNamedPortsGetter(ends)
	for _, each := range parsed {
		repo.ReplaceByResource(each.entries, each.resource)
	}
	return repo
}

// compute gives the end's policy, or why there is none.
func compute(logger *slog.Logger, repo *ciliumpolicy.Repository, ends *ends, index int) (*ciliumpolicy.EndpointPolicy, string) {
	if !ends.isSubject(index) {
		return nil, "none"
	}
	selected, _, err := repo.ComputeSelectorPolicy(ends.subject(index))
	if err != nil {
		return nil, fmt.Sprintf("error: %s", err)
	}
	redirects := map[string]uint16{ciliumpolicy.FallbackRedirectID: math.MaxUint16}
	distilled := selected.DistillPolicy(logger, owner{ends, index}, redirects)
	distilled.Ready()
	return distilled, ""
}

func lookup(p *ciliumpolicy.EndpointPolicy, reason string, key types.Key) string {
	if p == nil {
		return reason
	}
	entry, _, _ := p.Lookup(key)
	switch {
	case entry.IsDeny():
		return "denied"
	case entry.ProxyPort != 0:
		return "proxied"
	default:
		return "allowed"
	}
}

func matchAll(texts []text) []string {
	matches := make([]string, 0, len(texts))
	for _, each := range texts {
		matches = append(matches, match(each))
	}
	return matches
}

func match(t text) string {
	var expression *regexp.Regexp
	var err error
	switch t.Kind {
	case "regex":
		expression, err = regexp.Compile("^(?:" + t.Pattern + ")$")
		if _, alone := regexp.Compile(t.Pattern); alone != nil {
			err = alone
		}
	default:
		selector := api.FQDNSelector{MatchPattern: t.Pattern}
		if t.Kind == "name" {
			selector = api.FQDNSelector{MatchName: t.Pattern}
		}
		expression, err = selector.ToRegex()
	}
	if err != nil {
		return "invalid"
	}
	if expression.MatchString(t.Text) {
		return "match"
	}
	return "no-match"
}

// GetNamedPorts implements policy.NamedPortsGetter.
func (e *ends) GetNamedPorts() ciliumtypes.NamedPortMultiMap {
	return e.namedPorts
}
