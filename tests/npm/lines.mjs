// Prints what answer() returns as one line of JSON, and again for each line that arrives, once changed() has ended.
import { createInterface } from "node:readline";

export async function answerLines(answer, changed = () => undefined) {
  const print = async () => console.log(JSON.stringify(await answer()));
  await print();
  for await (const _line of createInterface({ input: process.stdin })) {
    await changed();
    await print();
  }
}
