// Whoever is not signed in finds no page of a meeting day kept on this machine: day-worker.js alone keeps
// any. What was tapped and is not sent yet stays (day.js).
"use strict";
if ("caches" in window) caches.keys().then((names) => names.forEach((name) => caches.delete(name)));
