// OpenFeature in a page: node SCRIPT URL EVALUATIONS [CONTEXT [TOKEN]], where EVALUATIONS is [{type, key, default}, ...].
import { once, EventEmitter } from "node:events";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

const [url, asked, context, token] = process.argv.slice(2);
const headers = token ? [["authorization", `Bearer ${token}`]] : [];
const provider = new OFREPWebProvider({ baseUrl: url, headers, cacheMode: "disabled", pollInterval: 100 });
const ready = OpenFeature.setProviderAndWait(provider, JSON.parse(context || "{}"));
export const fault = await ready.then(() => undefined, (error) => error.name);
export const evaluations = JSON.parse(asked);
export const client = OpenFeature.getClient();
export const close = () => OpenFeature.close();

let changes = 0;
const polled = new EventEmitter();
client.addHandler(ProviderEvents.ConfigurationChanged, () => polled.emit("change", (changes += 1)));

// Ends when a poll has found another answer since the last call.
export async function changed() {
  if (!changes) await once(polled, "change");
  changes = 0;
}
