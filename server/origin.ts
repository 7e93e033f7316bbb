/** Whether a host name or address is this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

/**
 * Whether a browser's page may connect. Programs send no origin. A page's host must be loopback or, where the server
 * listens to others, the server's own; on a loopback server an equal name proves nothing, since any name can be made to
 * point to 127.0.0.1.
 */
export function originAllowed(origin: string | undefined, host: string | undefined, loopbackOnly: boolean): boolean {
  if (origin === undefined) return true;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  if (isLoopback(url.hostname)) return true;
  return !loopbackOnly && url.host === host;
}
