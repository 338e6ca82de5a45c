import "./style.css";
import { become, contact, details, POLL, reached, SERVER, start, visitor } from "./flags.js";

const find = (id) => document.getElementById(id);

function showFlags() {
  const found = details();
  const values = Object.fromEntries(found.map((one) => [one.flagKey, one.value]));
  for (const part of document.querySelectorAll("[data-on]")) part.hidden = !values[part.dataset.on];
  for (const part of document.querySelectorAll("[data-off]")) part.hidden = values[part.dataset.off];
  document.documentElement.dataset.theme = values.dark_mode ? "dark" : "light";
  find("who").textContent = visitor() ?? "an anonymous visitor";
  find("flags").replaceChildren(...found.map(row));
  showContact();
}

function row(one) {
  const line = document.createElement("tr");
  line.dataset.flag = one.flagKey;
  const reason = reached() && one.errorCode ? one.errorCode : one.reason;
  for (const [name, text] of Object.entries({ flag: one.flagKey, value: one.value, variant: one.variant || "–", reason })) {
    const cell = line.insertCell();
    cell.className = name;
    cell.textContent = text;
  }
  line.classList.toggle("true", one.value);
  return line;
}

function showContact() {
  const state = stateOf(details());
  document.body.dataset.state = state;
  say(find("state"), STATES[state]);
  if (contact.at) find("heard").textContent = `${contact.at.toLocaleTimeString()}: ${outcome()}. Checked every ${POLL / 1000} s.`;
}

const STATES = {
  asking: "Loading the flags …",
  live: `Live from ${SERVER}`,
  kept: "The flag server does not answer. These are its last values.",
  defaults: "The flag server does not answer this page. These are the page's own defaults.",
};

function stateOf(found) {
  if (contact.at === undefined) return "asking";
  if (reached()) return "live";
  return found.every((one) => one.errorCode) ? "defaults" : "kept";
}

function outcome() {
  const words = { 0: "no answer", 200: "new values (200)", 304: "no changes (304)" };
  return words[contact.status] ?? `an unusable answer (${contact.status})`;
}

/** Sets the text only if it has changed, because a screen reader reads a status aloud each time it is set. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

find("visitor").addEventListener("submit", (event) => {
  event.preventDefault();
  become(find("name").value.trim());
});

find("name").value = new URLSearchParams(location.search).get("user") ?? "ada";
start(find("name").value, { flags: showFlags, heard: showContact });
