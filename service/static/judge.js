// Grades by the keys 0 to 3.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /input|textarea|select/i.test(event.target.tagName)) return;
  const form = document.getElementById("judge");
  if (!form || !/^[0-3]$/.test(event.key)) return;
  form.requestSubmit(form.querySelector(`button[value="${event.key}"]`));
});
