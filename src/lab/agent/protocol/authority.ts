/** `host:port`, with the brackets that an IPv6 address needs. */
export const authorityOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
