// The Markdown editor, where it differs from markdownx.js. That script watches the text, asks for the preview and
// lets the text field grow; its keys, its uploads and the way it shows a preview are replaced here.
//
// Loaded before it, listening in the capture phase: what stops here never reaches it.
"use strict";
(() => {
  const MAX_BYTES = 5 * 1024 * 1024;
  const UNREACHABLE = "The site does not answer. Your words are still here. Try again in a minute.";
  const PREVIEW = '<div class="preview">';

  const capture = (types, listener) => types.forEach((type) => document.addEventListener(type, listener, true));
  const isEditor = (target) => target instanceof Element && target.matches(".markdownx-editor");
  const editorOf = (widget) => widget.querySelector(".markdownx-editor");

  // --- Messages ---

  // What is said of the picture stays when the preview succeeds, and the other way round.
  function say(widget, about, text) {
    const message = widget.querySelector(".markdownx-message");
    if (message.textContent === text || (!text && message.dataset.about !== about)) return;
    message.dataset.about = about;
    message.textContent = text;
  }

  // The site refuses with one sentence. Whatever else comes is from a server in between.
  function refusal(answer) {
    try {
      return JSON.parse(answer).error || UNREACHABLE;
    } catch {
      return UNREACHABLE;
    }
  }

  // --- Keys: Tab moves on, and the browser keeps its own ---

  capture(["keydown"], (event) => {
    if (isEditor(event.target) && ["Tab", "d", "[", "]"].includes(event.key)) event.stopImmediatePropagation();
  });

  // --- The Code: the text may cite the edition that is chosen in the same form ---

  const editors = () => document.querySelectorAll(".markdownx-editor");
  function cite(editor) {
    const address = new URL(editor.dataset.markdownxUrlsPath, location.href);
    address.searchParams.set("code", editor.form?.elements.code?.value ?? "");
    editor.dataset.markdownxUrlsPath = address.pathname + address.search;
  }
  document.addEventListener("DOMContentLoaded", () => editors().forEach(cite));
  document.addEventListener("change", (event) => {
    if (event.target.name !== "code") return;
    editors().forEach((editor) => {
      cite(editor);
      editor.dispatchEvent(new Event("input")); // For markdownx.js: the preview is to be made again.
    });
  });

  // --- Preview: in a shadow tree, where the admin's styles end and the public page's begin ---

  // Only blocks that differ are replaced, so that a screen reader reads out what changed and not the whole text.
  function showBlocks(shown, fresh) {
    const before = [...shown.children];
    const after = [...fresh.children];
    const most = Math.min(before.length, after.length);
    let start = 0;
    let end = 0;
    while (start < most && before[start].isEqualNode(after[start])) start++;
    while (end < most - start && before.at(-1 - end).isEqualNode(after.at(-1 - end))) end++;
    const next = before[before.length - end] ?? null;
    before.slice(start, before.length - end).forEach((block) => block.remove());
    after.slice(start, after.length - end).forEach((block) => shown.insertBefore(block, next));
  }

  capture(["markdownx.update"], (event) => {
    const widget = event.target;
    const answer = event.detail[0];
    const preview = widget.querySelector(".markdownx-preview");
    if (!answer.startsWith(PREVIEW)) {
      preview.replaceChildren();
      say(widget, "preview", refusal(answer));
      return;
    }
    say(widget, "preview", "");
    if (!preview.shadowRoot) return; // An old browser: markdownx.js has shown it, in the admin's own style.
    preview.replaceChildren();
    const template = document.createElement("template");
    template.innerHTML = answer;
    // Following a link must not take somebody away from what they are writing.
    template.content.querySelectorAll("a[href]").forEach((link) => link.setAttribute("target", "_blank"));
    showBlocks(preview.shadowRoot.querySelector(".preview"), template.content.firstElementChild);
    // The text as it was opened is not news. What changes from now on is.
    preview.setAttribute("aria-live", "polite");
  });

  capture(["markdownx.updateError"], (event) => say(event.target, "preview", UNREACHABLE));

  // --- Pictures: none without its alternative text ---

  const touched = new WeakSet();
  capture(["focusin"], (event) => touched.add(event.target));

  // After the paragraph in which the cursor stands; at the end where it has not been placed yet.
  function insert(editor, markdown) {
    const cursor = touched.has(editor) ? editor.selectionEnd : editor.value.length;
    const place = cursor + editor.value.slice(cursor).search(/\n\s*\n|\s*$/);
    editor.setRangeText(editor.value.trim() ? `\n\n${markdown}` : markdown, place, place, "end");
    editor.dispatchEvent(new Event("input", { bubbles: true }));
    editor.focus();
  }

  async function send(widget, file, alternative) {
    const form = new FormData();
    form.append("image", file);
    form.append("alt", alternative);
    form.append("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]").value);
    const address = editorOf(widget).dataset.markdownxUploadUrlsPath;
    const answer = await fetch(address, { method: "POST", body: form }).then((response) => response.text(), () => "");
    try {
      const { image_code: markdown, error } = JSON.parse(answer);
      return { markdown, error };
    } catch {
      return { error: UNREACHABLE };
    }
  }

  async function addPicture(widget) {
    const [picture, alternative, button] = widget.querySelectorAll(".markdownx-picture :is(input, button)");
    const file = picture.files[0];
    const ask = (field, text) => {
      say(widget, "picture", text);
      field.focus();
    };
    if (!file) return ask(picture, "Choose a picture first.");
    if (file.size > MAX_BYTES) return ask(picture, "This picture is larger than 5 MB. Save it smaller, then add it again.");
    if (!alternative.value.trim()) return ask(alternative, "Say what the picture shows, for people who cannot see it.");
    button.disabled = true;
    const { markdown, error } = await send(widget, file, alternative.value);
    button.disabled = false;
    say(widget, "picture", error ?? "");
    if (error) return;
    picture.value = alternative.value = "";
    picture.closest("details").open = false;
    insert(editorOf(widget), markdown);
  }

  // A picture that is dropped or pasted is one that has been chosen: what it shows is still to be said.
  function choosePicture(widget, files) {
    const [picture, alternative] = widget.querySelectorAll(".markdownx-picture input");
    picture.files = files;
    picture.closest("details").open = true;
    alternative.focus();
  }

  // markdownx.js would upload at once, and would not let a text be dragged about.
  capture(["dragenter", "dragover", "dragleave", "drop", "paste"], (event) => {
    if (!isEditor(event.target)) return;
    const carried = event.clipboardData ?? event.dataTransfer;
    event.stopImmediatePropagation();
    // A word processor copies its words as a picture too: they are words.
    if (!carried.types.includes("Files") || carried.types.includes("text/plain")) return;
    event.preventDefault();
    if (carried.files.length) choosePicture(event.target.closest(".markdownx"), carried.files);
  });

  capture(["click", "keydown"], (event) => {
    if (!(event.target instanceof Element)) return;
    const wanted = event.type === "click" ? "button" : "input[type=text]";
    if (!event.target.matches(`.markdownx-picture ${wanted}`)) return;
    if (event.type === "keydown" && event.key !== "Enter") return;
    event.preventDefault(); // Enter would send the whole form.
    addPicture(event.target.closest(".markdownx"));
  });
})();
