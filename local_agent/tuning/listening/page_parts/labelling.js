"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const LABELS = ["", "barge_in", "backchannel", "noise", "turn"];
const AROUND_S = 1.5; /* of the call on either side of the chosen row, close up */
const HEARD_S = 0.5; /* before and after it, when it is played */
const NUDGE_S = 0.02;
const NEAR_PX = 9; /* an edge is taken hold of from so near */
const RATE_HZ = 8000; /* the close-up is drawn from sound decoded at this rate */
const STAY_MS = 120;
const sound = at("sound");
const past = [], future = []; /* what undo and redo put back: a call's rows */
const found = new Map(); /* recordings from the chosen folder, by the call's number */
let current = 0, chosen = 0; /* the call, and the row in it */
let stopAt = null, decoded = null, held = null;
let shown = { call: null, rows: [] };

function made(tag, facts = {}, ...inside) {
  const one = Object.assign(document.createElement(tag), facts);
  one.append(...inside);
  return one;
}

const rows = () => data.calls[current].rows;
const copied = (list) => list.map((row) => ({ ...row }));
const hundredths = (seconds) => Math.round(seconds * 100) / 100;
const within = (value, low, high) => Math.max(low, Math.min(high, value));

/* ---- what is kept: every change, in the browser, by the calls that the page is about and the labels it came with ---- */
const fresh = data.calls.map((call) => copied(call.rows));
const PAGE = "vaxctl labels " + hashed(JSON.stringify(data.calls.map((call) => [call.file, call.duration_s, call.rows.filter((row) => row.label)])));
let storing = true;

function hashed(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0;
  return hash.toString(16) + "." + text.length;
}

function keep(number) {
  if (!storing) return;
  try {
    localStorage.setItem(PAGE + " " + number, JSON.stringify(data.calls[number].rows));
    at("kept").textContent = "Kept in this browser.";
  } catch {
    storing = false;
    at("kept").textContent = "This browser keeps nothing: save before you leave.";
  }
}

function restore() {
  const isRow = (row) => row && Number.isFinite(row.start_s) && Number.isFinite(row.end_s) && LABELS.includes(row.label);
  let calls = 0;
  data.calls.forEach((call, number) => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(PAGE + " " + number));
    } catch {
      storing = false;
    }
    if (!Array.isArray(kept) || !kept.every(isRow)) return;
    call.rows = kept.map((row) => ({ start_s: row.start_s, end_s: row.end_s, label: row.label, class: String(row.class || ""), hint: String(row.hint || "") }));
    calls += 1;
  });
  if (calls) at("kept").textContent = "Your work of before is back, in " + calls + (calls === 1 ? " call." : " calls.");
  if (!storing) at("kept").textContent = "This browser keeps nothing: save before you leave.";
}

/* ---- changes, each of which can be undone ---- */
function change(work) {
  past.push({ number: current, rows: copied(rows()), chosen });
  future.length = 0;
  work(rows());
  changed();
}

function changed() {
  keep(current);
  showRows();
}

function turnBack(from, to) {
  const step = from.pop();
  if (!step) return;
  const call = data.calls[step.number];
  to.push({ number: step.number, rows: call.rows, chosen });
  call.rows = step.rows;
  if (step.number !== current) showCall(step.number);
  chosen = step.chosen;
  changed();
}

function ordered(row) {
  rows().sort((a, b) => a.start_s - b.start_s);
  chosen = rows().indexOf(row);
}

function setLabel(place, label) {
  change((all) => { all[place].label = label; });
}

function setBound(place, key, seconds) {
  change((all) => {
    const row = all[place];
    row[key] = within(hundredths(seconds), 0, data.calls[current].duration_s);
    ordered(row);
  });
}

function addRow() {
  const length = data.calls[current].duration_s, start = within(sound.currentTime || 0, 0, Math.max(length - 0.5, 0));
  const row = { start_s: hundredths(start), end_s: hundredths(Math.min(start + 0.5, length)), label: "", class: "", hint: "" };
  change((all) => { all.push(row); ordered(row); });
}

