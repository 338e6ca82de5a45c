// As a page asks that React renders: each evaluation is a hook of a component.
import * as hooks from "@openfeature/react-sdk";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { answerLines } from "./lines.mjs";
import { changed, client, close, evaluations, fault } from "./page.mjs";

function Flag({ type, flag, fallback, told }) {
  told.push(hooks[`use${type}FlagDetails`](flag, fallback));
  return null;
}

function rendered() {
  const told = [];
  const flags = evaluations.map(({ type, key, default: fallback }, place) =>
    createElement(Flag, { key: place, type, flag: key, fallback, told }));
  renderToString(createElement(hooks.OpenFeatureProvider, {}, flags));
  return told;
}

await answerLines(() => ({ fault, status: client.providerStatus, answers: rendered() }), changed);
await close();
