/* Autosave of the edit page in localStorage: unsaved text survives an ended session, a closed window or a power cut.
   The page works without this script. */
"use strict";

(() => {
  const page = document.querySelector("[data-saved-basis]");
  const key = `draft:${page.dataset.editor}`;
  const stored = JSON.parse(localStorage.getItem(key) || "null");
  // The server names the basis of the form that it saved last.
  const isSaved = stored && stored.basis && page.dataset.savedBasis === stored.basis;
  if (isSaved) localStorage.removeItem(key);
  if (page.tagName !== "FORM") return; // The publish page only tells what was saved.

  const form = page;
  const serialise = () =>
    JSON.stringify([...new FormData(form)].filter(([name]) => !/^(?:csrfmiddlewaretoken|action|pasted_.*)$/.test(name)));
  const initialText = serialise();
  let isLeaving = false;
  let isSending = false;
  const isChanged = () => form.dataset.unsaved === "yes" || serialise() !== initialText;

  if (stored && !isSaved && stored.text !== initialText && form.dataset.unsaved !== "yes") offerRestore(stored);

  function offerRestore(stored) {
    const notice = document.createElement("div");
    notice.className = "admin-notice";
    notice.setAttribute("role", "alert");
    const message = document.createElement("p");
    message.textContent = "You typed something here that was not saved. It is kept in this browser.";
    const restoreButton = button("Bring back what I typed", () => {
      restore(stored);
      notice.remove();
    });
    const discardButton = button("Throw it away", () => {
      localStorage.removeItem(key);
      notice.remove();
    });
    notice.append(message, restoreButton, " ", discardButton);
    form.before(notice);
  }

  function button(text, action) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    element.addEventListener("click", action);
    return element;
  }

  /* Signing in, even in another tab, makes the page's token useless. Without an answer the page keeps its token. */
  async function refreshToken() {
    try {
      const options = { redirect: "error", signal: AbortSignal.timeout(5000) };
      const response = await fetch(form.dataset.tokenUrl, options);
      const { token } = await response.json();
      if (!token) return;
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    } catch {}
  }

  /* The stored text may have more or fewer sections than the page, so the server renders the page again from it. */
  async function restore(stored) {
    await refreshToken();
    const fields = [...JSON.parse(stored.text), ["action", "restore"]];
    const copy = document.createElement("form");
    copy.method = "post";
    copy.action = form.getAttribute("action"); // form.action would be the buttons of that name.
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    for (const [name, value] of [...fields, ["csrfmiddlewaretoken", token.value]]) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      copy.append(field);
    }
    copy.hidden = true;
    document.body.append(copy);
    isLeaving = true;
    copy.submit();
  }

  const store = () => {
    if (!isChanged()) return;
    try {
      localStorage.setItem(key, JSON.stringify({ basis: form.elements.basis.value, text: serialise() }));
    } catch {} // The browser has no space left. The page goes on without this copy.
  };
  form.addEventListener("input", store);
  form.addEventListener("submit", async (event) => {
    store();
    if (isLeaving) return; // The token is fresh.
    event.preventDefault();
    if (isSending) return;
    isSending = true;
    await document.pendingPaste; // A paste that the server has not answered yet is a part of the text.
    store();
    await refreshToken();
    isSending = false;
    isLeaving = true;
    form.requestSubmit(event.submitter);
  });
  // Ctrl+S, the usual key, saves the draft.
  addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[value=save]"));
  });
  addEventListener("pageshow", () => (isLeaving = false));
  addEventListener("focus", refreshToken); // For the preview and for pictures.
  if (form.dataset.unsaved === "yes") store();
  addEventListener("beforeunload", (event) => {
    if (isChanged() && !isLeaving) event.preventDefault();
  });
})();