function removeRow(place) {
  if (!rows().length) return;
  change((all) => { all.splice(place, 1); chosen = within(chosen, 0, Math.max(all.length - 1, 0)); });
}

/* ---- what is shown ---- */
function showCall(number) {
  current = number;
  chosen = 0;
  const call = data.calls[number];
  at("name").textContent = call.file;
  stopAt = null;
  showSound(call, number);
  [...at("calls").querySelectorAll("button")].forEach((button, place) => button.setAttribute("aria-current", String(place === number)));
  showRows();
}

function showSound(call, number) {
  const file = found.get(number);
  if (sound.src.startsWith("blob:")) URL.revokeObjectURL(sound.src);
  if (file) sound.src = URL.createObjectURL(file);
  else if (call.sound) sound.src = "data:audio/ogg;base64," + call.sound;
  else sound.removeAttribute("src");
  sound.hidden = !sound.src;
  at("nosound").hidden = Boolean(sound.src);
  decode(call, number, file);
}

function unpacked(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes.buffer;
}

/* Samples are held of this call alone, and fetched when somebody stays with it; the loudness that the page brings is
   enough for the whole of it. */
async function decode(call, number, file) {
  decoded = null;
  await new Promise((done) => { setTimeout(done, STAY_MS); });
  if (number !== current || (!file && !call.sound)) return;
  const bytes = file ? await file.arrayBuffer() : unpacked(call.sound);
  const buffer = await new OfflineAudioContext(2, 1, RATE_HZ).decodeAudioData(bytes).catch(() => null);
  if (!buffer || number !== current) return;
  decoded = { rate: buffer.sampleRate, lanes: Array.from({ length: buffer.numberOfChannels }, (_, side) => buffer.getChannelData(side)) };
  draw();
}

/* Lines are made anew only where rows came, went or moved: else the key Tab would lose its place. */
function showRows() {
  const call = data.calls[current];
  if (shown.call !== call || shown.rows.length !== call.rows.length || shown.rows.some((row, place) => row !== call.rows[place])) {
    shown = { call, rows: [...call.rows] };
    at("rows").replaceChildren(...call.rows.map((row, place) => rowOf(call, row, place)));
  }
  call.rows.forEach((row, place) => {
    const line = at("rows").children[place];
    line.className = (row.label ? "done" : "") + (place === chosen ? " chosen" : "");
    for (const field of line.querySelectorAll("[data-field]")) field.value = row[field.dataset.field];
  });
  const known = new Set(data.calls.flatMap((one) => one.rows.map((row) => row.class)).filter(Boolean));
  at("classes").replaceChildren(...[...known].sort().map((value) => made("option", { value })));
  at("undo").disabled = !past.length;
  at("redo").disabled = !future.length;
  count();
  draw();
}

function choose(place) {
  chosen = within(place, 0, Math.max(rows().length - 1, 0));
  [...at("rows").children].forEach((line, k) => line.classList.toggle("chosen", k === chosen));
  const line = at("rows").children[chosen];
  if (line) line.scrollIntoView({ block: "nearest" });
  draw();
}

function rowOf(call, row, place) {
  const line = made("tr");
  const field = (key, facts, onchange) => {
    const input = made("input", facts);
    input.dataset.field = key;
    if (facts.type === "text") input.setAttribute("list", "classes");
    input.addEventListener("change", () => (input.value || facts.type === "text" ? onchange(input.value) : showRows()));
    return made("td", {}, input);
  };
  const choice = made("select", { ariaLabel: "label" }, ...LABELS.map((label) =>
    made("option", { value: label, textContent: label || (row.hint ? "(" + row.hint + "?)" : "(none)") })));
  choice.dataset.field = "label";
  choice.addEventListener("change", () => setLabel(place, choice.value));
  const hear = made("button", { type: "button", textContent: "Hear", disabled: sound.hidden });
  hear.addEventListener("click", () => play(place));
  const drop = made("button", { type: "button", textContent: "Remove" });
  drop.addEventListener("click", () => removeRow(place));
  const bounds = { type: "number", step: 0.01, min: 0, max: call.duration_s };
  line.addEventListener("focusin", () => choose(place));
  line.addEventListener("click", () => choose(place));
  line.append(
    made("td", {}, hear),
    field("start_s", { ...bounds, ariaLabel: "from, in seconds" }, (value) => setBound(place, "start_s", Number(value))),
    field("end_s", { ...bounds, ariaLabel: "to, in seconds" }, (value) => setBound(place, "end_s", Number(value))),
    made("td", {}, choice),
    field("class", { type: "text", ariaLabel: "class", placeholder: "sneeze, traffic …" }, (value) => change((all) => { all[place].class = value.trim(); })),
    made("td", {}, drop));
  return line;
}

