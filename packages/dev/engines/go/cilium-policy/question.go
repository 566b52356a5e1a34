package main

import "encoding/json"

// question holds everything one answer depends on.
type question struct {
	ID         int         `json:"id"`
	Profile    profile     `json:"profile"`
	Policies   []policy    `json:"policies"`
	CIDRGroups []cidrGroup `json:"cidrGroups"`
	Services   []service   `json:"services"`
	Endpoints  []endpoint  `json:"endpoints"`
	Flows      []flow      `json:"flows"`
	Texts      []text      `json:"texts"`
}

// profile is the agent's configuration, as far as policies depend on it.
type profile struct {
	EnablePolicy       string   `json:"enablePolicy"`
	HostFirewall       bool     `json:"hostFirewall"`
	AllowLocalhost     bool     `json:"allowLocalhost"`
	NonDefaultDeny     bool     `json:"nonDefaultDeny"`
	CIDRMatchMode      []string `json:"policyCidrMatchMode"`
	NodeSelectorLabels bool     `json:"nodeSelectorLabels"`
	ClusterName        string   `json:"clusterName"`
}

// policy is a whole object: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy.
type policy struct {
	Kind   string          `json:"kind"`
	Object json.RawMessage `json:"object"`
}

type cidrGroup struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	CIDRs  []string          `json:"cidrs"`
}

type service struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Labels    map[string]string `json:"labels"`
	Selector  map[string]string `json:"selector"`
	Addresses []string          `json:"addresses"`
}

// endpoint is an end of flows. Kind is pod, host (the node of all pods), remote-node or address.
type endpoint struct {
	Kind            string            `json:"kind"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	Labels          map[string]string `json:"labels"`
	ServiceAccount  string            `json:"serviceAccount"`
	NamedPorts      []namedPort       `json:"namedPorts"`
	IPs             []string          `json:"ips"`
	DNSNames        []string          `json:"dnsNames"`
	APIServer       bool              `json:"apiServer"`
}

type namedPort struct {
	Name     string `json:"name"`
	Port     uint16 `json:"port"`
	Protocol string `json:"protocol"`
}

// flow goes from one endpoint to another, by their place in the list.
type flow struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Protocol string `json:"protocol"`
	Port     uint16 `json:"port"`
}

// text asks whether a pattern matches a text: kind is dns (matchPattern), name (matchName) or regex (the whole text).
type text struct {
	Kind    string `json:"kind"`
	Pattern string `json:"pattern"`
	Text    string `json:"text"`
}

// answer has one element for each policy, flow and text of the question.
type answer struct {
	ID int `json:"id"`
	// Empty for a policy that the agent accepts, else why it does not.
	Refused  []string  `json:"refused"`
	Verdicts []verdict `json:"verdicts"`
	// match, no-match, or invalid.
	Matches []string `json:"matches"`
}

// verdict holds for each end: allowed, proxied (allowed, and requests are judged), denied, none (no policy is enforced on
// this kind of end) or why the agent could not compute the end's policy.
type verdict struct {
	Egress  string `json:"egress"`
	Ingress string `json:"ingress"`
}
