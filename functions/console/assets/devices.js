// Subscribes this browser to Web Push. Without it, the page only lists the devices and removes them.
"use strict";

const box = document.getElementById("this-device");
if (box) begin().catch((error) => say(`This device cannot be subscribed: ${error.message}`));

async function begin() {
  const obstacle = whatIsMissing();
  if (obstacle) return say(obstacle);
  const registration = await navigator.serviceWorker.register("/sw.js");
  const subscription = await registration.pushManager.getSubscription();
  const row = subscription && document.querySelector(`[data-device="${await id(subscription.endpoint)}"]`);
  if (row) row.querySelector("[data-this]").hidden = false;
  if (row && isCurrent(subscription)) return say("This device is subscribed.");
  const button = document.getElementById("subscribe");
  button.hidden = false;
  button.addEventListener("click", () => press(button, registration));
  say(row ? "The key has changed since this device subscribed. Subscribe it again." : "This device is not subscribed.");
}

function whatIsMissing() {
  if (!window.isSecureContext) return `Web Push needs https. This page is at ${location.origin}.`;
  if (window.PushManager && navigator.serviceWorker && window.Notification)
    return Notification.permission === "denied" ? "Notifications are blocked for this site. Allow them in the settings of your browser, then open this page again." : "";
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
  return apple ? "First add the console to your Home Screen, as described below, and open it from there." : "This browser does not support Web Push.";
}

async function press(button, registration) {
  button.disabled = true;
  try {
    // Asked first: a browser allows the question only right after the press.
    const permission = await Notification.requestPermission();
    if (permission === "denied")
      return say("Notifications are blocked for this site. Allow them in the settings of your browser, then open this page again.");
    if (permission !== "granted") return say("Without your permission opos cannot notify this device. Press the button again to allow it.");
    await send(await subscribed(registration));
    location.reload();
  } catch (error) {
    say(`This device could not be subscribed: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

async function subscribed(registration) {
  const earlier = await registration.pushManager.getSubscription();
  if (earlier && isCurrent(earlier)) return earlier;
  if (earlier) await earlier.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
}

async function send(subscription) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(box.dataset.subscribe, { method: "POST", headers, body: JSON.stringify(subscription) });
  if (answer.ok) return;
  const { error } = await answer.json().catch(() => ({ error: { message: `HTTP ${answer.status}` } }));
  throw new Error([error.message, error.hint].filter(Boolean).join(". "));
}

function isCurrent(subscription) {
  const key = subscription.options.applicationServerKey;
  return !key || String(new Uint8Array(key)) === String(bytes(box.dataset.key));
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
}

// As opos does: document_id("device", endpoint).
async function id(endpoint) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`device\0${endpoint}`));
  return Array.from(new Uint8Array(hash).slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function say(words) {
  document.getElementById("device-state").textContent = words;
}
