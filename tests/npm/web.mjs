// As a page asks: node web.mjs URL EVALUATIONS [CONTEXT [TOKEN]], where EVALUATIONS is [{type, key, default}, ...].
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/web-sdk";

const [url, evaluations, context, token] = process.argv.slice(2);
const headers = token ? [["authorization", `Bearer ${token}`]] : [];
const provider = new OFREPWebProvider({ baseUrl: url, headers, cacheMode: "disabled" });
const ready = OpenFeature.setProviderAndWait(provider, JSON.parse(context || "{}"));
const fault = await ready.then(() => undefined, (error) => error.name);
const client = OpenFeature.getClient();
const answers = JSON.parse(evaluations).map((one) => client[`get${one.type}Details`](one.key, one.default));
console.log(JSON.stringify({ fault, status: client.providerStatus, answers }));
