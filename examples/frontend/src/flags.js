import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

/** The values that the page uses when it has none from the flag server. */
const DEFAULTS = { new_checkout: false, dark_mode: false, beta_dashboard: false, old_export: true };

const query = new URLSearchParams(location.search);
export const SERVER = query.get("server") || import.meta.env.VITE_FLAGS_SERVER || "http://localhost:8080";
export const POLL = Math.max(100, Number(query.get("poll") || import.meta.env.VITE_FLAGS_POLL) || 2000);

/** The last request: the status of its answer (0: no answer), its time, and how long to wait before the next one. */
export const contact = { status: undefined, at: undefined, pause: 0 };

const client = OpenFeature.getClient();
let listeners;
let retry;

export const reached = () => contact.status === 200 || contact.status === 304;
export const visitor = () => OpenFeature.getContext().targetingKey;
export const details = () => Object.entries(DEFAULTS).map(([key, own]) => client.getBooleanDetails(key, own));

/** Polls the flags of *user*; calls *flags* when they may have changed, and *heard* after each request. */
export async function start(user, { flags, heard }) {
  listeners = { flags, heard };
  client.addHandler(ProviderEvents.ConfigurationChanged, flags);
  await OpenFeature.setContext(contextOf(user));
  await connect();
}

export async function become(user) {
  await OpenFeature.setContext(contextOf(user));
  // A provider that reaches no server silently keeps the values of the previous user. A new provider has none of them.
  if (!reached()) await connect();
  listeners.flags();
}

async function connect() {
  const provider = new OFREPWebProvider({
    baseUrl: SERVER,
    pollInterval: POLL,
    cacheMode: "network-first", // while the server is down, the page uses the last values from localStorage
    timeoutMs: 3000,
    fetchImplementation: watched,
  });
  clearTimeout(retry);
  const ready = OpenFeature.setProviderAndWait(provider);
  listeners.flags();
  try {
    await ready;
  } catch {
    if (OpenFeature.getProvider() !== provider) return; // replaced by another provider in the meantime
    // A provider that reached no server and has no stored values does not poll, so it is replaced.
    retry = setTimeout(connect, Math.max(POLL, contact.pause));
  }
  listeners.flags();
}

/** The provider has no event for a server that is back with unchanged flags, so this function watches its requests. */
async function watched(request, options) {
  try {
    const answer = await fetch(request, options);
    heard(answer.status, Number(answer.headers.get("retry-after")) * 1000 || 0);
    return answer;
  } catch (fault) {
    heard(0);
    throw fault;
  }
}

function heard(status, pause = 0) {
  Object.assign(contact, { status, at: new Date(), pause });
  listeners.heard();
}

function contextOf(user) {
  return user ? { targetingKey: user } : {};
}
