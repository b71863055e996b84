// Keeps the pages of the meeting day and what they load, for when there is no connection.
"use strict";
const CACHE = "greenmatch-day-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const place = new URL(request.url);
  const isOurs = place.origin === self.location.origin && request.method === "GET";
  if (!isOurs || !(place.pathname.startsWith("/day/") || place.pathname.startsWith("/static/"))) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    try {
      const answer = await fetch(request);
      if (answer.ok && answer.type === "basic" && !answer.redirected) cache.put(request, answer.clone());
      return answer;
    } catch (error) {
      const known = await cache.match(request);
      if (known) return known;
      throw error;
    }
  })());
});
