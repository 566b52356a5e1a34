// Command istio-authz answers what istiod makes of Istio's security policies: one JSON question a line on standard input,
// one JSON answer a line on standard output. Everything is done by istiod's own packages.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	rbacpb "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	rbachttp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	rbactcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/rbac/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	securitypb "istio.io/api/security/v1beta1"
	securityclient "istio.io/client-go/pkg/apis/security/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/security/authn"
	"istio.io/istio/pilot/pkg/security/authz/builder"
	"istio.io/istio/pilot/pkg/security/trustdomain"
	"istio.io/istio/pilot/pkg/serviceregistry/ambient"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh/meshwatcher"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/kube/krt"
	istiolog "istio.io/istio/pkg/log"
)

const lineBytesMax = 16 << 20

type policy struct {
	Kind        string            `json:"kind"`
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
	Spec        json.RawMessage   `json:"spec"`
}

// question is about one workload under some policies. An invalid policy is left out, as the API server would refuse it.
type question struct {
	ID                 int               `json:"id"`
	RootNamespace      string            `json:"rootNamespace"`
	TrustDomain        string            `json:"trustDomain"`
	TrustDomainAliases []string          `json:"trustDomainAliases"`
	Namespace          string            `json:"namespace"`
	Labels             map[string]string `json:"labels"`
	Policies           []policy          `json:"policies"`
}

type filter struct {
	Rules  json.RawMessage `json:"rules,omitempty"`
	Shadow json.RawMessage `json:"shadow,omitempty"`
}

type answer struct {
	ID int `json:"id"`
	// Invalid names each policy that istiod's validation refuses, with its words.
	Invalid map[string]string `json:"invalid"`
	HTTP    []filter          `json:"http"`
	TCP     []filter          `json:"tcp"`
	// Ztunnel is what ztunnel gets for the workload.
	Ztunnel []json.RawMessage `json:"ztunnel"`
	// Mode and Ports are the workload's mutual TLS modes for sidecars.
	Mode  string            `json:"mode"`
	Ports map[string]string `json:"ports"`
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("istio-authz", version())
		return
	}
	options := istiolog.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	options.SetDefaultOutputLevel(istiolog.OverrideScopeName, istiolog.NoneLevel)
	if err := istiolog.Configure(options); err != nil {
		fail(err)
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "istio-authz:", err)
	os.Exit(1)
}

