import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

/** What the page does when nobody tells it otherwise. */
const DEFAULTS = { new_checkout: false, dark_mode: false, beta_dashboard: false, old_export: true };

const query = new URLSearchParams(location.search);
export const SERVER = query.get("server") || import.meta.env.VITE_FLAGS_SERVER || "http://localhost:8080";
export const POLL = Math.max(100, Number(query.get("poll") || import.meta.env.VITE_FLAGS_POLL) || 2000);

/** How the last question ended: the status of its answer (0: there was none), when, and how long to leave it then. */
export const contact = { status: undefined, at: undefined, pause: 0 };

const client = OpenFeature.getClient();
let listeners;
let retry;

export const reached = () => contact.status === 200 || contact.status === 304;
export const visitor = () => OpenFeature.getContext().targetingKey;
export const details = () => Object.entries(DEFAULTS).map(([key, own]) => client.getBooleanDetails(key, own));

/** Ask for *user*'s flags, and again and again; *flags* is called when they may have changed, *heard* at each answer. */
export async function start(user, { flags, heard }) {
  listeners = { flags, heard };
  client.addHandler(ProviderEvents.ConfigurationChanged, flags);
  await OpenFeature.setContext(contextOf(user));
  await connect();
}

export async function become(user) {
  await OpenFeature.setContext(contextOf(user));
  // A provider that cannot ask keeps the answers of the user before, and tells nobody. A new one has none of them.
  if (!reached()) await connect();
  listeners.flags();
}

async function connect() {
  const provider = new OFREPWebProvider({
    baseUrl: SERVER,
    pollInterval: POLL,
    cacheMode: "network-first", // the last answers, kept in localStorage, stand in for a server that is away
    timeoutMs: 3000,
    fetchImplementation: watched,
  });
  clearTimeout(retry);
  const ready = OpenFeature.setProviderAndWait(provider);
  listeners.flags();
  try {
    await ready;
  } catch {
    if (OpenFeature.getProvider() !== provider) return; // another has taken its place meanwhile
    // A provider that neither reached the server nor had an answer kept does not poll: it is replaced.
    retry = setTimeout(connect, Math.max(POLL, contact.pause));
  }
  listeners.flags();
}

/** The provider has no event for "the server is back, and nothing is new": its requests tell. */
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
