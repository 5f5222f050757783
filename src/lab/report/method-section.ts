import type { Rehearsal } from '../result.ts'
import { html, type Html } from './html.ts'

/** How the figures came about, and on what: so that somebody else can get them again. */
export function methodSection({ cluster, versions, seconds, startedAt, peakMemoryBytes }: Rehearsal): Html {
  const where =
    cluster.kind === 'embedded'
      ? html`an embedded cluster: its API server, controllers and service proxies are drainkeeper's own (<code>npm run conformance:api</code> compares them with the real ones), its pods are real processes and its connections real sockets on one machine`
      : html`a cluster that was named by its kubeconfig; load came from a pod on each node's own network`
  return html`<section class="method" aria-labelledby="method"><h2 id="method">How this was measured</h2>
<p>On ${where}. Load is open-loop: every request has its scheduled moment, whatever became of the one before, and its latency counts from that moment. Each scheduled request has one record; a request without one counts as lost. Before, during and after go by that moment: what began just before a rollout may still be lost to it. Dots are a sample where there are many; lost requests are all shown.</p>
<p>P is the time from a pod's deletion, as a watch saw it, to the start of the last new connection that the pod answered, for each node by itself.</p>
<dl><dt>started</dt><dd><time datetime="${startedAt}">${startedAt}</time></dd><dt>took</dt><dd>${seconds.toFixed(0)} s</dd>
<dt>nodes</dt><dd>${cluster.nodes.join(', ')}</dd><dt>Kubernetes</dt><dd>${cluster.kubernetesVersion}</dd>
${peakMemoryBytes === null ? null : html`<dt>peak memory</dt><dd>${Math.round(peakMemoryBytes / 1024 ** 2)} MiB, all processes together</dd>`}
${Object.entries(versions).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`
}
