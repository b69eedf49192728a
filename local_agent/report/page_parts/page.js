"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const runs = data.runs, count = runs[0].calls.length, many = runs.length > 1;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const make = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (key in node) node[key] = value; else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const bytes = (text, type) => {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return new type(out.buffer);
  };
  const seconds = (ms) => (ms / 1000).toFixed(2) + " s";
  const spaced = (text) => text.replace(/_/g, " ");
  const failures = [];
  for (let s = 0; s < count; s++)
    runs.forEach((run, r) => run.calls[s].checks.forEach((check, c) => { if (!check.passed) failures.push({ s, r, c, check }); }));
  const failedIn = (s) => runs.some((run) => !run.calls[s].passed);

  const state = { s: 0, from: 0, to: 1, at: 0, heard: 0, failure: -1, only: false, shown: new Map() };
  const canvas = $("canvas"), ink = canvas.getContext("2d"), sound = $("sound");

  /* Words for events, and which of them matter most. */
  const PINS = {
    SpeechStarted: ["Speech", "caller", 0], SpeechStopped: ["Speech stopped", "caller", 0], UserTurnEnded: ["Turn over", "caller", 1],
    AgentSpeechStarted: ["Agent starts", "agent", 1], AgentSpeechFinished: ["Agent done", "agent", 0],
    AgentSpeechPaused: ["Paused", "warn", 1], AgentSpeechResumed: ["Resumed", "agent", 1],
    BargeIn: ["Barge-in", "caller", 2], FalseBargeIn: ["False barge-in", "warn", 2],
    CallerTurnDismissed: ["Dismissed", "soft", 1],
    CallerReminded: ["Reminded", "soft", 1], CallEnded: ["Call ended", "soft", 0],
  };
  const pinOf = (kind) => kind.startsWith("!") ? ["✗ got " + spaced(kind.slice(1)), "bad", 3] : PINS[kind] || [kind, "soft", 1];

  /* ---- numbers ---- */
  const LABELS = {
    false_barge_in_rate: "False barge-ins", missed_barge_in_rate: "Missed barge-ins", premature_cutoff_rate: "Premature cut-offs",
    barge_in_stop_ms: "Barge-in to silence", response_delay_ms: "Response delay", false_pause_rate: "False pauses",
    false_resume_rate: "False resumes", spurious_reply_rate: "Spurious replies", check_pass_rate: "Checks passed", talk_over_s: "Talk-over",
  };
  const ASPECTS = { addressed: "Interjection answered", thread: "Thread taken up", nothing_repeated: "Nothing said twice" };
  const metrics = (run) => [
    ...Object.entries(LABELS).map(([key, label]) => [label, run.document.metrics[key]]),
    ...Object.entries(ASPECTS).map(([key, label]) => [label, run.document.metrics.context_preservation[key]]),
  ];
  const percent = (x) => (x === null ? "–" : (x * 100).toFixed(1) + " %");
  const ms = (x) => (x === null ? "–" : Math.round(x) + " ms");
  function whisker(metric) {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", "0 0 100 12"); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("aria-hidden", "true");
    const bar = (cls, x, y, w, h) => {
      const rect = document.createElementNS(ns, "rect");
      for (const [k, v] of Object.entries({ class: cls, x, y, width: w, height: h, rx: 0.8 })) rect.setAttribute(k, v);
      svg.append(rect);
    };
    bar("track", 0, 4, 100, 4);
    bar("whisker", metric.low * 100, 4, Math.max(0.6, (metric.high - metric.low) * 100), 4);
    bar("dot", Math.min(98.8, Math.max(0, metric.value * 100 - 0.6)), 1, 1.2, 10);
    return svg;
  }
  function number(metric) {
    const box = make("div", { className: "run" });
    const value = make("div", { className: "value" }), more = make("div", { className: "more" });
    box.append(value, more);
    if (metric === null) { value.textContent = "left to people"; more.textContent = "read the interruptions below"; return box; }
    if (typeof metric === "number") { value.textContent = metric.toFixed(1) + " s"; more.textContent = "both heard at once"; return box; }
    if (!metric.n) value.textContent = "not measured";
    if ("value" in metric) {
      if (!metric.n) { more.textContent = "no chance of it in these calls"; return box; }
      value.textContent = percent(metric.value);
      more.textContent = "of " + metric.n + ", 95 %: " + percent(metric.low) + " to " + percent(metric.high);
      box.append(whisker(metric));
      return box;
    }
    const apart = "censored" in metric ? "censored" : "negative";
    if (metric.n) value.textContent = ms(metric.p50);
    more.textContent = (metric.n ? "p90 " + ms(metric.p90) + ", n " : "n ") + metric.n + ", " + apart + " " + metric[apart];
    return box;
  }
  function compared() {
    const of = runs.map(metrics);
    const rows = of[0].map(([label], row) => make("tr", {}, make("th", { scope: "row", textContent: label }), ...of.map((each) => make("td", {}, number(each[row][1])))));
    const heads = ["", ...runs.map((run) => run.profile)].map((text) => make("th", { scope: "col", textContent: text }));
    const box = make("table", { className: "beside" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
    $("numbers").classList.add("wide"); $("numbers").append(box);
  }
  function numbers() {
    if (many) compared(); else cards();
    gates();
  }
  function cards() {
    for (const [label, metric] of metrics(runs[0])) {
      const card = make("div", { className: "number" }, make("div", { className: "label", textContent: label }));
      card.append(number(metric));
      $("numbers").append(card);
    }
  }
  function gates() {
    for (const run of runs) for (const gate of run.gates) {
      const card = make("div", { className: "number" }, make("div", { className: "label", textContent: "Gate" + (many ? " · " + run.profile : "") }));
      card.append(make("div", { className: "value " + (gate.passed ? "pass" : "fail"), textContent: gate.passed ? "passed" : "failed" }));
      card.append(make("div", { className: "more", textContent: gate.gate + (gate.got === null ? ", not measured" : ", got " + gate.got) }));
      $("numbers").append(card);
    }
  }

  /* ---- tables ---- */
  function table(heads, rows) {
    const body = make("tbody");
    for (const row of rows) body.append(row);
    return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((h) => make("th", { textContent: h, scope: "col" })))), body);
  }
  const jump = (at, label) => {
    const button = make("button", { type: "button", textContent: seconds(at) });
    button.setAttribute("aria-label", "Go to " + seconds(at) + ", " + label);
    button.onclick = () => { show(at); seek(at); };
    return make("td", {}, button);
  };
  const cell = (text, cls = "") => make("td", { textContent: text, className: cls });
  const who = (r) => (many ? [cell(runs[r].profile)] : []);
  function tables() {
    const checks = [], pins = [];
    state.shown = new Map();
    runs.forEach((run, r) => {
      const call = run.calls[state.s];
      call.checks.forEach((check, c) => {
        const row = make("tr", {}, jump(check.at_ms, check.expect), ...who(r),
          cell(check.passed ? "✓ passed" : "✗ failed", check.passed ? "pass" : "fail"), cell(spaced(check.expect)), cell(spaced(check.got)),
          cell(check.class + (check.transcript ? ": “" + check.transcript + "”" : "")));
        state.shown.set(r + "." + c, row);
        checks.push(row);
      });
      call.events.forEach((event) => {
        const [label] = pinOf(event.kind), more = [];
        if (event.reason) more.push(event.reason);
        if (event.turn !== undefined) more.push("turn " + event.turn);
        for (const key of ["onset", "offset", "played", "from"]) if (key + "_ms" in event) more.push(key + " " + seconds(event[key + "_ms"]));
        pins.push([event.at_ms, make("tr", {}, jump(event.at_ms, label), ...who(r), cell(label), cell(more.join(", ")))]);
      });
    });
    pins.sort((a, b) => a[0] - b[0]);
    const name = many ? ["Profile"] : [];
    $("checks").replaceChildren(table(["At", ...name, "Verdict", "Expected", "Got", "Sound"], checks));
    $("events").replaceChildren(table(["At", ...name, "Event", "Detail"], pins.map((p) => p[1])));
  }
  function interruptions() {
    const cards = runs.flatMap((run, r) => run.calls[state.s].interruptions.map((one) => [one.at_ms, cut(one, r)]));
    cards.sort((a, b) => a[0] - b[0]);
    $("interruptions").replaceChildren(...cards.map((card) => card[1]));
    $("context").hidden = !cards.length;
  }
  function cut(one, r) {
    const go = make("button", { type: "button", textContent: seconds(one.at_ms) });
    go.setAttribute("aria-label", "Go to " + seconds(one.at_ms) + ", the agent is asked what to say");
    go.onclick = () => { show(one.at_ms); seek(one.at_ms); };
    const head = make("div", { className: "line" }, go, ...(many ? [make("strong", { textContent: runs[r].profile })] : []), make("strong", { textContent: one.interruption_class }),
      make("span", { className: "hint", textContent: "confidence " + one.confidence.toFixed(2) + ", agent turn " + one.agent_turn }));
    if (one.meant) head.append(make("span", { className: one.meant === one.interruption_class ? "pass" : "fail", textContent: (one.meant === one.interruption_class ? "✓ as meant" : "✗ meant as " + one.meant) }));
    const list = make("dl");
    const row = (term, ...said) => list.append(make("dt", { textContent: term }), make("dd", {}, ...said));
    const span = (text, cls = "") => make("span", { textContent: text, className: cls });
    row("Agent's turn", span(one.delivered_text || "(nothing heard yet)", "agent"), span("|", "bar"), span(one.remaining_text || "(heard to its end)", "unheard"));
    if (one.agent_intent) row("It wanted to", one.agent_intent);
    row("Caller said", span(one.caller_utterance || "(no words)", "caller"));
    if (!one.replies.length) row("Agent then", "(nothing)");
    one.replies.forEach((reply, place) => row(place ? "and later" : "Agent then", span(reply, "agent")));
    const card = make("article", { className: "cut" }, head, list);
    if (one.rendered) card.append(make("details", {}, make("summary", { textContent: "The profile's block as a model is given it" }), make("pre", { textContent: one.rendered, tabIndex: 0 })));
    return card;
  }
  function classes() {
    const rows = [], names = [...new Set(runs.flatMap((run) => Object.keys(run.document.by_class)))].sort();
    for (const name of names) runs.forEach((run, r) => {
      const one = run.document.by_class[name];
      if (!one) return;
      const rate = (m) => (m.n ? percent(m.value) + " of " + m.n : "–");
      rows.push(make("tr", {}, cell(name), ...who(r), cell(String(one.n)), cell(rate(one.false_barge_in_rate)), cell(rate(one.false_pause_rate)),
        cell(rate(one.missed_barge_in_rate)), cell(one.barge_in_stop_ms.n ? ms(one.barge_in_stop_ms.p50) + " / " + ms(one.barge_in_stop_ms.p90) : "–")));
    });
    $("classtable").append(table(["Class", ...(many ? ["Profile"] : []), "n", "False barge-ins", "False pauses", "Missed barge-ins", "Silence p50 / p90"], rows));
  }

  /* ---- the picture ---- */
  const GUTTER = 64, TOP = 4;
  const LANES = [["pins", 44], ["labels", 22], ["caller", 76], ["agent", 76], ["prob", 84]];
  const HEAD = many ? 22 : 0, GAP = 6;
  const block = HEAD + LANES.reduce((sum, [, h]) => sum + h + GAP, 0);
  const height = TOP + block * runs.length + 24;
  let colours = {};
  const cache = new Map();
  function lane(call, key) {
    if (!cache.has(call)) cache.set(call, { caller: bytes(call.caller, Int8Array), agent: bytes(call.agent, Int8Array), prob: bytes(call.probability, Uint8Array) });
    return cache.get(call)[key];
  }
  const duration = () => Math.max(1, ...runs.map((run) => run.calls[state.s].duration_ms));
  const width = () => canvas.clientWidth;
  const x = (at) => GUTTER + ((at - state.from) / (state.to - state.from)) * (width() - GUTTER - 4);
  const timeAt = (px) => state.from + ((px - GUTTER) / (width() - GUTTER - 4)) * (state.to - state.from);

  function draw() {
    const scale = window.devicePixelRatio || 1, w = width();
    if (!w) return;
    canvas.width = Math.round(w * scale); canvas.height = Math.round(height * scale); canvas.style.height = height + "px";
    ink.setTransform(scale, 0, 0, scale, 0, 0);
    colours = Object.fromEntries(["card", "ink", "soft", "line", "faint", "caller", "agent", "good", "bad", "warn", "prob", "mark"].map((k) => [k, css(k)]));
    ink.clearRect(0, 0, w, height);
    runs.forEach((run, r) => drawRun(run, r, TOP + r * block));
    axis(height - 22);
    playhead();
  }
  const clip = (y, h, what) => { ink.save(); ink.beginPath(); ink.rect(GUTTER, y, width() - GUTTER - 4, h); ink.clip(); what(); ink.restore(); };
  function caption(text, y, colour = colours.soft, size = 12) { ink.fillStyle = colour; ink.font = size + "px system-ui, 'DejaVu Sans', sans-serif"; ink.textBaseline = "middle"; ink.textAlign = "left"; ink.fillText(text, 0, y); }
  function drawRun(run, r, top) {
    const call = run.calls[state.s];
    let y = top;
    if (many) { caption(run.profile, y + 11, colours.ink, 13); y += HEAD; }
    const place = {};
    for (const [key, h] of LANES) { place[key] = [y, h]; y += h + GAP; }
    const from = place.labels[0], to = y - GAP;
    clip(from, to - from, () => marks(call, from, to));
    caption("Events", place.pins[0] + 22); caption("Expected", place.labels[0] + 11); caption("Caller", place.caller[0] + 38, colours.caller);
    caption("Agent", place.agent[0] + 38, colours.agent); caption("Speech", place.prob[0] + 34, colours.prob); caption("probability", place.prob[0] + 50, colours.prob, 11);
    clip(...place.labels, () => labels(call, ...place.labels));
    clip(...place.caller, () => wave(call, "caller", ...place.caller));
    clip(...place.agent, () => wave(call, "agent", ...place.agent));
    clip(...place.prob, () => probability(call, ...place.prob));
    clip(place.pins[0], to - place.pins[0], () => pins(call, place.pins, to));
  }
  function marks(call, from, to) {
    for (const f of failures) {
      if (f.s !== state.s || runs[f.r].calls[state.s] !== call) continue;
      const current = state.failure >= 0 && failures[state.failure] === f;
      ink.fillStyle = current ? colours.mark : colours.faint;
      const a = x(Math.min(f.check.start_ms, f.check.at_ms)) - 6, b = x(Math.max(f.check.end_ms, f.check.at_ms)) + 6;
      ink.fillRect(a, from, b - a, to - from);
    }
  }
  function hatch(x0, y, w, h, colour) {
    ink.save(); ink.beginPath(); ink.rect(x0, y, w, h); ink.clip(); ink.strokeStyle = colour; ink.lineWidth = 1; ink.globalAlpha = 0.7; ink.beginPath();
    for (let d = x0 - h; d < x0 + w; d += 6) { ink.moveTo(d, y + h); ink.lineTo(d + h, y); }
    ink.stroke(); ink.restore();
  }
  function labels(call, y, h) {
    for (const check of call.checks) {
      const a = x(check.start_ms), w = Math.max(3, x(check.end_ms) - a), colour = check.passed ? colours.good : colours.bad;
      ink.fillStyle = colour; ink.globalAlpha = 0.16; ink.fillRect(a, y, w, h); ink.globalAlpha = 1;
      ink.strokeStyle = colour; ink.lineWidth = 1.5; ink.strokeRect(a + 0.75, y + 0.75, w - 1.5, h - 1.5);
      const text = (check.passed ? "✓ " : "✗ ") + spaced(check.expect) + " · " + check.class;
      ink.fillStyle = colours.ink; ink.font = "12px system-ui, 'DejaVu Sans', sans-serif"; ink.textBaseline = "middle"; ink.textAlign = "left";
      ink.save(); ink.beginPath(); ink.rect(a, y, Math.max(w, room(call, check, a)), h); ink.clip(); ink.fillText(text, Math.max(a, GUTTER) + 6, y + h / 2 + 0.5); ink.restore();
    }
  }
  function room(call, check, a) {
    const next = Math.min(...call.checks.filter((c) => c.start_ms > check.start_ms).map((c) => x(c.start_ms)), width());
    return next - a - 4;
  }
  function wave(call, who, y, h) {
    const values = lane(call, who), n = values.length / 2, per = call.bin_ms, middle = y + h / 2;
    ink.fillStyle = colours[who]; ink.globalAlpha = 0.1;
    if (who === "caller") for (const [a, b] of call.heard) ink.fillRect(x(a), y, x(b) - x(a), h);
    if (who === "agent") for (const turn of call.turns) {
      for (const [a, b] of turn.audible) ink.fillRect(x(a), y, x(b) - x(a), h);
      for (let i = 0; i < turn.audible.length; i++) {
        const a = turn.audible[i][1], b = i + 1 < turn.audible.length ? turn.audible[i + 1][0] : turn.end_ms;
        if (b > a) { ink.globalAlpha = 1; hatch(x(a), y, x(b) - x(a), h, colours.warn); ink.globalAlpha = 0.1; ink.fillStyle = colours.agent; }
      }
    }
    ink.globalAlpha = 1; ink.strokeStyle = colours.line; ink.lineWidth = 1; ink.beginPath(); ink.moveTo(GUTTER, middle); ink.lineTo(width(), middle); ink.stroke();
    ink.fillStyle = colours[who];
    const right = width() - 4, step = (state.to - state.from) / (right - GUTTER);
    for (let px = GUTTER; px < right; px++) {
      const t = timeAt(px), a = Math.max(0, Math.floor(t / per)), b = Math.min(n, Math.max(a + 1, Math.ceil((t + step) / per)));
      let low = 0, high = 0;
      for (let i = a; i < b; i++) { low = Math.min(low, values[2 * i]); high = Math.max(high, values[2 * i + 1]); }
      if (high > low) ink.fillRect(px, middle - (high / 127) * (h / 2 - 2), 1, Math.max(1, ((high - low) / 127) * (h / 2 - 2)));
    }
    if (who === "agent") {
      ink.font = "11.5px system-ui, 'DejaVu Sans', sans-serif"; ink.textBaseline = "top"; ink.textAlign = "left";
      for (const turn of call.turns) {
        if (!turn.text) continue;
        const a = Math.max(x(turn.start_ms), GUTTER), w = x(turn.end_ms) - a;
        if (w < 30) continue;
        ink.save(); ink.beginPath(); ink.rect(a, y, w - 4, h); ink.clip();
        const words = Math.min(ink.measureText(turn.text).width, w - 8);
        ink.globalAlpha = 0.82; ink.fillStyle = colours.card; ink.fillRect(a + 2, y + 1, words + 6, 15); ink.globalAlpha = 1;
        ink.fillStyle = colours.ink; ink.fillText(turn.text, a + 5, y + 2); ink.restore();
      }
    }
  }
  function probability(call, y, h) {
    const values = lane(call, "prob"), at = (p) => y + h - 3 - p * (h - 6);
    ink.fillStyle = colours.faint; ink.fillRect(GUTTER, y, width(), h);
    ink.fillStyle = colours.prob; ink.globalAlpha = 0.1; ink.fillRect(GUTTER, at(call.threshold), width(), at(call.release) - at(call.threshold)); ink.globalAlpha = 1;
    const first = Math.max(0, Math.floor(state.from / call.window_ms) - 1), last = Math.min(values.length, Math.ceil(state.to / call.window_ms) + 1);
    ink.strokeStyle = colours.prob; ink.lineWidth = 1.5; ink.lineJoin = "round"; ink.beginPath();
    for (let i = first; i < last; i++) { const px = x((i + 1) * call.window_ms), py = at(values[i] / 255); if (i === first) ink.moveTo(px, py); else ink.lineTo(px, py); }
    ink.stroke();
    ink.font = "11px system-ui, 'DejaVu Sans', sans-serif"; ink.textAlign = "right";
    for (const [value, name, dash, base] of [[call.threshold, "threshold", [6, 4], "bottom"], [call.release, "release", [2, 4], "top"]]) {
      ink.strokeStyle = colours.ink; ink.lineWidth = 1; ink.setLineDash(dash); ink.beginPath(); ink.moveTo(GUTTER, at(value)); ink.lineTo(width(), at(value)); ink.stroke(); ink.setLineDash([]);
      const text = name + " " + value.toFixed(2), w = ink.measureText(text).width; ink.textBaseline = base;
      const ty = at(value) + (base === "top" ? 3 : -2);
      ink.globalAlpha = 0.8; ink.fillStyle = colours.faint; ink.fillRect(width() - 12 - w, base === "top" ? ty - 1 : ty - 13, w + 6, 14); ink.globalAlpha = 1;
      ink.fillStyle = colours.ink; ink.fillText(text, width() - 9, ty);
    }
  }
  function pins(call, [y, h], to) {
    const weighty = [...call.events].filter((e) => e.at_ms >= state.from - 2000 && e.at_ms <= state.to);
    ink.font = "11.5px system-ui, 'DejaVu Sans', sans-serif"; ink.textBaseline = "middle"; ink.textAlign = "left";
    const rank = (e) => pinOf(e.kind)[2], taken = [];
    for (const check of call.checks) if (!check.passed && check.at_ms >= state.from - 2000 && check.at_ms <= state.to) weighty.push({ kind: "!" + check.got, at_ms: check.at_ms });
    for (const event of weighty) {
      const [, colour, weight] = pinOf(event.kind), px = Math.round(x(event.at_ms)) + 0.5;
      ink.strokeStyle = colours[colour]; ink.globalAlpha = weight >= 2 ? 1 : weight === 1 ? 0.65 : 0.3; ink.lineWidth = weight >= 2 ? 2 : 1;
      ink.beginPath(); ink.moveTo(px, y + h - 4); ink.lineTo(px, to); ink.stroke(); ink.globalAlpha = 1;
      ink.fillStyle = colours[colour]; ink.beginPath(); ink.arc(px, y + h - 4, weight ? 3.5 : 2.2, 0, 7); ink.fill();
    }
    for (const event of weighty.filter(rank).sort((a, b) => rank(b) - rank(a) || a.at_ms - b.at_ms)) {
      const [label, colour] = pinOf(event.kind), px = x(event.at_ms), w = ink.measureText(label).width + 10;
      let row = 0;
      while (row < 2 && taken.some((t) => t.row === row && px - 5 < t.b + 2 && px - 5 + w > t.a - 2)) row++;
      if (row === 2) continue;
      const a = Math.min(px - 5, width() - 4 - w), ty = y + 2 + row * 18;
      taken.push({ row, a, b: a + w });
      ink.fillStyle = colours.card; ink.strokeStyle = colours[colour]; ink.lineWidth = 1; ink.beginPath(); ink.roundRect(a, ty, w, 16, 4); ink.fill(); ink.stroke();
      ink.beginPath(); ink.globalAlpha = 0.5; ink.moveTo(px, ty + 16); ink.lineTo(px, y + h - 6); ink.stroke(); ink.globalAlpha = 1;
      ink.fillStyle = colours[colour]; ink.fillText(label, a + 5, ty + 8.5);
    }
  }
  function axis(y) {
    const span = state.to - state.from, fit = (width() - GUTTER) / 90, steps = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000];
    const step = steps.find((s) => span / s <= fit) || 3600000;
    ink.fillStyle = colours.soft; ink.strokeStyle = colours.line; ink.font = "11.5px system-ui, 'DejaVu Sans', sans-serif"; ink.textBaseline = "top"; ink.textAlign = "center";
    for (let t = Math.ceil(state.from / step) * step; t <= state.to; t += step) {
      ink.beginPath(); ink.moveTo(x(t), y); ink.lineTo(x(t), y + 5); ink.stroke();
      if (x(t) < width() - 18) ink.fillText((t / 1000).toFixed(step < 100 ? 2 : step < 1000 ? 1 : 0) + " s", x(t), y + 7);
    }
  }
  function playhead() {
    if (state.at < state.from || state.at > state.to) return;
    ink.strokeStyle = colours.ink; ink.lineWidth = 1.5; ink.beginPath(); ink.moveTo(x(state.at), TOP); ink.lineTo(x(state.at), height - 22); ink.stroke();
    ink.fillStyle = colours.ink; ink.beginPath(); ink.moveTo(x(state.at) - 5, height - 16); ink.lineTo(x(state.at) + 5, height - 16); ink.lineTo(x(state.at), height - 23); ink.fill();
  }

  /* ---- moving about ---- */
  function view(from, to) {
    const all = duration(), span = Math.min(all, Math.max(200, to - from));
    state.from = Math.max(0, Math.min(from, all - span)); state.to = state.from + span;
    draw();
  }
  const zoom = (factor, around = state.at) => view(around - (around - state.from) * factor, around + (state.to - around) * factor);
  function show(at) { if (at < state.from || at > state.to) { const half = (state.to - state.from) / 2; view(at - half, at + half); } }
  function tick() {
    $("clock").textContent = seconds(state.at) + " of " + seconds(duration());
    canvas.setAttribute("aria-valuenow", Math.round(state.at)); canvas.setAttribute("aria-valuemax", duration()); canvas.setAttribute("aria-valuetext", seconds(state.at));
  }
  function seek(at) {
    state.at = Math.max(0, Math.min(at, duration()));
    if (sound.src && Number.isFinite(sound.duration || NaN)) sound.currentTime = state.at / 1000;
    tick(); draw();
  }
  function listen(r) {
    state.heard = r;
    const call = runs[r].calls[state.s], playing = !sound.paused && !sound.ended;
    sound.pause();
    $("nosound").hidden = !!call.sound; $("play").disabled = !call.sound;
    if (call.sound) {
      sound.src = "data:audio/ogg;base64," + call.sound;
      sound.onloadedmetadata = () => { sound.currentTime = state.at / 1000; if (playing) play(); };
    } else { sound.removeAttribute("src"); }
    [...$("lanes").children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === r)));
  }
  function step() {
    if (sound.paused) return;
    state.at = Math.min(sound.currentTime * 1000, duration());
    if (state.at > state.to || state.at < state.from) view(state.at - (state.to - state.from) * 0.1, state.at + (state.to - state.from) * 0.9); else draw();
    tick(); requestAnimationFrame(step);
  }
  function play() {
    if ($("play").disabled) return;
    if (!sound.paused) { sound.pause(); return; }
    if (state.at >= duration() - 20) seek(0);
    sound.play().catch(() => { $("said").textContent = "This browser cannot play the sound."; });
  }
  sound.onplay = () => { $("play").firstChild.textContent = "Pause "; requestAnimationFrame(step); };
  sound.onpause = sound.onended = () => { $("play").firstChild.textContent = "Play "; };

  function choose(s, at = null) {
    state.s = s; state.failure = -1; state.at = at === null ? 0 : at; state.from = 0; state.to = duration();
    const call = runs[0].calls[s], failed = failedIn(s);
    $("name").textContent = call.name; $("verdict").textContent = failed ? "✗ failed" : "✓ passed"; $("verdict").className = "badge " + (failed ? "fail" : "pass");
    $("notes").textContent = [...new Set(runs.flatMap((run) => run.calls[s].notes))].join(" · ");
    $("canvas").setAttribute("aria-description", call.checks.length + " checks; the tables below tell what the picture shows");
    document.body.dataset.scenario = call.name; delete document.body.dataset.failure;
    for (const button of $("scenarios").querySelectorAll("button")) {
      const mine = Number(button.dataset.s) === s;
      button.setAttribute("aria-current", String(mine));
      if (mine) button.scrollIntoView({ block: "nearest" });
    }
    tables(); interruptions(); listen(Math.min(state.heard, runs.length - 1)); tick(); draw();
  }
  function fail(to) {
    if (!failures.length) { $("said").textContent = "No failures."; return; }
    const place = (to + failures.length) % failures.length, f = failures[place], at = f.check.at_ms;
    choose(f.s, at);
    state.failure = place; state.heard = f.r; listen(f.r);
    const a = Math.min(f.check.start_ms, at), b = Math.max(f.check.end_ms, at), margin = Math.max(1200, (b - a) * 0.5);
    view(a - margin, b + margin); seek(Math.max(0, a - 300));
    const row = state.shown.get(f.r + "." + f.c);
    if (row) { row.classList.add("now"); row.parentNode.parentNode.parentNode.scrollTop = row.offsetTop - 40; }
    document.body.dataset.failure = String(place);
    canvas.scrollIntoView({ block: "nearest" });
    $("said").textContent = "Failure " + (place + 1) + " of " + failures.length + ": " + runs[f.r].calls[f.s].name + (many ? ", " + runs[f.r].profile : "") +
      ": expected " + spaced(f.check.expect) + ", got " + spaced(f.check.got) + " at " + seconds(at);
    $("next").firstChild.textContent = "Next failure (" + (place + 1) + " of " + failures.length + ") ";
  }
  function follow() {
    if (state.failure >= 0) return fail(state.failure + 1);
    const after = failures.findIndex((f) => f.s >= state.s);
    return fail(after < 0 ? 0 : after);
  }

  function list() {
    $("scenarios").replaceChildren();
    for (let s = 0; s < count; s++) {
      const failed = failedIn(s);
      if (state.only && !failed) continue;
      const button = make("button", { type: "button" });
      button.dataset.s = s;
      for (const run of runs) {
        const ok = run.calls[s].passed;
        button.append(make("span", { className: "mark " + (ok ? "pass" : "fail"), textContent: ok ? "✓" : "✗", title: (many ? run.profile + ": " : "") + (ok ? "passed" : "failed") }),
          make("span", { className: "unseen", textContent: (many ? run.profile + " " : "") + (ok ? "passed" : "failed") }));
      }
      button.append(make("span", { textContent: runs[0].calls[s].name }));
      button.setAttribute("aria-current", String(s === state.s));
      button.onclick = () => choose(s);
      $("scenarios").append(make("li", {}, button));
    }
  }
  const filter = (only) => { state.only = only; $("all").setAttribute("aria-pressed", String(!only)); $("failed").setAttribute("aria-pressed", String(only)); list(); };

  /* ---- hands ---- */
  let drag = null;
  canvas.addEventListener("pointerdown", (e) => { drag = { px: e.offsetX, from: state.from, moved: false }; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", (e) => {
    if (drag && (drag.moved || Math.abs(e.offsetX - drag.px) > 4)) {
      drag.moved = true;
      const span = state.to - state.from, by = ((e.offsetX - drag.px) / (width() - GUTTER - 4)) * span;
      view(drag.from - by, drag.from - by + span);
    }
    tip(e);
  });
  canvas.addEventListener("pointerup", (e) => { if (drag && !drag.moved && e.offsetX >= GUTTER) seek(timeAt(e.offsetX)); drag = null; });
  canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; });
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { const by = (e.deltaX / width()) * (state.to - state.from); view(state.from + by, state.to + by); } else zoom(e.deltaY > 0 ? 1.2 : 1 / 1.2, timeAt(e.offsetX)); }, { passive: false });
  canvas.addEventListener("dblclick", () => view(0, duration()));
  function tip(e) {
    const at = timeAt(e.offsetX), box = $("tip");
    if (e.offsetX < GUTTER || at < 0 || at > duration()) { box.hidden = true; return; }
    const lines = [seconds(at)], near = ((state.to - state.from) / width()) * 6;
    const r = Math.min(runs.length - 1, Math.max(0, Math.floor((e.offsetY - TOP) / block))), call = runs[r].calls[state.s];
    const p = lane(call, "prob")[Math.floor(at / call.window_ms)];
    if (p !== undefined) lines.push("speech probability " + (p / 255).toFixed(2));
    for (const event of call.events) if (Math.abs(event.at_ms - at) <= near) lines.push(pinOf(event.kind)[0] + (event.reason ? ": " + event.reason : ""));
    for (const check of call.checks) if (check.start_ms <= at && at <= check.end_ms) lines.push(check.class + ": expected " + spaced(check.expect) + ", got " + spaced(check.got));
    box.textContent = lines.join("\n"); box.hidden = false;
    box.style.left = Math.min(e.offsetX + 12, width() - box.offsetWidth - 4) + "px"; box.style.top = Math.min(e.offsetY + 14, height - box.offsetHeight) + "px";
  }
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const onButton = e.target instanceof HTMLButtonElement, key = e.key.toLowerCase();
    const acts = {
      n: () => (e.shiftKey ? fail(Math.max(state.failure, 0) - 1) : follow()), p: () => fail(Math.max(state.failure, 0) - 1),
      arrowleft: () => { seek(state.at - (e.shiftKey ? 1000 : 100)); show(state.at); }, arrowright: () => { seek(state.at + (e.shiftKey ? 1000 : 100)); show(state.at); },
      "+": () => zoom(1 / 1.5), "=": () => zoom(1 / 1.5), "-": () => zoom(1.5), 0: () => view(0, duration()),
    };
    if (key === " " && !onButton) { e.preventDefault(); play(); return; }
    if (acts[key]) { e.preventDefault(); acts[key](); }
  });
  $("next").onclick = follow; $("play").onclick = play; $("in").onclick = () => zoom(1 / 1.5); $("out").onclick = () => zoom(1.5); $("fit").onclick = () => view(0, duration());
  $("all").onclick = () => filter(false); $("failed").onclick = () => filter(true);
  $("theme").onclick = () => {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark"; draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas.parentNode);

  /* ---- begin ---- */
  $("title").textContent = "Simulation: " + runs.map((run) => run.profile).join(" and ");
  const bad = [...Array(count).keys()].filter(failedIn).length;
  $("summary").textContent = count + (count === 1 ? " scenario, " : " scenarios, ") + bad + " failed" + (many ? " in one profile or both" : "") + "; " + failures.length + (failures.length === 1 ? " failed check" : " failed checks");
  for (const run of runs) {
    const told = run.conditions, whose = many ? run.profile + ": " : "", line = (text) => $("conditions").append(make("li", { textContent: whose + text }));
    if (told.run) line("words: " + told.run.words + "; responder: " + told.run.responder.kind + (told.run.responder.model ? " " + told.run.responder.model : "") +
      (told.run.responder.note ? " (" + told.run.responder.note + ")" : "") + (told.run.seed === null ? "" : "; seed " + told.run.seed));
    for (const note of (told.run || {}).notes || []) line("note: " + note);
    if (told.pulled_from) line("pulled from " + told.pulled_from);
    if (told.assumed) line(data.words.assumed + ": " + told.assumed.join(", "));
    if (told.told_but_not_held) line(data.words.not_held + ": " + told.told_but_not_held.join("; "));
    for (const one of told.emulated || []) line("emulated: " + one.setting + " " + one.wanted + " by " + one.used);
  }
  $("next").disabled = !failures.length;
  if (many) runs.forEach((run, r) => { const button = make("button", { type: "button", textContent: "Hear " + run.profile }); button.onclick = () => listen(r); $("lanes").append(button); });
  for (const [colour, text] of [["caller", "heard as speech"], ["agent", "agent heard"], ["warn", "agent paused (hatched)"], ["good", "check passed"], ["bad", "check failed"], ["prob", "speech probability; band: between release and threshold"]]) {
    const swatch = make("i"); swatch.className = "c-" + colour; $("legend").append(make("span", {}, swatch, text));
  }
  numbers(); classes(); list();
  if (count) choose(failures.length ? failures[0].s : 0); else $("call").hidden = true;
  document.body.dataset.ready = "yes";
})();
