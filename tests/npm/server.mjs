// As a backend asks: node server.mjs URL EVALUATIONS [CONTEXT [TOKEN]], where EVALUATIONS is [{type, key, default}, ...].
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { answerLines } from "./lines.mjs";

const [url, evaluations, context, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url, headers }));
const client = OpenFeature.getClient();
await answerLines(async () => {
  const answers = [];
  for (const one of JSON.parse(evaluations)) {
    answers.push(await client[`get${one.type}Details`](one.key, one.default, JSON.parse(context || "{}")));
  }
  return { status: client.providerStatus, answers };
});
