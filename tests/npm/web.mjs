// As a page asks.
import { answerLines } from "./lines.mjs";
import { changed, client, close, evaluations, fault } from "./page.mjs";

const answers = () => evaluations.map((one) => client[`get${one.type}Details`](one.key, one.default));
await answerLines(() => ({ fault, status: client.providerStatus, answers: answers() }), changed);
await close();