// version is the day of the pseudo-version of istio.io/istio that was built in, as year.month.day.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dependency := range info.Deps {
		if dependency.Path != "istio.io/istio" {
			continue
		}
		found := regexp.MustCompile(`-(\d{8})\d{6}-`).FindStringSubmatch(dependency.Version)
		if found == nil {
			return dependency.Version
		}
		day, err := time.Parse("20060102", found[1])
		if err != nil {
			return dependency.Version
		}
		return fmt.Sprintf("%d.%d.%d", day.Year(), day.Month(), day.Day())
	}
	return "unknown"
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineBytesMax)
	writer := bufio.NewWriter(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return fmt.Errorf("unreadable question: %w", err)
		}
		answered, err := answerTo(asked)
		if err != nil {
			return fmt.Errorf("question %d: %w", asked.ID, err)
		}
		text, err := json.Marshal(answered)
		if err != nil {
			return err
		}
		if _, err := writer.Write(append(text, '\n')); err != nil {
			return err
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answerTo(asked question) (*answer, error) {
	result := &answer{ID: asked.ID, Invalid: map[string]string{}, Ports: map[string]string{}}
	authorizations := model.AuthorizationPolicies{
		NamespaceToPolicies: map[string][]model.AuthorizationPolicy{},
		RootNamespace:       asked.RootNamespace,
	}
	var forZtunnel []*securityclient.AuthorizationPolicy
	var peers []*securityclient.PeerAuthentication
	var peerConfigs []*config.Config
	for _, each := range asked.Policies {
		meta := config.Meta{Name: each.Name, Namespace: each.Namespace, Annotations: each.Annotations}
		object := metav1.ObjectMeta{Name: each.Name, Namespace: each.Namespace, Annotations: each.Annotations}
		switch each.Kind {
		case "AuthorizationPolicy":
			spec := &securitypb.AuthorizationPolicy{}
			meta.GroupVersionKind = gvk.AuthorizationPolicy
			if !read(each, meta, spec, validation.ValidateAuthorizationPolicy, result) {
				continue
			}
			authorizations.NamespaceToPolicies[each.Namespace] = append(authorizations.NamespaceToPolicies[each.Namespace],
				model.AuthorizationPolicy{Name: each.Name, Namespace: each.Namespace, Annotations: each.Annotations, Spec: spec})
			client := &securityclient.AuthorizationPolicy{ObjectMeta: object}
			proto.Merge(&client.Spec, spec)
			forZtunnel = append(forZtunnel, client)
		case "PeerAuthentication":
			spec := &securitypb.PeerAuthentication{}
			meta.GroupVersionKind = gvk.PeerAuthentication
			if !read(each, meta, spec, validation.ValidatePeerAuthentication, result) {
				continue
			}
			client := &securityclient.PeerAuthentication{ObjectMeta: object}
			proto.Merge(&client.Spec, spec)
			peers = append(peers, client)
			if selects(spec.GetSelector().GetMatchLabels(), asked.Labels) &&
				(each.Namespace == asked.RootNamespace || each.Namespace == asked.Namespace) {
				peerConfigs = append(peerConfigs, &config.Config{Meta: meta, Spec: spec})
			}
		default:
			return nil, errors.New("unknown kind " + each.Kind)
		}
	}
	if err := envoyFilters(asked, authorizations, result); err != nil {
		return nil, err
	}
	merged := authn.ComposePeerAuthentication(asked.RootNamespace, peerConfigs)
	result.Mode = merged.Mode.String()
	for port, mode := range merged.PerPort {
		result.Ports[strconv.Itoa(int(port))] = mode.String()
	}
	return result, ztunnelPolicies(asked, forZtunnel, peers, result)
}

// read reads and validates a spec; false means that the API server would not have it.
func read(from policy, meta config.Meta, into proto.Message, validate validation.ValidateFunc, result *answer) bool {
	key := from.Kind + "/" + from.Namespace + "/" + from.Name
	if err := protojson.Unmarshal(from.Spec, into); err != nil {
		result.Invalid[key] = err.Error()
		return false
	}
	if _, err := validate(config.Config{Meta: meta, Spec: into}); err != nil {
		result.Invalid[key] = err.Error()
		return false
	}
	return true
}

func envoyFilters(asked question, policies model.AuthorizationPolicies, result *answer) error {
	matcher := model.PolicyMatcherFor(asked.Namespace, asked.Labels, false).WithRootNamespace(asked.RootNamespace)
	bundle := trustdomain.NewBundle(asked.TrustDomain, asked.TrustDomainAliases)
	built := builder.New(bundle, nil, policies.ListAuthorizationPolicies(matcher), builder.Option{})
	if built == nil {
		return nil
	}
	for _, each := range built.BuildHTTP() {
		config := &rbachttp.RBAC{}
		if err := unpack(each.GetTypedConfig(), config); err != nil {
			return err
		}
		added, err := filterOf(config.GetRules(), config.GetShadowRules())
		if err != nil {
			return err
		}
		result.HTTP = append(result.HTTP, added)
	}
	for _, each := range built.BuildTCP() {
		config := &rbactcp.RBAC{}
		if err := unpack(each.GetTypedConfig(), config); err != nil {
			return err
		}
		added, err := filterOf(config.GetRules(), config.GetShadowRules())
		if err != nil {
			return err
		}
		result.TCP = append(result.TCP, added)
	}
	return nil
}

func unpack(packed *anypb.Any, into proto.Message) error {
	return packed.UnmarshalTo(into)
}

func filterOf(rules, shadow *rbacpb.RBAC) (filter, error) {
	var made filter
	for _, part := range []struct {
		rbac *rbacpb.RBAC
		into *json.RawMessage
	}{{rules, &made.Rules}, {shadow, &made.Shadow}} {
		if part.rbac == nil {
			continue
		}
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(part.rbac)
		if err != nil {
			return made, err
		}
		*part.into = text
	}
	return made, nil
}

// ztunnelPolicies runs istiod's collections for ztunnel and keeps what applies to the workload.
func ztunnelPolicies(
	asked question,
	authorizations []*securityclient.AuthorizationPolicy,
	peers []*securityclient.PeerAuthentication,
	result *answer,
) error {
	stop := make(chan struct{})
	defer close(stop)
	opts := krt.NewOptionsBuilder(stop, "istio-authz", nil)
	mesh := meshwatcher.MeshConfigResource{MeshConfig: &meshconfig.MeshConfig{RootNamespace: asked.RootNamespace}}
	_, policies := ambient.PolicyCollections(
		krt.NewStaticCollection(nil, authorizations, opts.WithName("authorizations")...),
		krt.NewStaticCollection(nil, peers, opts.WithName("peers")...),
		krt.NewStatic(&mesh, true, opts.WithName("mesh")...),
		krt.NewStaticCollection[ambient.Waypoint](nil, nil, opts.WithName("waypoints")...),
		opts,
		ambient.FeatureFlags{},
	)
	if !policies.WaitUntilSynced(stop) {
		return errors.New("istiod's collections did not come up")
	}
	for _, each := range policies.List() {
		if each.Authorization == nil {
			continue
		}
		namespace := each.Authorization.Namespace
		if namespace != asked.RootNamespace && namespace != asked.Namespace {
			continue
		}
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(each.Authorization)
		if err != nil {
			return err
		}
		entry, err := json.Marshal(map[string]any{
			"selected":      each.LabelSelector.GetLabelSelector() == nil || selects(each.LabelSelector.GetLabelSelector(), asked.Labels),
			"authorization": json.RawMessage(text),
		})
		if err != nil {
			return err
		}
		result.Ztunnel = append(result.Ztunnel, entry)
	}
	return nil
}

func selects(wanted, labels map[string]string) bool {
	for key, value := range wanted {
		if found, ok := labels[key]; !ok || found != value {
			return false
		}
	}
	return true
}
