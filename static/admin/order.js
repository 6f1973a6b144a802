/* Moves on the page of the order without loading it again: each press counts, also of a button that is pressed twice
   in a row. The page works without this script. */
"use strict";

(() => {
  const page = document.getElementById("order");
  // Outside of what is replaced: only then do screen readers say it.
  const said = document.createElement("div");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  page.before(said);
  const waiting = [];
  let isBusy = false;

  page.addEventListener("submit", (event) => {
    event.preventDefault();
    waiting.push(event.submitter.value);
    if (!isBusy) carryOut();
  });

  async function carryOut() {
    isBusy = true;
    while (waiting.length) {
      // At an end of its list there is no such button any more.
      const button = page.querySelector(`button[name="move"][value="${waiting.shift()}"]`);
      if (button && !(await move(button))) return;
    }
    isBusy = false;
  }

  async function move(button) {
    const response = await fetch(button.form.action, {
      method: "POST",
      body: new FormData(button.form, button),
    }).catch(() => null);
    const text = response && response.ok ? await response.text() : "";
    const found = text && new DOMParser().parseFromString(text, "text/html").getElementById("order");
    if (!found) {
      // The session ended, or the site does not answer: the page itself says so.
      location.reload();
      return false;
    }
    page.replaceChildren(...found.childNodes);
    said.textContent = page.querySelector("#order-said").textContent;
    page.querySelector("#order-said").removeAttribute("role");
    const next = page.querySelector("[autofocus]") || page.querySelector('button[value="undo"]') || page.querySelector("a");
    next.focus();
    return true;
  }
})();
