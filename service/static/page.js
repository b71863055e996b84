// Small behaviour that every page shares. Pages work without it, but for dragging.
"use strict";

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches && input.matches("[data-submit]")) input.form.requestSubmit();
});

// A file dropped on a form lands in its file field.
document.addEventListener("dragover", (event) => {
  if (event.target.closest && event.target.closest("form[data-drop]")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const form = event.target.closest && event.target.closest("form[data-drop]");
  if (!form || !event.dataTransfer.files.length) return;
  event.preventDefault();
  const field = form.querySelector("input[type=file]");
  field.files = event.dataTransfer.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

// What the server says of an error goes to where everybody hears it.
document.addEventListener("htmx:responseError", (event) => {
  let sentence = "";
  try { sentence = JSON.parse(event.detail.xhr.responseText).detail; } catch { sentence = event.detail.xhr.statusText; }
  say(sentence, "bad");
});

function say(sentence, kind) {
  const place = document.getElementById("notice");
  const line = document.createElement("p");
  line.className = kind ? `notice ${kind}` : "notice";
  line.textContent = sentence;
  place.replaceChildren(line);
}
window.say = say;

// The board: drag a meeting to another cell, or pick it up and put it down with buttons.
(() => {
  let held = null;
  let ending = 0; // the timer that lets go of a meeting whose drag ended nowhere
  const board = () => document.getElementById("board");

  // A drag gets no buttons: cells that grow under it would let it fall into another one.
  async function pick(meeting, byDragging) {
    clearTimeout(ending); // of the drag before: it must not end this one
    drop();
    held = meeting;
    meeting.classList.add("held");
    const { buyer, company } = meeting.dataset;
    const query = new URLSearchParams({ buyer_id: buyer, company_id: company });
    const answer = await fetch(`${board().dataset.here}/places?${query}`);
    if (!answer.ok || held !== meeting) return;
    const places = await answer.json();
    for (const cell of board().querySelectorAll("td[data-slot]")) {
      const broken = (places[cell.dataset.slot] || {})[cell.dataset.table];
      if (!broken) continue;
      cell.classList.add(broken.length ? "closed" : "open");
      if (broken.length) cell.title = broken.join("\n");
      else if (!byDragging && !cell.contains(meeting)) {
        const here = document.createElement("button");
        here.type = "button";
        here.className = "second put";
        here.textContent = board().dataset.put;
        here.addEventListener("click", () => put(cell));
        cell.append(here);
      }
    }
    board().querySelector("button.put")?.focus({ preventScroll: true });
  }

  function drop() {
    if (!board()) return;
    for (const mark of board().querySelectorAll(".held")) mark.classList.remove("held");
    for (const button of board().querySelectorAll("button.put")) button.remove();
    for (const cell of board().querySelectorAll("td[data-slot]")) {
      cell.classList.remove("open", "closed", "over");
      cell.removeAttribute("title");
    }
    held = null;
  }

  async function put(cell) {
    const meeting = held;
    if (!meeting) return;
    const form = new FormData();
    form.set("buyer_id", meeting.dataset.buyer);
    form.set("company_id", meeting.dataset.company);
    form.set("slot_id", cell.dataset.slot);
    form.set("table", cell.dataset.table);
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    const answer = await fetch(`${board().dataset.here}/move`, { method: "POST", body: form, headers });
    drop();
    if (!answer.ok) {
      let sentence = answer.statusText;
      try { sentence = (await answer.json()).detail; } catch { /* no JSON: the status will do */ }
      say(sentence, "bad");
      return;
    }
    document.getElementById("notice").replaceChildren();
    board().outerHTML = await answer.text();
  }

  document.addEventListener("dragstart", (event) => {
    const meeting = event.target.closest && event.target.closest(".meeting[draggable]");
    if (!meeting) return;
    event.dataTransfer.setData("text/plain", meeting.dataset.company);
    event.dataTransfer.effectAllowed = "move";
    pick(meeting, true);
  });
  document.addEventListener("dragend", () => { ending = setTimeout(() => { if (held) drop(); }, 300); });
  document.addEventListener("dragover", (event) => {
    const cell = event.target.closest && event.target.closest("td[data-slot]");
    if (held && cell) { event.preventDefault(); cell.classList.add("over"); }
  });
  document.addEventListener("dragleave", (event) => {
    if (event.target.matches && event.target.matches("td[data-slot]")) event.target.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    const cell = event.target.closest && event.target.closest("td[data-slot]");
    if (held && cell) { event.preventDefault(); put(cell); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-hold]");
    if (!button) return;
    const meeting = button.closest(".meeting");
    if (held === meeting) drop(); else pick(meeting, false);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(); });
})();