function count() {
  const done = data.calls.reduce((sum, call) => sum + labelled(call).length, 0);
  const all = data.calls.reduce((sum, call) => sum + call.rows.length, 0);
  at("count").textContent = done + " of " + all + " rows have a label";
  const button = at("calls").querySelectorAll("button")[current];
  if (button) state(button, data.calls[current]);
}

function state(button, call) {
  const done = labelled(call).length;
  button.dataset.state = !done ? "none" : done < call.rows.length ? "part" : "whole";
  button.lastChild.textContent = (done && done === call.rows.length ? "\u2713 " : "") + done + "/" + call.rows.length;
}

/* ---- what is saved ---- */
function labelled(call) {
  return call.rows.filter((row) => row.label).sort((a, b) => a.start_s - b.start_s);
}

function problems() {
  const told = [];
  for (const call of data.calls) {
    const rows = labelled(call);
    rows.forEach((row, place) => {
      const where = call.file + " at " + row.start_s + " s: ";
      if (!(row.end_s > row.start_s)) told.push(where + "ends before it starts");
      if (row.start_s < 0 || row.end_s > call.duration_s + 0.01) told.push(where + "is outside the call");
      if (row.label === "noise" && !row.class) told.push(where + "a noise needs its class");
      if (place && row.start_s < rows[place - 1].end_s - 0.01) told.push(where + "overlaps the row before it");
    });
  }
  return told;
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

function save() {
  const told = problems(), done = data.calls.filter((call) => labelled(call).length), part = done.filter((call) => labelled(call).length < call.rows.length);
  at("problem").textContent = told.slice(0, 8).join("\n") + (told.length > 8 ? "\nand " + (told.length - 8) + " more" : "");
  at("saved").textContent = "";
  if (!done.length) at("problem").textContent = "Nothing has a label yet.";
  if (told.length || !done.length) return;
  made("a", { href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })), download: "labels.csv" }).click();
  at("saved").textContent = "Saved. Put labels.csv beside the recordings, then: vaxctl tune PROFILE --from-calls DIR" +
    (part.length ? "\n" + part.length + (part.length === 1 ? " call is" : " calls are") + " labelled in part, such as " + part[0].file + ": what has no label is not used." : "");
}

/* ---- drawing ---- */
function view() {
  const row = rows()[chosen], length = data.calls[current].duration_s;
  const middle = row ? (row.start_s + row.end_s) / 2 : sound.currentTime || 0;
  const span = Math.min(length, Math.max(4, row ? row.end_s - row.start_s + 2 * AROUND_S : 0));
  const from = within(middle - span / 2, 0, length - span);
  return [from, from + span];
}

function draw() {
  paint(at("overview"), 0, data.calls[current].duration_s, false);
  paint(at("canvas"), ...(held ? held.view : view()), true);
}

function loudness(side, from, to, close) {
  const call = data.calls[current], lane = close && decoded && decoded.lanes[side];
  if (lane) {
    let most = 0;
    for (let i = Math.max(0, Math.floor(from * decoded.rate)); i < Math.min(lane.length, to * decoded.rate); i++) most = Math.max(most, Math.abs(lane[i]));
    return most;
  }
  const bins = call[side ? "agent" : "caller"], per = bins.length / call.duration_s;
  return Math.max(0, ...bins.slice(Math.floor(from * per), Math.max(Math.ceil(to * per), Math.floor(from * per) + 1))) / 100;
}

