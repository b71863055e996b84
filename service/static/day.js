// The day of the meetings: what is tapped is kept here until the server has it.
"use strict";
(() => {
  const day = document.getElementById("day");
  const KEY = `greenmatch-day:${day.dataset.here}`;
  const RATE = "greenmatch-rate";
  const kept = () => JSON.parse(localStorage.getItem(KEY) || "[]");
  const keep = (items) => localStorage.setItem(KEY, JSON.stringify(items));
  let isSending = false;

  function tell() {
    const n = kept().length;
    document.body.classList.toggle("lost", n > 0 || !navigator.onLine);
    document.getElementById("waiting").textContent = n ? `(${n})` : "";
  }

  function send(path, fields) {
    keep([...kept(), { path, fields }]);
    tell();
    return flush();
  }

  // Sends what waits, oldest first; what the server refuses is said and dropped, what did not arrive stays.
  async function flush() {
    if (isSending) return;
    isSending = true;
    try {
      while (kept().length) {
        const [first, ...rest] = kept();
        const headers = JSON.parse(document.body.getAttribute("hx-headers"));
        let answer;
        try {
          answer = await fetch(day.dataset.here + first.path, {
            method: "POST", body: new URLSearchParams(first.fields), headers, redirect: "manual",
          });
        } catch { say(day.dataset.kept); break; }
        if (answer.status >= 500 || answer.type === "opaqueredirect") break;
        if (answer.status === 401 || answer.status === 403 || answer.status === 429) {
          say((await answer.json()).detail, "bad");
          break;
        }
        keep(rest);
        if (answer.ok) say(day.dataset.sent, "good");
        else say((await answer.json()).detail, "bad");
      }
    } finally { isSending = false; tell(); }
  }

  day.addEventListener("click", (event) => {
    const button = event.target.closest("[data-state]");
    if (!button) return;
    const meeting = button.closest("article");
    for (const other of meeting.querySelectorAll("[data-state]")) other.setAttribute("aria-pressed", String(other === button));
    const tag = meeting.querySelector(".state");
    tag.textContent = button.textContent;
    tag.hidden = false;
    send("/attendance", { buyer_id: meeting.dataset.buyer, company_id: meeting.dataset.company, state: button.dataset.state });
  });

  // Until here a tap would be lost: the page offers none.
  for (const button of day.querySelectorAll("[data-state]")) button.disabled = false;

  day.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const meeting = form.closest("article");
    const stage = form.elements.stage;
    const fields = {
      buyer_id: meeting.dataset.buyer, company_id: meeting.dataset.company,
      stage: stage.value, usd: form.elements.usd.value, happened_on: meeting.dataset.day,
    };
    const rate = document.getElementById("rate").value.replaceAll(",", "");
    if (rate) fields.krw_per_usd = rate;
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = form.querySelector("input[name=stage]:checked").parentElement.textContent.trim();
    meeting.querySelector(".reached").append(tag);
    form.closest("details").open = false;
    form.reset();
    send("/outcomes", fields);
  });

  const rate = document.getElementById("rate");
  rate.value = localStorage.getItem(RATE) || "";
  rate.addEventListener("change", () => localStorage.setItem(RATE, rate.value));

  function mark() {
    const now = Date.now();
    let isNext = true;
    for (const slot of day.querySelectorAll(".slot")) {
      const isAhead = Date.parse(slot.dataset.start) > now;
      slot.querySelector(".next").hidden = !(isAhead && isNext);
      if (isAhead) isNext = false;
      const isNow = Date.parse(slot.dataset.start) <= now && now < Date.parse(slot.dataset.end);
      slot.classList.toggle("now", isNow);
      slot.querySelector(".when").hidden = !isNow;
    }
  }
  mark();
  setInterval(mark, 30000);
  setInterval(flush, 10000);
  window.addEventListener("online", flush);
  window.addEventListener("offline", tell);
  tell();
  flush();
  const now = day.querySelector(".slot.now");
  if (now) now.scrollIntoView();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/day-worker.js", { scope: "/day/" });
})();
