/* Nothing that an editor typed is lost: it is kept in this browser from key to key until it is saved, through a
   session that ended, a closed window or a power cut. The server needs none of this to work. */
"use strict";

(() => {
  const desk = document.querySelector("[data-draft-version]");
  const key = `draft:${desk.dataset.editor}`;
  const version = Number(desk.dataset.draftVersion);
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  const isSaved = kept && desk.dataset.savedBy === "me" && version === kept.version + 1;
  if (isSaved) localStorage.removeItem(key);
  if (desk.tagName !== "FORM") return; // A page that only tells how far the draft is.

  const form = desk;
  const typed = () =>
    JSON.stringify([...new FormData(form)].filter(([name]) => !["csrfmiddlewaretoken", "action"].includes(name)));
  const atOpening = typed();
  let leaving = false;
  const isChanged = () => form.dataset.unsaved === "yes" || typed() !== atOpening;

  if (kept && !isSaved && kept.text !== atOpening && form.dataset.unsaved !== "yes") offer(kept);

  function offer(kept) {
    const notice = document.createElement("div");
    notice.className = "admin-notice";
    notice.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = "You typed something here that was not saved. It is kept in this browser.";
    const take = button("Bring back what I typed", () => {
      bringBack(kept);
      notice.remove();
    });
    const leave = button("Throw it away", () => {
      localStorage.removeItem(key);
      notice.remove();
    });
    notice.append(words, take, " ", leave);
    form.before(notice);
  }

  function button(text, action) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    element.addEventListener("click", action);
    return element;
  }

  /* The sections may be more or fewer than those shown: the server lays them out again from the same fields. */
  function bringBack(kept) {
    const fields = [...JSON.parse(kept.text), ["action", "restore"]];
    const again = document.createElement("form");
    again.method = "post";
    again.action = form.getAttribute("action"); // The buttons are called action too.
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    for (const [name, value] of [...fields, ["csrfmiddlewaretoken", token.value]]) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      again.append(field);
    }
    again.hidden = true;
    document.body.append(again);
    leaving = true;
    again.submit();
  }

  const keep = () => {
    if (isChanged()) localStorage.setItem(key, JSON.stringify({ version, text: typed() }));
  };
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => {
    keep();
    leaving = true;
  });
  if (form.dataset.unsaved === "yes") keep();
  addEventListener("beforeunload", (event) => {
    if (isChanged() && !leaving) event.preventDefault();
  });
})();