function paint(canvas, from, to, close) {
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = Number(canvas.dataset.tall || (canvas.dataset.tall = canvas.height)), style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name), x = (s) => ((s - from) / (to - from)) * w, foot = close ? 20 : 0, lane = (h - foot) / 2;
  canvas.width = w * ratio; canvas.height = h * ratio; canvas.style.height = h + "px";
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  rows().forEach((row, place) => {
    pen.fillStyle = colour(place === chosen ? "--pick" : "--mark");
    pen.fillRect(x(row.start_s), 0, Math.max(x(row.end_s) - x(row.start_s), 1), close ? h - foot : lane);
  });
  ["--caller", "--agent"].forEach((name, side) => {
    pen.fillStyle = colour(name);
    for (let px = 0; px < w; px++) {
      const tall = Math.max(loudness(side, from + (px / w) * (to - from), from + ((px + 1) / w) * (to - from), close) * (lane - 6), 1);
      pen.fillRect(px, lane * (side + 0.5) - tall / 2, 1, tall);
    }
    if (close) pen.fillText(side ? "agent" : "caller", 4, lane * side + 14);
  });
  if (close) edges(pen, x, from, to, h - foot, colour);
  pen.fillStyle = colour("--bad");
  if (!sound.hidden) pen.fillRect(x(sound.currentTime), 0, 1.5, h - foot);
}

function edges(pen, x, from, to, floor, colour) {
  const row = rows()[chosen];
  pen.fillStyle = colour("--caller");
  if (row) for (const edge of [row.start_s, row.end_s]) { pen.fillRect(x(edge) - 1, 0, 2, floor); pen.fillRect(x(edge) - 4, floor / 2 - 9, 8, 18); }
  pen.fillStyle = colour("--soft");
  const step = [0.5, 1, 2, 5, 10, 30, 60, 300].find((s) => (to - from) / s <= 10) || 600;
  pen.textAlign = "center";
  for (let s = Math.ceil(from / step) * step; s <= to; s += step) if (x(s) > 16 && x(s) < x(to) - 24) { pen.fillRect(x(s), floor, 1, 4); pen.fillText(hundredths(s) + " s", x(s), floor + 16); }
  pen.textAlign = "left";
}

/* ---- hearing ---- */
function play(place) {
  choose(place);
  const row = rows()[chosen];
  if (!row || sound.hidden) return;
  sound.currentTime = Math.max(row.start_s - HEARD_S, 0);
  stopAt = row.end_s + HEARD_S;
  sound.play().catch(() => { at("problem").textContent = "This browser cannot play the sound."; });
}

function follow() {
  if (stopAt !== null && sound.currentTime >= stopAt) {
    sound.pause();
    stopAt = null;
  }
  draw();
  if (!sound.paused) requestAnimationFrame(follow);
}

/* ---- by hand ---- */
function placeOf(event, from, to) {
  return from + (event.offsetX / event.target.clientWidth) * (to - from);
}

at("overview").addEventListener("click", (event) => {
  const s = placeOf(event, 0, data.calls[current].duration_s), far = (row) => Math.max(row.start_s - s, s - row.end_s, 0);
  const nearest = rows().reduce((best, row, place) => (best < 0 || far(row) < far(rows()[best]) ? place : best), -1);
  stopAt = null;
  if (!sound.hidden) sound.currentTime = s;
  choose(nearest);
});

