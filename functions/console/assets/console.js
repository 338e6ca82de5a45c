// Progressive enhancement: every page works without it. It words ages, refreshes by conditional GET, and reads keys.
"use strict";
(() => {
  const first = (selector, within = document) => within.querySelector(selector);
  const every = (selector, within = document) => [...within.querySelectorAll(selector)];
  const PERIOD = 20000, PATIENCE = 8000, PARTS = ["#icons", "main", ".rail", "#bottom"];
  const live = first("#live");
  const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const ahead = live ? Date.now() - Date.parse(first("time", live).dateTime) : 0; // of the server's clock
  let etag = document.body.dataset.etag, updated = clock(), failures = 0;

  const say = (words, kind = "") => {
    if (live.textContent === words) return;
    live.className = `live ${kind}`;
    live.setAttribute("aria-live", kind ? "polite" : "off");
    live.textContent = words;
  };

  // Ages. The server's words are right when the page is made; the ETag does not depend on them.
  const UNITS = [["day", 86400], ["h", 3600], ["min", 60]];
  const length = (seconds) => {
    const [name, size] = UNITS.find(([, size]) => seconds >= size) || ["s", 1];
    const amount = Math.floor(seconds / size);
    return `${amount} ${name}${name === "day" && amount > 1 ? "s" : ""}`;
  };
  const age = () => every("time[data-age]").forEach((time) => {
    const seconds = (Date.now() - ahead - Date.parse(time.dateTime)) / 1000;
    if (seconds < 0) return;
    const words = time.dataset.age === "for" ? length(seconds) : seconds < 60 ? "just now" : `${length(seconds)} ago`;
    if (time.textContent !== words) time.textContent = words;
  });

  // Refresh, but never under somebody's fingers: it pauses, and says so, while a field has the focus or was changed.
  const chosenFirst = (field) => Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  const isChanged = (field) => field.matches("[type=radio], [type=checkbox]") ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? field.selectedIndex !== chosenFirst(field)
    : field.type !== "hidden" && field.value !== field.defaultValue;
  const isBusy = () => document.activeElement?.matches("main input, main select, main textarea")
    || every("main form :is(input, select, textarea)").some(isChanged);
  const name = (element) => element.getAttribute("aria-label") || element.getAttribute("href") || element.textContent;
  const FOCUSED = "main a, main button, main summary";
  const replace = (page) => {
    const focus = document.activeElement?.matches(FOCUSED) && name(document.activeElement);
    const folds = new Map(every("main summary").map((summary) => [summary.textContent, summary.parentElement.open]));
    for (const part of PARTS) {
      const before = first(part), after = first(part, page);
      if (before && after && before.innerHTML !== after.innerHTML) before.replaceWith(document.adoptNode(after));
    }
    for (const summary of every("main summary")) {
      const isOpen = folds.get(summary.textContent);
      if (isOpen !== undefined) summary.parentElement.open = isOpen;
    }
    document.title = page.title;
    document.body.className = page.body.className;
    if (focus) every(FOCUSED).find((element) => name(element) === focus)?.focus({ preventScroll: true });
  };
  const refresh = async () => {
    if (document.hidden) return;
    if (isBusy()) return say(`Paused at ${updated}`, "held");
    try {
      const options = { headers: { "If-None-Match": etag }, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
      const answer = await fetch(location.href, options);
      if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
      if (answer.status !== 304 && !answer.ok) throw new Error(answer.status);
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (isBusy()) return;
        etag = answer.headers.get("ETag");
        replace(page);
      }
      failures = 0;
      updated = clock();
      say(`Updated ${updated}`);
    } catch {
      if (++failures > 1) say(`Not updated since ${updated}`, "stale");
    }
    age();
  };
  age();
  if ("live" in document.body.dataset) {
    setInterval(refresh, PERIOD);
    document.addEventListener("visibilitychange", refresh);
  } else setInterval(age, PERIOD);

  // Copy. A button with data-copy puts its text into the clipboard, and says so.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });

  // Keyboard. A key moves the focus or opens a page; none acts.
  const pages = Object.fromEntries(every(".rail a[data-key]").map((link) => [link.dataset.key, link.href]));
  let isGoing = false;
  const move = (step) => {
    const links = every("main .urgent h2 a, main .list .t a");
    const row = document.activeElement.closest(".urgent, main li");
    const at = links.findIndex((link) => link === document.activeElement || row?.contains(link));
    links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  };
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => first(".go, .r button", document.activeElement.closest(".urgent, main li") || document)?.focus(),
    u: () => history.back(),
    "/": () => { const field = first("#q"); field?.checkVisibility() ? field.focus() : location.assign("/console/search"); },
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const page = isGoing && pages[event.key], action = KEYS[event.key];
    isGoing = event.key === "g";
    if (!page && !action) return;
    event.preventDefault();
    page ? location.assign(page) : action();
  });
})();
