export const web = (image = 'example.com/app:1', replicas = 2): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { schedulerName: 'nobody', containers: [{ name: 'app', image }] },
      },
    },
  })
