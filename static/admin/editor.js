// Changes to the Markdown editor of markdownx.js, which watches the text, requests the preview and resizes the textarea.
// Its keyboard shortcuts, its uploads and the display of its preview are replaced here.
//
// Has to be loaded before markdownx.js: the listeners run in the capture phase and stop events from reaching it.
"use strict";
(() => {
  const MAX_BYTES = 10 * 1024 * 1024;
  const UNREACHABLE = "The site does not answer. Your words are still here. Try again in a minute.";
  const PREVIEW = '<div class="preview">';

  const capture = (types, listener) => types.forEach((type) => document.addEventListener(type, listener, true));
  const isEditor = (target) => target instanceof Element && target.matches(".markdownx-editor");
  const editorOf = (widget) => widget.querySelector(".markdownx-editor");

  // --- Messages ---

  // Clearing the message about a picture does not clear one about the preview, nor the reverse.
  function showMessage(widget, about, text) {
    const message = widget.querySelector(".markdownx-message");
    if (message.textContent === text || (!text && message.dataset.about !== about)) return;
    message.dataset.about = about;
    message.textContent = text;
  }

  // The site's refusals are JSON. Any other response comes from a proxy.
  function errorMessage(answer) {
    try {
      return JSON.parse(answer).error || UNREACHABLE;
    } catch {
      return UNREACHABLE;
    }
  }

  // --- Requests: what the site answers to a form. Any other answer than JSON comes from a proxy ---

  async function post(address, fields, timeout) {
    const form = new FormData();
    Object.entries(fields).forEach(([name, value]) => form.append(name, value));
    form.append("csrfmiddlewaretoken", document.querySelector("input[name=csrfmiddlewaretoken]").value);
    try {
      const options = { method: "POST", body: form, signal: timeout && AbortSignal.timeout(timeout) };
      return JSON.parse(await (await fetch(address, options)).text()) ?? {};
    } catch {
      return { error: UNREACHABLE };
    }
  }

  // --- Keys: disable the shortcuts of markdownx.js, so that Tab moves the focus and the browser's shortcuts work ---

  capture(["keydown"], (event) => {
    if (isEditor(event.target) && ["Tab", "d", "[", "]"].includes(event.key)) event.stopImmediatePropagation();
  });

  // --- The Code: send the edition that is chosen in the same form to the preview ---

  const editors = () => document.querySelectorAll(".markdownx-editor");
  function setCode(editor) {
    const address = new URL(editor.dataset.markdownxUrlsPath, location.href);
    address.searchParams.set("code", editor.form?.elements.code?.value ?? "");
    editor.dataset.markdownxUrlsPath = address.pathname + address.search;
  }
  document.addEventListener("DOMContentLoaded", () => editors().forEach(setCode));
  document.addEventListener("change", (event) => {
    if (event.target.name !== "code") return;
    editors().forEach((editor) => {
      setCode(editor);
      editor.dispatchEvent(new Event("input")); // Makes markdownx.js refresh the preview.
    });
  });

  // --- Preview: in a shadow tree, so that the public page's styles apply and the admin's do not ---

  // Replace only the blocks that differ, so that a screen reader reads out what changed and not the whole text.
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
      showMessage(widget, "preview", errorMessage(answer));
      return;
    }
    showMessage(widget, "preview", "");
    if (!preview.shadowRoot) return; // An old browser: markdownx.js shows the preview, with the admin's styles.
    preview.replaceChildren();
    const template = document.createElement("template");
    template.innerHTML = answer;
    // Following a link must not leave the edit page.
    template.content.querySelectorAll("a[href]").forEach((link) => link.setAttribute("target", "_blank"));
    showBlocks(preview.shadowRoot.querySelector(".preview"), template.content.firstElementChild);
    // The initial preview is not announced; later changes are.
    preview.setAttribute("aria-live", "polite");
  });

  // Staff add a provision in another tab: when they come back, its problem is gone.
  addEventListener("focus", () => {
    for (const widget of document.querySelectorAll(".markdownx")) {
      const adds = widget.querySelector(".markdownx-preview").shadowRoot?.querySelector("a[href*='?cite=']");
      if (adds) editorOf(widget).dispatchEvent(new Event("input"));
    }
  });

  capture(["markdownx.updateError"], (event) => showMessage(event.target, "preview", UNREACHABLE));

  // --- Links to a place in the text: select the words that they are about ---

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-excerpt]");
    if (!link) return;
    const target = document.getElementById(link.hash.slice(1));
    const boxes = target ? [target, ...target.querySelectorAll("textarea, input[type=text]")] : [];
    const editor = boxes.find((box) => box.value?.includes(link.dataset.excerpt));
    if (!editor || !link.dataset.excerpt) return; // The link leads to the section.
    const start = editor.value.indexOf(link.dataset.excerpt);
    event.preventDefault();
    editor.focus({ preventScroll: true });
    editor.setSelectionRange(start, start + link.dataset.excerpt.length);
    // About where the words are: browsers do not scroll to a selection.
    const { top, height } = editor.getBoundingClientRect();
    scrollBy(0, top + height * (start / editor.value.length) - innerHeight / 3);
  });

  // A page that was opened because of some words begins at them.
  addEventListener("load", () => document.querySelector("a[data-opened-at]")?.click());

  // --- Inserting ---

  const touched = new WeakSet();
  capture(["focusin"], (event) => touched.add(event.target));

  // Replace a part of the text so that one undo of the browser brings it back: setRangeText would clear its undo history.
  function replaceText(editor, start, end, text) {
    editor.focus();
    editor.setSelectionRange(start, end);
    if (document.execCommand("insertText", false, text)) return;
    editor.setRangeText(text, start, end, "end");
    editor.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Insert a block at the cursor as a paragraph of its own, in place of the selection. Returns where it begins.
  function insertBlock(editor, markdown, start, end) {
    const before = editor.value.slice(0, start).trimEnd();
    const after = editor.value.slice(end);
    const lead = before ? "\n\n" : "";
    const trail = !after.trim() ? "" : "\n".repeat(Math.max(0, 2 - after.match(/^\n*/)[0].length));
    replaceText(editor, before.length, end, lead + markdown + trail);
    return before.length + lead.length;
  }

  // Where to insert: the end of the paragraph that has the cursor, or of the text if the editor was never focused.
  function endOfParagraph(editor) {
    const cursor = touched.has(editor) ? editor.selectionEnd : editor.value.length;
    return cursor + editor.value.slice(cursor).search(/\n\s*\n|\s*$/);
  }

  const insert = (editor, markdown) => insertBlock(editor, markdown, endOfParagraph(editor), endOfParagraph(editor));

  // Insert the example beside a button, with the selected words in place of its own.
  function insertExample(button) {
    const editor = editorOf(button.closest(".markdownx"));
    const example = button.parentElement.querySelector("pre");
    const words = example.querySelector("mark").textContent;
    const [lead, rest] = [example.firstChild, example.lastChild].map((node) => (node.nodeName === "MARK" ? "" : node.data));
    const [start, end] = touched.has(editor) ? [editor.selectionStart, editor.selectionEnd] : [editor.value.length, editor.value.length];
    const selected = editor.value.slice(start, end).trim();
    const { line, end: ending, after } = button.dataset;
    if ("inline" in button.dataset) {
      replaceText(editor, start, end, lead + (selected || words) + rest);
      const at = start + lead.length;
      return editor.setSelectionRange(at, at + (selected || words).length);
    }
    if (!selected || (!line && !ending)) {
      const place = endOfParagraph(editor);
      const at = insertBlock(editor, lead + words + rest, place, place) + lead.length;
      return editor.setSelectionRange(at, at + words.length);
    }
    const lines = selected.split("\n");
    const numbered = line === "1. " ? (index) => `${index + 1}. ` : () => line ?? "";
    const marked = lines.map((text, index) => (text.trim() || line === "> " ? numbered(index) + text : text).trimEnd());
    const joined = marked.join(ending ? `${ending}\n` : "\n") + (after ? `\n${after}` : "");
    insertBlock(editor, joined, start, end);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest(".markdownx-help button");
    if (button) insertExample(button);
  });

  // --- Pasting: the server turns the text of a word processor, a web page or a PDF viewer into Markdown ---

  const MAX_PASTE = 2_000_000; // characters
  const PASTE_TIMEOUT = 20_000; // milliseconds
  const OWN_TYPE = "text/x-leaflet-markdown";
  const NOT_CONVERTED = "This was pasted as plain text, without its headings, lists and links.";
  const MARKDOWN = /^(?:#{2,6} |> |- |\|.*\|\s*$)|\*\*[^*\n]+\*\*|\]\([^)\s]+\)|\\$/m;
  let plainAt = -Infinity; // when Ctrl+Shift+V was pressed, in milliseconds

  capture(["keydown"], (event) => {
    const isPlain = event.key.toLowerCase() === "v" && event.shiftKey && (event.ctrlKey || event.metaKey);
    if (isPlain) plainAt = performance.now();
  });

  // Text that is copied from a box is Markdown already.
  capture(["copy", "cut"], (event) => {
    const editor = event.target;
    if (!isEditor(editor) || editor.selectionStart === editor.selectionEnd) return;
    const text = editor.value.slice(editor.selectionStart, editor.selectionEnd);
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData(OWN_TYPE, text);
    if (event.type === "cut") document.execCommand("delete");
  });

  function isToBeConverted(transfer) {
    const isPlain = performance.now() - plainAt < 1000;
    plainAt = -Infinity;
    if (isPlain || transfer.types.includes(OWN_TYPE)) return false;
    if (transfer.types.includes("text/html")) return true;
    const text = transfer.getData("text/plain");
    return text.trim().includes("\n") && !MARKDOWN.test(text);
  }

  const plainTextOf = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim();

  async function pasteConverted(editor, html, text) {
    const [start, end, before] = [editor.selectionStart, editor.selectionEnd, editor.value];
    const report = editor.closest(".markdownx").querySelector(".markdownx-pasted");
    report.textContent = "One moment: the text is being prepared.";
    const isTooLong = Math.max(html.length, text.length) > MAX_PASTE;
    const answer = isTooLong ? { error: "" } : await post(editor.form.dataset.pasteUrl, { html, text }, PASTE_TIMEOUT);
    const isConverted = typeof answer.markdown === "string" && (answer.markdown.trim() || !text.trim());
    const words = isConverted ? answer.markdown : text || plainTextOf(html);
    const focused = document.activeElement;
    // Where somebody typed meanwhile, the text goes to the cursor.
    const [from, to] = editor.value === before ? [start, end] : [editor.selectionStart, editor.selectionEnd];
    const isBlock = isConverted && /\n|^(?:#|>|- |\d+\. |\|)/.test(words);
    if (isBlock) insertBlock(editor, words, from, to);
    else replaceText(editor, from, to, words);
    if (focused !== editor && focused !== document.body) focused.focus({ preventScroll: true });
    report.replaceChildren();
    if (!isConverted) return showMessage(editor.closest(".markdownx"), "paste", `${answer.error ?? ""} ${NOT_CONVERTED}`.trim());
    showMessage(editor.closest(".markdownx"), "paste", "");
    describePaste(report, editor, answer, { html, text, before, after: editor.value });
  }

  function button(words, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "button";
    element.textContent = words;
    element.addEventListener("click", act);
    return element;
  }

  // Say what was pasted, offer to make sections of it, and ask what the server did not decide.
  function describePaste(report, editor, answer, pasted) {
    if (answer.sections) {
      const offer = document.createElement("p");
      offer.textContent = `This has ${answer.sections} parts with headings of their own. `;
      offer.append(button(`Make ${answer.sections} sections of it`, () => makeSections(editor, pasted)));
      report.append(offer);
    }
    if (!answer.questions?.length) return;
    const list = document.createElement("ul");
    for (const { text, excerpt, replacement } of answer.questions) {
      const item = document.createElement("li");
      item.textContent = `${text} `;
      if (excerpt && typeof replacement === "string" && !replacement.startsWith("## ")) {
        item.append(button("Yes", () => {
          const place = `\n${editor.value}\n`.indexOf(`\n${excerpt}\n`);
          if (place < 0) return (item.textContent = "This was changed meanwhile. Please look at the text.");
          replaceText(editor, place, place + excerpt.length, replacement);
          item.remove();
        }), " ");
      }
      item.append(button("Leave it", () => item.remove()));
      list.append(item);
    }
    const title = document.createElement("p");
    title.textContent = "Please look at these in the text:";
    report.append(title, list);
  }

  // The server makes the sections and shows the page again: nothing is saved by it.
  function makeSections(editor, { html, text, before, after }) {
    if (editor.value === after) replaceText(editor, 0, after.length, before);
    else return showMessage(editor.closest(".markdownx"), "paste", "The text was changed meanwhile. Take out what you pasted, and paste it again.");
    const row = /^form-(\d+)-/.exec(editor.name);
    const fields = { pasted_html: html, pasted_text: text, pasted_into: row ? Number(row[1]) + 1 : 0 };
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement("textarea");
      [field.name, field.value, field.hidden] = [name, value, true];
      editor.form.append(field);
    }
    const send = button("", () => {});
    [send.type, send.name, send.value, send.hidden] = ["submit", "action", "sections", true];
    editor.form.append(send);
    editor.form.requestSubmit(send);
  }

  // --- Pictures, always with an alternative text, and files ---

  // What can be added: the field for its words, and what is asked where one is missing.
  const KINDS = {
    picture: {
      fields: (file, words) => ({ image: file, alt: words }),
      address: (editor) => editor.dataset.markdownxUploadUrlsPath,
      choose: "Choose a picture first.",
      tooLarge: "This picture is larger than 10 MB. Save it smaller, then add it again.",
      name: "Say what the picture shows, for people who cannot see it.",
    },
    file: {
      fields: (file, words) => ({ file, words }),
      address: (editor) => editor.dataset.markdownxUploadUrlsPath.replace(/upload\/$/, "upload-file/"),
      choose: "Choose a file first.",
      tooLarge: "This file is larger than 10 MB. Make its pictures smaller, then add it again.",
      name: "Give the file a name for readers, such as: Form to ask for an assessment.",
    },
  };

  async function add(widget, about) {
    const kind = KINDS[about];
    const [input, words, button] = widget.querySelectorAll(`.markdownx-${about} :is(input, button)`);
    const file = input.files[0];
    const ask = (field, text) => {
      showMessage(widget, about, text);
      field.focus();
    };
    if (!file) return ask(input, kind.choose);
    if (file.size > MAX_BYTES) return ask(input, kind.tooLarge);
    if (!words.value.trim()) return ask(words, kind.name);
    button.disabled = true;
    const answer = await post(kind.address(editorOf(widget)), kind.fields(file, words.value));
    button.disabled = false;
    showMessage(widget, about, answer.error ?? "");
    if (answer.error) return;
    input.value = words.value = "";
    input.closest("details").open = false;
    insert(editorOf(widget), answer.image_code ?? answer.file_code);
  }

  // A dropped or pasted picture is put into the file field: it still needs its alternative text.
  function choosePicture(widget, files) {
    const [picture, alternative] = widget.querySelectorAll(".markdownx-picture input");
    picture.files = files;
    picture.closest("details").open = true;
    alternative.focus();
  }

  // markdownx.js would upload at once, and breaks dragging of text.
  capture(["dragenter", "dragover", "dragleave", "drop", "paste"], (event) => {
    if (!isEditor(event.target)) return;
    const transfer = event.clipboardData ?? event.dataTransfer;
    event.stopImmediatePropagation();
    // Word processors put a picture of copied text beside the text: paste the text.
    if (transfer.types.includes("Files") && !transfer.types.includes("text/plain")) {
      event.preventDefault();
      if (transfer.files.length) choosePicture(event.target.closest(".markdownx"), transfer.files);
    } else if (event.type === "paste" && event.target.form?.dataset.pasteUrl && isToBeConverted(transfer)) {
      event.preventDefault();
      const pasted = pasteConverted(event.target, transfer.getData("text/html"), transfer.getData("text/plain"));
      document.pendingPaste = Promise.all([document.pendingPaste, pasted]); // drafts.js waits for it before it saves.
    }
  });

  capture(["click", "keydown"], (event) => {
    if (!(event.target instanceof Element)) return;
    const selector = event.type === "click" ? "button" : "input[type=text]";
    const about = Object.keys(KINDS).find((name) => event.target.matches(`.markdownx-${name} ${selector}`));
    if (!about) return;
    if (event.type === "keydown" && event.key !== "Enter") return;
    event.preventDefault(); // Enter would submit the whole form.
    add(event.target.closest(".markdownx"), about);
  });
})();
