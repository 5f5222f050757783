/** Something that the embedded cluster does not do as a real one does; documentation is generated from this list. */
export interface ClusterLimit {
  /** What conformance cases name it by. */
  readonly id: string
  readonly area: 'api' | 'apply' | 'validation' | 'controllers' | 'kubelet' | 'network' | 'kubectl'
  /** What is different, for somebody who relies on it. */
  readonly limit: string
  readonly why: string
}

export const clusterLimits: readonly ClusterLimit[] = [
  {
    id: 'no-authorization',
    area: 'api',
    limit: 'Every request is allowed; RBAC objects, tokens and admission policies are stored and have no effect.',
    why: 'Whoever reaches the loopback port is the one who started the cluster.',
  },
  {
    id: 'json-only',
    area: 'api',
    limit: 'Answers are JSON, also for clients that would rather have protobuf; bodies may be JSON, YAML or protobuf.',
    why: 'Every Kubernetes client reads the content type of the answer.',
  },
  {
    id: 'no-persistence',
    area: 'api',
    limit: 'Everything is in memory, and gone when the process ends.',
    why: 'A rehearsal starts with an empty cluster.',
  },
  {
    id: 'no-descriptions',
    area: 'kubectl',
    limit:
      'Built-in kinds and table columns have no descriptions: `kubectl explain` shows their fields and types alone.',
    why: 'The texts are a megabyte that no rehearsal reads.',
  },
  {
    id: 'no-service-account-tokens',
    area: 'api',
    limit: 'Pods get no token and no volume for one.',
    why: 'Nothing asks for it: every request is allowed.',
  },
  {
    id: 'versions-differ-by-name',
    area: 'api',
    limit: 'Versions of a custom resource are converted by their name alone; there are no conversion webhooks.',
    why: 'A conversion webhook needs a certificate that the API server trusts.',
  },
  {
    id: 'definition-takes-its-objects',
    area: 'api',
    limit: 'With a CustomResourceDefinition its objects are gone at once, also those with finalizers.',
    why: 'The real server waits for the finalizers in a controller of its own.',
  },
  {
    id: 'no-first-process',
    area: 'kubelet',
    limit:
      'SIGTERM ends a program that does not handle it; in a container, where it is process 1, it would be ignored.',
    why: 'Containers are ordinary processes; what a rehearsal shows of such a program is quicker, not better.',
  },
  {
    id: 'no-isolation',
    area: 'kubelet',
    limit:
      'Pods see the file system and the processes of the machine; volumes, security contexts and resource limits are stored and have no effect, and nothing is killed for its memory.',
    why: 'It needs nothing but Node: no root, no container runtime.',
  },
  {
    id: 'termination-message-path',
    area: 'kubelet',
    limit:
      'The termination message is read from the file that DRAIN_TERMINATION_MESSAGE_PATH names; a program that writes to the path in its pod spec leaves none.',
    why: 'All pods share one file system, and one /dev/termination-log.',
  },
  {
    id: 'node-listeners',
    area: 'network',
    limit:
      'Only Node programs listen on the address of their pod by themselves; others have to listen on POD_IP. Connections to 127.0.0.1 reach every pod, and UDP is not served.',
    why: 'A preloaded module stands for the network namespace.',
  },
  {
    id: 'no-cluster-routes',
    area: 'network',
    limit:
      'Cluster addresses of Services lead nowhere, and there is no DNS: each node reaches a Service at an address of its own proxy, which pods find as <SERVICE>_SERVICE_HOST and _PORT.',
    why: 'Routes and resolvers of the machine are not ours to change.',
  },
  {
    id: 'accepted-before-refused',
    area: 'network',
    limit:
      'A connection to an endpoint that refuses is reset, where a real dataplane passes the refusal on. A Service without endpoints refuses, as it should.',
    why: 'The proxy is a process that has accepted before it can dial.',
  },
  {
    id: 'no-exec',
    area: 'kubectl',
    limit: 'kubectl exec, attach, cp and port-forward are not served; logs and the proxy to pods are.',
    why: 'On this machine the address of a pod can be reached directly.',
  },
  {
    id: 'one-version-of-each-api',
    area: 'apply',
    limit:
      'Field ownership is never converted between versions of an API, nor when a schema changes what is owned as a whole.',
    why: 'Each built-in kind is served in one version.',
  },
  {
    id: 'go-structures-in-messages',
    area: 'validation',
    limit:
      'Where a real API server prints structures of its own code, messages say the same in another form: what a refused change of a pod would change, and values of a wrong shape in a strategic merge patch.',
    why: 'The text is that of a library of its language, and changes with its version.',
  },
  {
    id: 'validation-of-what-is-used',
    area: 'validation',
    limit:
      'Affinities, security contexts, volume sources, resource claims, network policies, flow schemas and admission policies are stored as they are read. Of a CustomResourceDefinition, names, versions and types are looked at, and rules are compiled when they are first asked.',
    why: 'No controller, kubelet or proxy here acts on them.',
  },
  {
    id: 'cel-library',
    area: 'validation',
    limit:
      "Rules in CEL lack Kubernetes' functions for URLs, addresses, formats, sets and semantic versions, macros with two variables, and has() of a field of an indexed item. Lists that are sets are compared in order. A rule that cannot be compiled refuses the object, with the reason. Its cost is not counted.",
    why: 'The package for CEL brings the standard library; what definitions use most was added.',
  },
  {
    id: 'admission-of-pods',
    area: 'api',
    limit:
      'Of the admission plugins of pods, tolerations, priority and quality of service are there; a stated priority is taken, a gated pod gets no condition, and LimitRanges and quotas do not exist.',
    why: 'The rest has no effect on a rollout.',
  },
  {
    id: 'controllers-of-rollouts',
    area: 'controllers',
    limit:
      'There are controllers for Deployments, ReplicaSets, EndpointSlices, namespaces, service accounts, disruption budgets, nodes and garbage, and a scheduler; none for StatefulSets, DaemonSets, Jobs, autoscalers, quotas or v1 Endpoints.',
    why: 'These are what a rollout of a Deployment meets.',
  },
  {
    id: 'scheduler-in-the-small',
    area: 'controllers',
    limit:
      'The scheduler knows node selectors, taints, cordons and topology spread. Resource requests, affinities, host ports, priorities and preemption are not looked at; of equal nodes it takes the first by name.',
    why: 'All nodes are this machine: nothing is full, and a run can be repeated.',
  },
  {
    id: 'template-hashes',
    area: 'controllers',
    limit:
      'The hash in the name of a ReplicaSet and in `pod-template-hash` is another one than a real cluster computes.',
    why: "Theirs is of the Go structure's memory as text; nothing may depend on its value.",
  },
  {
    id: 'endpoint-slices-without-hints',
    area: 'controllers',
    limit: 'EndpointSlices carry no topology hints, and `trafficDistribution` has no effect.',
    why: 'Every node of this cluster has the same way to every pod.',
  },
  {
    id: 'node-conditions',
    area: 'controllers',
    limit:
      'Of a silent node only the condition Ready changes, and evictions are not slowed down when many nodes are silent.',
    why: 'Rollouts look at pods, which count as not ready then.',
  },
]
