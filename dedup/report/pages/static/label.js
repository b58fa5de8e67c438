"use strict";
// Show one pair after the other, keep its label in this browser, and offer all labels as a file.
(() => {
  const byId = (id) => document.getElementById(id);
  const pairs = JSON.parse(byId("pairs").textContent);
  const articles = [...document.querySelectorAll("main article")];
  const buttons = [...document.querySelectorAll("button[data-label]")];
  const store = byId("content").dataset.store;
  const name = (pair) => JSON.stringify([pair.left, pair.right]);
  let labels = new Map();
  let isStored = true;
  let isDownloaded = true;

  const restore = () => {
    try {
      labels = new Map(JSON.parse(localStorage.getItem(store) || "[]"));
    } catch {
      isStored = false;
    }
  };
  const keep = () => {
    try {
      localStorage.setItem(store, JSON.stringify([...labels]));
    } catch {
      isStored = false;
    }
    byId("unstored").hidden = isStored;
  };

  let at = 0;
  const labelled = () => pairs.filter((pair) => labels.has(name(pair)));
  const show = (place) => {
    at = Math.max(0, Math.min(place, pairs.length));
    articles.forEach((article, number) => { article.hidden = number !== at; });
    const chosen = at < pairs.length ? labels.get(name(pairs[at])) : undefined;
    for (const button of buttons) {
      button.disabled = at === pairs.length;
      button.setAttribute("aria-pressed", String(button.dataset.label === chosen));
    }
    byId("back").disabled = at === 0;
    byId("count").textContent = String(labelled().length);
    byId("download").disabled = labelled().length === 0;
    byId("progress").textContent = `${labelled().length} of ${pairs.length} labelled`;
    window.scrollTo(0, 0);
  };
  const label = (word) => {
    if (at === pairs.length) return;
    labels.set(name(pairs[at]), word);
    isDownloaded = false;
    keep();
    show(at + 1);
  };
  const download = () => {
    const lines = labelled().map((pair) => JSON.stringify({
      left: pair.left, right: pair.right, label: labels.get(name(pair)), begins: pair.begins, measures: pair.measures,
    }) + "\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    link.download = "labels.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    isDownloaded = true;
  };

  for (const button of buttons) button.addEventListener("click", () => label(button.dataset.label));
  byId("back").addEventListener("click", () => show(at - 1));
  byId("download").addEventListener("click", download);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const button = buttons.find((one) => one.querySelector("kbd").textContent === key);
    if (button) label(button.dataset.label);
    if (key === "b") show(at - 1);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isStored && !isDownloaded) event.preventDefault();
  });

  restore();
  const first = pairs.findIndex((pair) => !labels.has(name(pair)));
  byId("unstored").hidden = isStored;
  document.documentElement.classList.add("runs");
  show(first < 0 ? pairs.length : first);
})();
