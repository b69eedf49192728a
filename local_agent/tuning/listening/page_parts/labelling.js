"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const LABELS = ["", "barge_in", "backchannel", "noise", "turn"];
const sound = at("sound");
let current = 0;
let stopAt = null;
let unsaved = false;

function made(tag, facts = {}, ...inside) {
  const one = Object.assign(document.createElement(tag), facts);
  one.append(...inside);
  return one;
}

function showCall(number) {
  current = number;
  const call = data.calls[number];
  at("name").textContent = call.file;
  stopAt = null;
  sound.hidden = !call.sound;
  at("nosound").hidden = Boolean(call.sound);
  if (call.sound) sound.src = "data:audio/ogg;base64," + call.sound;
  else sound.removeAttribute("src");
  [...at("calls").querySelectorAll("button")].forEach((button, place) =>
    button.setAttribute("aria-current", String(place === number)));
  showRows();
}

function showRows() {
  const call = data.calls[current];
  at("rows").replaceChildren(...call.rows.map((row, place) => rowOf(call, row, place)));
  count();
  draw();
}

function rowOf(call, row, place) {
  const line = made("tr", { className: row.label ? "done" : "" });
  const field = (key, facts) => {
    const input = made("input", { value: row[key], ...facts });
    input.addEventListener("change", () => {
      row[key] = facts.type === "number" ? Number(input.value) : input.value.trim();
      unsaved = true;
      count();
      draw();
    });
    return made("td", {}, input);
  };
  const choice = made("select", { ariaLabel: "label" }, ...LABELS.map((label) =>
    made("option", { value: label, textContent: label || (row.hint ? "(" + row.hint + "?)" : "(none)") })));
  choice.value = row.label;
  choice.addEventListener("change", () => {
    row.label = choice.value;
    unsaved = true;
    line.className = row.label ? "done" : "";
    count();
    draw();
  });
  const hear = made("button", { type: "button", textContent: "Hear", disabled: !call.sound });
  hear.addEventListener("click", () => {
    sound.currentTime = Math.max(row.start_s - 0.5, 0);
    stopAt = row.end_s + 0.5;
    sound.play();
  });
  const drop = made("button", { type: "button", textContent: "Remove" });
  drop.addEventListener("click", () => {
    call.rows.splice(place, 1);
    unsaved = true;
    showRows();
  });
  const bounds = { type: "number", step: 0.01, min: 0, max: call.duration_s };
  line.append(
    made("td", {}, hear),
    field("start_s", { ...bounds, ariaLabel: "from, in seconds" }),
    field("end_s", { ...bounds, ariaLabel: "to, in seconds" }),
    made("td", {}, choice),
    field("class", { type: "text", ariaLabel: "class", placeholder: "sneeze, traffic …" }),
    made("td", {}, drop));
  return line;
}

function labelled(call) {
  return call.rows.filter((row) => row.label).sort((a, b) => a.start_s - b.start_s);
}

function problems() {
  const found = [];
  for (const call of data.calls) {
    const rows = labelled(call);
    rows.forEach((row, place) => {
      const where = call.file + " at " + row.start_s + " s: ";
      if (!(row.end_s > row.start_s)) found.push(where + "ends before it starts");
      if (row.end_s > call.duration_s + 0.01) found.push(where + "is outside the call");
      if (row.label === "noise" && !row.class) found.push(where + "a noise needs its class");
      if (place && row.start_s < rows[place - 1].end_s - 0.01) found.push(where + "overlaps the row before it");
    });
  }
  return found;
}

function csv() {
  const cell = (value) => /[",\r\n]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value;
  const lines = ["file,start_s,end_s,label,class"];
  for (const call of data.calls)
    for (const row of labelled(call))
      lines.push([call.file, row.start_s.toFixed(3), row.end_s.toFixed(3), row.label, row.class || ""]
        .map((value) => cell(String(value))).join(","));
  return lines.join("\n") + "\n";
}

function count() {
  const done = data.calls.reduce((sum, call) => sum + labelled(call).length, 0);
  const all = data.calls.reduce((sum, call) => sum + call.rows.length, 0);
  at("count").textContent = done + " of " + all + " rows have a label";
}

function draw() {
  const canvas = at("canvas"), call = data.calls[current];
  canvas.width = canvas.clientWidth || 900;
  const pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  const x = (seconds) => seconds / call.duration_s * canvas.width;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (const row of call.rows) {
    pen.fillStyle = style.getPropertyValue("--mark");
    pen.fillRect(x(row.start_s), 0, Math.max(x(row.end_s) - x(row.start_s), 1), 90);
  }
  [["caller", 45, "--caller"], ["agent", 135, "--agent"]].forEach(([side, middle, colour]) => {
    pen.fillStyle = style.getPropertyValue(colour);
    const bins = call[side], wide = canvas.width / Math.max(bins.length, 1);
    bins.forEach((bin, place) => pen.fillRect(place * wide, middle - bin * 0.44, Math.max(wide, 1), Math.max(bin * 0.88, 1)));
  });
  if (call.sound) {
    pen.fillStyle = style.color || "#888";
    pen.fillRect(x(sound.currentTime), 0, 1, canvas.height);
  }
}

sound.addEventListener("timeupdate", () => {
  if (stopAt !== null && sound.currentTime >= stopAt) {
    sound.pause();
    stopAt = null;
  }
  draw();
});
at("canvas").addEventListener("click", (event) => {
  if (!data.calls[current].sound) return;
  stopAt = null;
  sound.currentTime = event.offsetX / at("canvas").clientWidth * data.calls[current].duration_s;
  sound.play();
});
at("add").addEventListener("click", () => {
  const call = data.calls[current];
  const start = Math.min(sound.currentTime || 0, Math.max(call.duration_s - 0.5, 0));
  call.rows.push({ start_s: Number(start.toFixed(2)), end_s: Number(Math.min(start + 0.5, call.duration_s).toFixed(2)), label: "", class: "", hint: "" });
  call.rows.sort((a, b) => a.start_s - b.start_s);
  showRows();
});
at("save").addEventListener("click", () => {
  const found = problems();
  at("problem").textContent = found.slice(0, 8).join("\n");
  if (found.length) return;
  const link = made("a", { href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })), download: "labels.csv" });
  link.click();
  unsaved = false;
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
window.addEventListener("resize", draw);
at("calls").append(...data.calls.map((call, number) => {
  const button = made("button", { type: "button", textContent: call.file + " (" + call.rows.length + ")" });
  button.addEventListener("click", () => showCall(number));
  return made("li", {}, button);
}));
showCall(0);
document.body.dataset.ready = "yes";
