// As a backend asks: node server.mjs URL EVALUATIONS [CONTEXT [TOKEN]], where EVALUATIONS is [{type, key, default}, ...].
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";

const [url, evaluations, context, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
const client = OpenFeature.getClient();
const answers = [];
for (const one of JSON.parse(evaluations)) {
  answers.push(await client[`get${one.type}Details`](one.key, one.default, JSON.parse(context || "{}")));
}
console.log(JSON.stringify({ status: client.providerStatus, answers }));