const canvas = at("canvas");
canvas.addEventListener("pointerdown", (event) => {
  const [from, to] = view(), s = placeOf(event, from, to), near = (NEAR_PX / canvas.clientWidth) * (to - from);
  const edges = rows().flatMap((row, place) => ["start_s", "end_s"].map((key) => ({ row, place, key, off: Math.abs(row[key] - s) - (place === chosen ? near / 2 : 0) })));
  const edge = edges.filter((one) => one.off < near).sort((a, b) => a.off - b.off)[0];
  if (edge) {
    choose(edge.place);
    held = { ...edge, view: [from, to], before: copied(rows()) };
    canvas.setPointerCapture(event.pointerId);
    return;
  }
  const inside = rows().findIndex((row) => row.start_s <= s && s <= row.end_s);
  if (inside >= 0) choose(inside);
  stopAt = null;
  if (sound.hidden) return;
  sound.currentTime = s;
  sound.play().catch(() => { at("problem").textContent = "This browser cannot play the sound."; });
});
canvas.addEventListener("pointermove", (event) => {
  if (!held) return;
  const s = hundredths(placeOf(event, ...held.view)), { row, key } = held;
  row[key] = key === "start_s" ? within(s, 0, row.end_s - 0.01) : within(s, row.start_s + 0.01, data.calls[current].duration_s);
  row[key] = hundredths(row[key]);
  draw();
});
canvas.addEventListener("pointerup", () => {
  if (!held) return;
  const { row, before } = held;
  held = null;
  past.push({ number: current, rows: before, chosen });
  future.length = 0;
  ordered(row);
  changed();
});

function nudge(key, by) {
  const row = rows()[chosen];
  if (row) setBound(chosen, key, key === "start_s" ? Math.min(row.start_s + by, row.end_s - 0.01) : Math.max(row.end_s + by, row.start_s + 0.01));
}

function labelAndGoOn(label) {
  if (!rows().length) return;
  setLabel(chosen, label);
  const box = label === "noise" && !rows()[chosen].class && at("rows").querySelector("tr.chosen [data-field=class]");
  if (box) box.focus();
  else if (label) choose(chosen + 1);
}

const KEYS = {
  ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), " ": () => (sound.paused ? play(chosen) : sound.pause()),
  q: (by) => nudge("start_s", -by), w: (by) => nudge("start_s", by), o: (by) => nudge("end_s", -by), p: (by) => nudge("end_s", by),
  a: addRow, Delete: () => removeRow(chosen), n: () => showCall((current + 1) % data.calls.length),
};
LABELS.forEach((label, number) => { KEYS[number] = () => labelAndGoOn(label); });

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, audio");
  if (typing && event.target.type === "text" && event.key === "Enter") {
    event.target.blur();
    choose(chosen + 1);
  } else if (typing && event.key === "Escape") event.target.blur();
  if (typing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) turnBack(future, past); else turnBack(past, future);
    return;
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || (event.key === " " && event.target.matches("button"))) return;
  event.preventDefault();
  act(event.shiftKey ? 10 * NUDGE_S : NUDGE_S);
});

at("folder").addEventListener("change", () => {
  const files = [...at("folder").files], base = (name) => name.slice(name.lastIndexOf("/") + 1);
  const names = data.calls.map((call) => base(call.file));
  data.calls.forEach((call, number) => {
    const alone = names.filter((name) => name === names[number]).length === 1;
    const file = files.find((one) => ("/" + one.webkitRelativePath).endsWith("/" + call.file)) || (alone && files.find((one) => one.name === names[number]));
    if (file) found.set(number, file);
  });
  at("found").textContent = found.size + " of " + data.calls.length + " calls found there.";
  const row = chosen;
  shown.call = null;
  showCall(current);
  choose(row);
});
sound.addEventListener("play", () => requestAnimationFrame(follow));
sound.addEventListener("seeked", draw);
sound.addEventListener("pause", draw);
at("add").addEventListener("click", addRow);
at("again").addEventListener("click", () => change(() => { data.calls[current].rows = copied(fresh[current]); chosen = 0; }));
at("undo").addEventListener("click", () => turnBack(past, future));
at("redo").addEventListener("click", () => turnBack(future, past));
at("save").addEventListener("click", save);
window.addEventListener("resize", draw);
window.addEventListener("beforeunload", (event) => { if (!storing && past.length) event.preventDefault(); });

restore();
at("absent").hidden = data.calls.every((call) => call.sound);
at("calls").append(...data.calls.map((call, number) => {
  const button = made("button", { type: "button" }, made("b", { textContent: call.file }), made("span"));
  state(button, call);
  button.addEventListener("click", () => showCall(number));
  return made("li", {}, button);
}));
showCall(0);
document.body.dataset.ready = "yes";
