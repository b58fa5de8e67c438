// Sorts tables and searches stories. Every page is whole without it. It writes text, never markup.
"use strict";

function valueOf(row, column) {
  const cell = row.cells[column];
  const given = cell.getAttribute("data-sort");
  return given === null ? cell.textContent.trim().toLocaleLowerCase() : Number(given);
}

function sortBy(table, column, header) {
  const isUp = header.getAttribute("aria-sort") === "descending";
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).map((row) => [valueOf(row, column), row]);
  rows.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0) * (isUp ? 1 : -1));
  rows.forEach(([, row]) => body.append(row));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", isUp ? "ascending" : "descending");
}

for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, column, header));
    header.append(button);
  });
}

const MOST = 200; // results that are listed

function resultOf(line) {
  const [page, title, facts] = line.split("\t");
  const item = document.createElement("li");
  const name = document.createElement(/^[0-9]+$/.test(page) ? "a" : "span");
  if (name.tagName === "A") name.href = "story/" + page + ".html";
  name.className = "title";
  name.dir = "auto";
  name.textContent = title;
  const below = document.createElement("span");
  below.className = "facts";
  below.dir = "auto";
  below.textContent = facts;
  item.append(name, below);
  return item;
}

const form = document.getElementById("search");
const index = document.getElementById("index");
if (form && index) {
  const lines = index.textContent.split("\n").filter((line) => line);
  const folded = lines.map((line) => line.toLocaleLowerCase());
  const found = document.getElementById("found");
  const status = document.getElementById("status");
  const box = form.elements.namedItem("q");
  const search = () => {
    const words = box.value.toLocaleLowerCase().split(/\s+/).filter((word) => word);
    const hits = [];
    if (words.length) {
      for (let at = 0; at < lines.length; at++) {
        if (words.every((word) => folded[at].includes(word))) hits.push(lines[at]);
      }
    }
    const shown = hits.slice(0, MOST);
    const more = hits.length > MOST ? ", the first " + MOST + " of which follow" : "";
    status.textContent = words.length
      ? (hits.length === 1 ? "1 story" : hits.length.toLocaleString("en") + " stories") + more
      : "";
    found.replaceChildren(...shown.map(resultOf));
  };
  box.value = box.value || new URLSearchParams(location.search).get("q") || "";
  form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  box.addEventListener("input", search);
  window.addEventListener("pageshow", search);
  search();
}
