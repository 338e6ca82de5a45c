// Shows the pushes of opos, and opens their pages. It keeps no page and answers no request, so the console is never stale.
"use strict";

const NOTHING = { title: "opos has a notification", body: "Open the console to read it.", navigate: "/" };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { title, navigate, actions = [], ...options } = notification(event.data);
  const pages = Object.fromEntries(actions.map((each) => [each.action, each.navigate]));
  const buttons = actions.map(({ action, title: words }) => ({ action, title: words }));
  const shown = { ...options, badge: "/badge-96.png", actions: buttons, data: { navigate, pages } };
  event.waitUntil(self.registration.showNotification(title, shown));
});

// The browser requires that each push shows something, also one that cannot be read.
function notification(data) {
  try {
    return data.json().notification || NOTHING;
  } catch {
    return NOTHING;
  }
}

self.addEventListener("notificationclick", (event) => {
  const { navigate, pages } = event.notification.data;
  event.notification.close();
  event.waitUntil(self.clients.openWindow(new URL(pages[event.action] || navigate, self.location.origin)));
});
