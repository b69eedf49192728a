"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const make = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (key in node) node[key] = value; else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const draw = (tag, props = {}, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(props)) node.setAttribute(key, typeof value === "number" ? Math.round(value * 100) / 100 : value);
    node.append(...children);
    return node;
  };
  const bytes = (text, type) => {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return new type(out.buffer);
  };
  const pen = document.createElement("canvas").getContext("2d");
  const textWidth = (text, font = "11.5px") => { pen.font = font + " system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"; return pen.measureText(text).width; };
  const between = (value, low, high) => Math.max(low, Math.min(high, value));

  /* ---- words and numbers ---- */
  const LABELS = {
    false_barge_in_rate: "False barge-ins", worst_class_false_barge_in_rate: "False barge-ins, worst class", false_pause_rate: "False pauses", missed_barge_in_rate: "Missed barge-ins",
    stop_ms_p50: "Barge-in to silence, p50", stop_ms_p90: "Barge-in to silence, p90", premature_cutoff_rate: "Premature cut-offs", unanswered_turn_rate: "Unanswered turns",
    response_delay_ms_p50: "Response delay, p50", response_delay_ms_p90: "Response delay, p90",
  };
  /* What a goal of one metric is paid for with. */
  const OPPOSITE = {
    false_barge_in_rate: "missed_barge_in_rate", worst_class_false_barge_in_rate: "missed_barge_in_rate", false_pause_rate: "missed_barge_in_rate", missed_barge_in_rate: "false_barge_in_rate",
    stop_ms_p50: "false_barge_in_rate", stop_ms_p90: "false_barge_in_rate", premature_cutoff_rate: "response_delay_ms_p50", unanswered_turn_rate: "premature_cutoff_rate",
    response_delay_ms_p50: "premature_cutoff_rate", response_delay_ms_p90: "premature_cutoff_rate",
  };
  const label = (name) => { const [, plain, sound] = /^([^[]+)(?:\[(.+)\])?$/.exec(name); return (LABELS[plain] || plain) + (sound ? " (" + sound + ")" : ""); };
  const isRate = Object.fromEntries(data.metrics.map((metric) => [metric.name, metric.is_rate]));
  const digits = (value, most) => String(Number(value.toFixed(most))).replace("-", "−");
  /* An exact half (only x.25 can differ) goes to the even tenth, as in the table of the terminal: one number, one rounding. */
  const tenths = (value) => {
    const exact = value * 100;
    return (Math.abs(exact % 1) === 0.25 ? exact - Math.sign(exact) * 0.01 : exact).toFixed(1);
  };
  const percent = (value) => tenths(value) + "\u00a0%";
  const number = (name, value) => (value === null || value === undefined ? "–" : isRate[name] ? percent(value) : Math.round(value) + "\u00a0ms");
  const range = (name, one) => (one.low === null ? "" : isRate[name] ? tenths(one.low) + " to " + percent(one.high) : Math.round(one.low) + " to " + Math.round(one.high) + " ms");
  const seconds = (s) => s.toFixed(2) + " s";
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const plural = (n, word) => grouped(n) + " " + word + (n === 1 ? "" : "s");
  /* Whom an interval draws again: noises have sources, the rest somebody who speaks. */
  const people = (name, n) => (/^(worst_class_)?false_/.test(name) ? plural(n, "source") : plural(n, "speaker") + " or call" + (n === 1 ? "" : "s"));
  const row = Object.fromEntries(data.rows.map((one) => [one.name, one]));
  const told = (settings) => Object.entries(settings).map(([path, value]) => path + " " + value).join(" · ");
  const state = { part: "held_back", picked: null, clip: -1 };

  /* ---- tables and cards ---- */
  const cell = (text, cls = "") => make("td", { textContent: text, className: cls });
  function table(heads, rows) {
    return make("table", {}, make("thead", {}, make("tr", {}, ...heads.map(([text, cls]) => make("th", { textContent: text, className: cls || "", scope: "col" })))), make("tbody", {}, ...rows));
  }
  function verdict(name) {
    const one = data.differences[name];
    if (!one || one.value === null) return ["untold", "not measured"];
    const less = one.value < 0, amount = isRate[name] ? tenths(Math.abs(one.value)) + " points" : Math.round(Math.abs(one.value)) + " ms";
    if (one.told_apart) return less ? ["better", "▼ " + amount + " less"] : ["worse", "▲ " + amount + " more"];
    return ["untold", one.value ? "≈ " + amount + (less ? " less" : " more") + ", not told apart" : "= the same"];
  }
  function interval(name) {
    const one = data.differences[name];
    if (!one || one.low === null || (one.low === 0 && one.high === 0)) return "";
    const point = (value) => (isRate[name] ? tenths(value) : value.toFixed(0)).replace("-", "−");
    return point(one.low) + " to " + point(one.high) + (isRate[name] ? " points" : " ms");
  }
  const changed = () => Object.keys(row.present.settings).filter((path) => path in row.chosen.settings && row.chosen.settings[path] !== row.present.settings[path]);
  /* What a reviewer has to know first: the kind of the outcome, and a line for it. */
  function outcome() {
    const asked = new Set([...data.minimize, ...data.bounds.map((bound) => bound.metric)]);
    const { kind, better, worse } = data.verdict, broken = data.bounds.filter((bound) => !bound.kept.held_back);
    if (kind === "unchanged") return { kind, text: "Nothing to change: no setting that was tried is better beyond chance, at no cost", better, worse, broken, open: [], few: [...asked].filter((name) => row.chosen.held_back[name].low === null) };
    const text = { better: "Proposed: better beyond chance on audio held back", trade: "Proposed, and a trade: better at some, worse at others, on audio held back", unproved: broken.length ? "Proposed, but not proved: misses a bound on audio held back, maybe by chance" : "Proposed, but not proved: audio held back cannot tell it from the present setting at what was asked", worse: worse.length ? "Refuted: worse beyond chance on audio held back" : "Refuted: breaks a bound on audio held back" }[kind];
    return { kind, text, few: [], better, worse, broken, open: [...asked].filter((name) => !better.includes(name) && !worse.includes(name)) };
  }
  function verdictCard() {
    const found = outcome(), line = (cls, head, names) => { if (names.length) $("proof").append(make("li", {}, make("strong", { className: cls, textContent: head + " " }), names.join("; "))); };
    const moved = (name) => label(name) + " " + number(name, row.present.held_back[name].value) + " → " + number(name, row.chosen.held_back[name].value);
    $("verdict").dataset.kind = found.kind;
    $("h-verdict").textContent = { better: "✓ ", trade: "± ", unproved: "? ", worse: "✗ ", unchanged: "= " }[found.kind] + found.text;
    for (const path of changed()) $("changes").append(make("li", {}, make("code", { textContent: path }), " ", make("span", { className: "was", textContent: String(row.present.settings[path]) }), " → ", make("strong", { textContent: String(row.chosen.settings[path]) })));
    line("better", "▼ Better:", found.better.map(moved));
    line("worse", "▲ Worse:", found.worse.map(moved));
    line("worse", "✗ Bound not kept:", found.broken.map((bound) => bound.text + " (" + number(bound.metric, row.chosen.held_back[bound.metric].value) + ")"));
    line("worse", "△ Higher, by chance or not:", data.verdict.unclear.map(moved));
    line("untold", "≈ Not told apart:", found.open.filter((name) => !data.verdict.unclear.includes(name)).map(label));
    line("untold", "≈ Too few speakers, calls or sources to tell:", found.few.map(label));
    for (const text of data.warnings) $("warnings").append(make("li", { textContent: "⚠ " + text }));
  }
  function head() {
    $("title").textContent = data.title;
    const corpus = data.corpus, groups = corpus.groups;
    const trials = Object.entries(corpus.trials).map(([kind, n]) => grouped(n) + " " + { over_agent: "sounds over the agent", caller_turn: "callers' turns" }[kind]).join(", ");
    $("summary").textContent = plural(data.tried, "setting") + " tried on " + corpus.hours.toFixed(2) + " hours (" + trials + "): searched on " + grouped(groups.searched) + " speakers, calls and sources of noise, judged on " + grouped(groups.held_back) + " others held back. Seed " + data.seed + ".";
    verdictCard();
    for (const name of new Set([...data.minimize, ...data.bounds.map((bound) => bound.metric)])) {
      const [cls, text] = verdict(name), now = row.present.held_back[name], then = row.chosen.held_back[name], apart = interval(name);
      const card = make("div", { className: "number" }, make("div", { className: "label", textContent: label(name) }),
        make("div", { className: "value" }, make("span", { className: "was", textContent: number(name, now.value) + " → " }), number(name, then.value)),
        make("div", { className: cls, textContent: text }), make("div", { className: "beside" }),
        make("div", { className: "more", textContent: then.low === null ? "no interval of so few: " + people(name, then.groups) : (apart ? "95 % of the change: " + apart + "; " : "") + people(name, then.groups) }));
      card.dataset.metric = name;
      $("numbers").append(card);
    }
  }
  function besides() {
    for (const card of $("numbers").children) { const box = card.querySelector(".beside"); box.replaceChildren(beside(card.dataset.metric, box.clientWidth, true)); }
  }
  /* Present above chosen, each a point on its interval, on one scale from nought: small changes look small. */
  function beside(name, w, scaled) {
    const sides = ["present", "chosen"].map((side) => ({ side, one: row[side].held_back[name] })).filter(({ one }) => one && measured(one.value));
    const svg = draw("svg", { width: w, height: scaled ? 52 : 34, "aria-hidden": "true" });
    if (!sides.length) return svg;
    const bounds = scaled ? data.bounds.filter((bound) => bound.metric === name) : [];
    const ends = domain(name, [0, ...sides.flatMap(({ one }) => [one.value, one.low, one.high]).filter(measured), ...bounds.map((bound) => bound.limit)]), x = scale(ends, 8, w - 8);
    if (scaled) {
      const all = ticks(Math.max(ends[0], 0), ends[1], Math.max(1, Math.floor(w / 66)));
      for (const t of all) svg.append(draw("line", { x1: x(t), x2: x(t), y1: 0, y2: 36, class: "grid" + (t === 0 ? " zero" : "") }));
      for (const t of all) { const text = tickText(name, t, all) + (isRate[name] ? "" : " ms"), half = textWidth(text) / 2; svg.append(said(between(x(t), half, w - half), 49, text, { "text-anchor": "middle" })); }
      for (const bound of bounds) svg.append(draw("line", { x1: x(bound.limit), x2: x(bound.limit), y1: 0, y2: 36, class: "bound" }));
    }
    sides.forEach(({ side, one }) => {
      const y = side === "present" ? 9 : 26;
      if (measured(one.low)) svg.append(draw("path", { class: "range r-" + side, d: `M${x(one.low)} ${y}H${x(one.high)}M${x(one.low)} ${y - 4}v8M${x(one.high)} ${y - 4}v8` }));
      svg.append(MARKERS[side](x(one.value), y, side === "present" ? 5 : 5.5));
    });
    return svg;
  }
  function settings() {
    const searched = Object.keys(row.chosen.settings), value = (one, path) => (path in one.settings ? one.settings[path] : row.present.settings[path]);
    const paths = Object.keys(row.present.settings).filter((path) => searched.includes(path) || data.rows.some((one) => value(one, path) !== row.present.settings[path]));
    const rows = paths.map((path) => {
      const changed = value(row.chosen, path) !== row.present.settings[path];
      return make("tr", { className: changed ? "changed" : "" }, make("td", {}, make("code", { textContent: path })), ...data.rows.map((one) => cell(String(value(one, path)), "num" + (one.name === "chosen" && changed ? " goal" : ""))));
    });
    $("settings").append(table([["Key"], ...data.rows.map((one) => [one.name, "num"])], rows));
  }
  function limits() {
    const box = $("limits"), list = (title, lines) => { if (lines.length) box.append(make("h3", { textContent: title }), make("ul", {}, ...lines)); };
    const line = (...parts) => make("li", {}, ...parts);
    const ends = (values) => (typeof values[0] === "number" && values.length > 3 ? values[0] + " to " + values[values.length - 1] + ", " + values.length + " values" : values.join(", "));
    list("Made small", [line(data.minimize.map(label).join(", "))]);
    list("Kept", data.bounds.length ? data.bounds.map((bound) => {
      const part = (key, name) => make("span", { className: bound.kept[key] ? "better" : "worse", textContent: (bound.kept[key] ? " ✓ " : " ✗ ") + name + " " + number(bound.metric, row.chosen[key][bound.metric].value) });
      return line(make("code", { textContent: bound.text }), part("searched", "searched"), part("held_back", "held back"));
    }) : [line("No bound was set.")]);
    const follows = data.space.some((axis) => axis.path === "vad.threshold") && !data.space.some((axis) => axis.path === "vad.release_threshold");
    list("Searched", data.space.map((axis) => line(make("code", { textContent: axis.path }), " " + ends(axis.values))).concat(follows ? [line(make("code", { textContent: "vad.release_threshold" }), " follows the threshold, 0.15 below")] : []));
    list("What the target cannot hold", data.limits.length ? data.limits.map((text) => line(text)) : [line("No target was named.")]);
    list("Not as the profile has it", data.not_as_profile.map((text) => line(text)));
    const corpus = Object.entries(data.corpus.classes).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name, n]) => name + " " + n).join(", ");
    list("Heard", [line(data.corpus.hours.toFixed(2) + " hours in trials: " + corpus)]);
    list("Seed", [line(String(data.seed) + ": it deals out what is held back, and draws the intervals")]);
    if (data.command) list("To make it again", [line(make("code", { className: "command", textContent: data.command }))]);
  }
  function evidence() {
    const goal = new Set([...data.minimize, ...data.bounds.map((bound) => bound.metric)]);
    const value = (name, one) => {
      const box = cell(number(name, one.value), "num" + (goal.has(name) ? " goal" : "")), between = range(name, one);
      box.append(make("small", { textContent: one.value === null ? "" : between || "only " + one.groups }));
      return box;
    };
    const known = data.metrics.filter((metric) => data.rows.some((one) => one.held_back[metric.name] && one.held_back[metric.name].value !== null));
    const rows = known.map(({ name }) => {
      const [cls, text] = verdict(name), apart = interval(name), change = cell(text.replace(", not told apart", ""), cls);
      if (apart) change.append(make("small", { textContent: apart }));
      const first = make("th", { scope: "row", className: goal.has(name) ? "goal" : "", textContent: label(name) });
      const of = (one) => value(name, one.held_back[name] || { value: null });
      return make("tr", {}, first, of(row.present), of(row.chosen), make("td", { className: "beside" }, beside(name, 130, false)), change, ...data.rows.slice(2).map(of), value(name, row.chosen.searched[name] || { value: null }));
    });
    $("evidence").append(table([["Metric"], ["Present", "num"], ["Chosen", "num"], ["■ present ● chosen", "beside"], ["Change"], ...data.rows.slice(2).map((one) => [one.name, "num"]), ["Chosen, searched", "num"]], rows));
    $("notes").append(make("li", { textContent: "▼ ▲ told apart by the interval of the change; ≈ not told apart. Only N: too few speakers, calls or sources for an interval." + (goal.size ? " Bold: what the goal asks for." : "") }));
    for (const one of data.rows) if (one.note) $("notes").append(make("li", { textContent: one.name + ": " + one.note }));
  }

  /* ---- axes ---- */
  function ticks(low, high, most) {
    const rough = (high - low) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999), found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
    return found;
  }
  const tickText = (name, value, all) => {
    if (!isRate[name]) return String(Math.round(value));
    const step = all.length > 1 ? (all[1] - all[0]) * 100 : 1, places = [0, 1, 2].find((n) => Math.abs(step - Number(step.toFixed(n))) < 1e-6) ?? 3;
    return digits(value * 100, places) + " %";
  };
  function domain(name, values) {
    let low = Math.min(...values), high = Math.max(...values);
    const least = isRate[name] ? 0.02 : 40;
    if (high - low < least) { const middle = (low + high) / 2; low = middle - least / 2; high = middle + least / 2; }
    const pad = (high - low) * 0.07, floor = low - pad < 0 || low < (high - low) * 0.35 ? 0 : low - pad;
    return [floor === 0 ? -pad * 0.6 : floor, isRate[name] ? Math.min(high + pad, 1 + pad) : high + pad];
  }
  const scale = ([low, high], from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);
  const titled = (node, text) => { node.append(draw("title", {}, text)); return node; };
  const said = (x, y, text, props = {}) => draw("text", { x, y, ...props }, text);

  /* ---- fronts ---- */
  const MARKERS = {
    chosen: (x, y, r = 6) => draw("circle", { cx: x, cy: y, r, class: "c-chosen" }),
    present: (x, y, r = 7.5) => draw("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, rx: 1.5, class: "c-present" }),
    published: (x, y, r = 8) => draw("path", { d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`, class: "c-published" }),
    pipecat: (x, y, r = 7) => draw("path", { d: `M${x} ${y - r}L${x + r} ${y + r * 0.8}L${x - r} ${y + r * 0.8}Z`, class: "c-pipecat" }),
    livekit: (x, y, r = 7) => draw("path", { d: `M${x} ${y + r}L${x + r} ${y - r * 0.8}L${x - r} ${y - r * 0.8}Z`, class: "c-livekit" }),
  };
  const moves = (name) => ["searched", "held_back"].some((part) => new Set(data.front.map((one) => one[part][name])).size > 1);
  function pairs() {
    const names = data.minimize;
    if (names.length === 1) {
      const bounds = data.bounds.map((bound) => bound.metric).filter((name) => name !== names[0]);
      return (bounds.length ? [...new Set(bounds)] : [OPPOSITE[names[0].replace(/\[.*/, "")]]).map((name) => [names[0], name]);
    }
    const all = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
    const kept = all.filter(([a, b]) => moves(a) || moves(b));
    return kept.length ? kept : all;
  }
  const measured = (value) => value !== null && value !== undefined;
  function points([a, b]) {
    const front = data.front.map((one, i) => ({ i, x: one[state.part][a], y: one[state.part][b] })).filter((p) => measured(p.x) && measured(p.y));
    const named = data.rows.map((one) => ({ name: one.name, x: one[state.part][a], y: one[state.part][b] })).filter((p) => p.x && p.y && measured(p.x.value) && measured(p.y.value));
    return { front, named };
  }
  function unbeaten(front) {
    const sorted = [...front].sort((p, q) => p.x - q.x || p.y - q.y), kept = [];
    for (const p of sorted) if (!kept.length || p.y < kept[kept.length - 1].y) kept.push(p);
    return kept;
  }
  function extent(name, key, front, named) {
    const core = named.filter((p) => p.name === "chosen" || p.name === "present");
    const values = [...front.map((p) => p[key]), ...core.flatMap((p) => [p[key].value, p[key].low, p[key].high]).filter(measured)];
    for (const bound of data.bounds) if (bound.metric === name) values.push(bound.limit);
    let ends = domain(name, values);
    const span = ends[1] - ends[0], near = named.map((p) => p[key].value).filter((v) => data.front.length < 3 || (v <= ends[1] + span * 0.5 && v >= ends[0] - span * 0.5));
    return domain(name, [...values, ...near]);
  }
  function front(figure, pair) {
    const w = figure.clientWidth, h = Math.round(between(w * 0.74, 230, 360)), left = 50, right = w - 12, top = 26, bottom = h - 40, [a, b] = pair;
    const { front: all, named } = points(pair), xs = extent(a, "x", all, named), ys = extent(b, "y", all, named), x = scale(xs, left, right), y = scale(ys, bottom, top);
    const svg = draw("svg", { width: w, height: h, role: "img", tabindex: 0, "aria-label": label(b) + " against " + label(a) + "; arrow keys go through the settings, the table below holds the numbers" });
    axes(svg, pair, { xs, ys, x, y, left, right, top, bottom });
    for (const bound of data.bounds) {
      if (bound.metric === a) svg.append(titled(draw("line", { x1: x(bound.limit), x2: x(bound.limit), y1: top, y2: bottom, class: "bound" }), bound.text));
      if (bound.metric === b) svg.append(titled(draw("line", { x1: left, x2: right, y1: y(bound.limit), y2: y(bound.limit), class: "bound" }), bound.text));
    }
    const best = unbeaten(all);
    if (best.length > 1) svg.append(draw("path", { class: "steps", d: best.map((p, i) => (i ? `H${x(p.x).toFixed(1)}V` : `M${x(p.x).toFixed(1)} `) + y(p.y).toFixed(1)).join("") }));
    for (const p of all) svg.append(draw("circle", { cx: x(p.x), cy: y(p.y), r: 3.5, class: "dot" }));
    const placed = together(named.map((p) => place(p, pair, { xs, ys, x, y }))).reverse();
    const crosses = placed.filter((p) => p.name === "present" || p.name === "chosen").flatMap((p) => whiskers(svg, p, { xs, ys, x, y }));
    for (const p of placed) svg.append(MARKERS[p.name](p.px, p.py));
    names(svg, [...placed].reverse(), all.map((p) => ({ px: x(p.x), py: y(p.y) })), crosses, { left, right, top, bottom });
    const ring = draw("circle", { r: 9, class: "ring", visibility: "hidden" });
    svg.append(ring);
    const spots = [...all.map((p) => ({ key: p.i, px: x(p.x), py: y(p.y) })), ...placed.map((p) => ({ key: p.name, px: p.px, py: p.py })).filter((s) => s.key)];
    const nearest = (e) => {
      const box = svg.getBoundingClientRect(), px = e.clientX - box.left, py = e.clientY - box.top;
      const found = spots.map((s) => [Math.hypot(s.px - px, s.py - py) - (typeof s.key === "string" ? 3 : 0), s.key]).sort((p, q) => p[0] - q[0])[0];
      if (found && found[0] < 26) pick(found[1]);
    };
    const order = [...spots].sort((p, q) => p.px - q.px || p.py - q.py).map((spot) => spot.key);
    svg.addEventListener("keydown", (e) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key], at = order.indexOf(state.picked);
      if (e.key === "Escape") pick(null);
      if (!by) return;
      e.preventDefault();
      pick(order[(at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by + order.length) % order.length]);
    });
    svg.addEventListener("pointermove", nearest); svg.addEventListener("pointerdown", nearest);
    figure.replaceChildren(svg);
    rings.push((key) => {
      const spot = spots.find((s) => s.key === key);
      ring.setAttribute("visibility", spot ? "visible" : "hidden");
      if (spot) { ring.setAttribute("cx", spot.px); ring.setAttribute("cy", spot.py); }
    });
  }
  function axes(svg, [a, b], { xs, ys, x, y, left, right, top, bottom }) {
    const across = ticks(Math.max(xs[0], 0), xs[1], Math.floor((right - left) / 62)), up = ticks(Math.max(ys[0], 0), ys[1], 5);
    for (const t of across) svg.append(draw("line", { x1: x(t), x2: x(t), y1: top, y2: bottom, class: "grid" + (t === 0 ? " zero" : "") }), said(x(t), bottom + 15, tickText(a, t, across), { "text-anchor": "middle" }));
    for (const t of up) svg.append(draw("line", { x1: left, x2: right, y1: y(t), y2: y(t), class: "grid" + (t === 0 ? " zero" : "") }), said(left - 6, y(t) + 4, tickText(b, t, up), { "text-anchor": "end" }));
    const unit = (name) => (isRate[name] ? "" : " (ms)");
    svg.append(said(0, 12, "↑ " + label(b) + unit(b)), said(right, bottom + 33, label(a) + unit(a) + " →", { "text-anchor": "end" }));
  }
  function place(p, [a, b], { xs, ys, x, y }) {
    /* What lies far outside stands at the edge with an arrow, so that it does not squeeze the front. */
    const vx = p.x.value, vy = p.y.value, over = [];
    if (vx > xs[1]) over.push(number(a, vx) + " →"); if (vx < Math.min(xs[0], 0)) over.push("← " + number(a, vx)); if (vy > ys[1]) over.push(number(b, vy) + " ↑");
    const inside = (v, [low, high]) => between(v, low + (high - low) * 0.02, high - (high - low) * 0.02);
    return { ...p, px: x(inside(vx, xs)), py: y(inside(vy, ys)), text: p.name + (over.length ? " " + over.join(" ") : "") };
  }
  function together(placed) {
    /* Settings that do the same share one shape, chosen and present never: each has its interval. */
    const order = ["chosen", "present"], rank = (p) => (order.indexOf(p.name) + 1 || 3), kept = [];
    for (const p of [...placed].sort((a, b) => rank(a) - rank(b))) {
      const same = rank(p) < 3 ? null : [...kept].reverse().find((q) => q.x.value === p.x.value && q.y.value === p.y.value);
      if (same) same.text += " = " + p.text; else kept.push(p);
    }
    return kept;
  }
  function whiskers(svg, p, { xs, ys, x, y }) {
    const line = (x1, y1, x2, y2) => {
      svg.append(draw("line", { x1, y1, x2, y2, class: "whisker w-" + p.name }));
      return { a: Math.min(x1, x2), b: Math.max(x1, x2), c: Math.min(y1, y2), d: Math.max(y1, y2) };
    };
    const found = [];
    if (measured(p.x.low)) found.push(line(x(between(p.x.low, ...xs)), p.py, x(between(p.x.high, ...xs)), p.py));
    if (measured(p.y.low)) found.push(line(p.px, y(between(p.y.low, ...ys)), p.px, y(between(p.y.high, ...ys))));
    return found;
  }
  function names(svg, placed, dots, crosses, { left, right, top, bottom }) {
    const taken = placed.map((p) => ({ a: p.px - 8, b: p.px + 8, c: p.py - 8, d: p.py + 8 }));
    for (const p of placed) {
      const wide = textWidth(p.text, "650 12px") + 2, spots = [];
      for (const far of [11, 20, 32, 46]) for (const [dx, dy] of [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]]) {
        const cx = p.px + dx * ((dy ? far * 0.7 : far) + wide / 2), cy = p.py + dy * (far + 3);
        spots.push({ a: cx - wide / 2, b: cx + wide / 2, c: cy - 7, d: cy + 7, cx, cy, far, cost: far });
      }
      const hits = (s, t) => s.a < t.b && s.b > t.a && s.c < t.d && s.d > t.c;
      const free = spots.filter((s) => s.a >= left && s.b <= right && s.c >= top - 6 && s.d <= bottom && !taken.some((t) => hits(s, t)));
      for (const s of free) s.cost += 30 * crosses.filter((line) => hits(s, line)).length + 6 * dots.filter((d) => d.px > s.a - 3 && d.px < s.b + 3 && d.py > s.c - 3 && d.py < s.d + 3).length;
      const best = free.sort((s, t) => s.cost - t.cost)[0];
      if (!best) continue;
      taken.push(best);
      if (best.far > 14) svg.append(draw("line", { x1: p.px, y1: p.py, x2: between(p.px, best.a, best.b), y2: between(p.py, best.c + 2, best.d - 2), class: "leader" }));
      svg.append(said(best.cx, best.cy + 4, p.text, { "text-anchor": "middle", class: "name t-" + p.name }));
    }
  }
  let rings = [];
  function fronts() {
    rings = [];
    const box = $("fronts"), list = pairs();
    box.classList.toggle("alone", list.length === 1);
    if (box.children.length !== list.length) box.replaceChildren(...list.map(() => make("figure")));
    list.forEach((pair, i) => front(box.children[i], pair));
    for (const part of ["held_back", "searched"]) $("on-" + part).setAttribute("aria-pressed", String(state.part === part));
    const still = data.front.length > 1 ? data.minimize.filter((name) => !moves(name)) : [];
    $("front-note").textContent = (data.front.length === 1 ? "One setting is at least as good as every other at everything that is made small. " : plural(data.front.length, "setting") + " that no other beats at everything, found on the part searched; the line joins those that no other beats at the two. ") +
      (state.part === "held_back" ? "Drawn as they do on the part held back, which the search never saw." : "Drawn where they were found, which flatters them.") + " Crosses are 95 % intervals; better is down and left. A shape at the edge lies outside, at the value beside it." +
      (still.length ? " The same in all of the front: " + still.map(label).join(", ") + "." : "") + (data.bounds.some((bound) => list.some((pair) => pair.includes(bound.metric))) ? " Dashed: a bound." : "");
    pick(state.picked);
  }
  function pick(key) {
    state.picked = key;
    for (const ring of rings) ring(key);
    for (const one of $("all-front").querySelectorAll("tr[data-i]")) one.classList.toggle("picked", Number(one.dataset.i) === key && key !== null);
    if (key === null) { $("readout").textContent = "Point at a setting, go through them with the arrow keys in a chart, or choose one in the table below: it is ringed in every chart, and its numbers stand here."; return; }
    const one = typeof key === "string" ? row[key] : data.front[key], name = typeof key === "string" ? key + ": " : "";
    const value = (part, metric) => { const got = one[part][metric]; return number(metric, got && typeof got === "object" ? got.value : got); };
    const settings = typeof key === "string" && key !== "chosen" ? Object.fromEntries(data.space.map((axis) => [axis.path, one.settings[axis.path]])) : one.settings;
    $("readout").textContent = name + told(settings) + " — " + data.minimize.map((metric) => label(metric) + " " + value("held_back", metric) + " (searched " + value("searched", metric) + ")").join(" · ");
  }
  function frontTable() {
    const paths = data.space.map((axis) => axis.path);
    $("all-front").querySelector("summary").textContent = data.front.length === 1 ? "The setting of the front" : "All " + data.front.length + " settings of the front";
    const same = (one) => JSON.stringify(one.settings) === JSON.stringify(row.chosen.settings);
    const rows = data.front.map((one, i) => {
      const button = make("button", { type: "button", textContent: same(one) ? "chosen" : "Show" });
      button.onclick = () => pick(i);
      const line = make("tr", {}, make("td", {}, button), ...paths.map((path) => cell(String(one.settings[path]), "num")), ...data.minimize.map((name) => {
        const box = cell(number(name, one.held_back[name]), "num"); box.append(make("small", { textContent: "searched " + number(name, one.searched[name]) })); return box;
      }));
      line.dataset.i = i;
      return line;
    });
    $("all-front").querySelector("div").append(table([[""], ...paths.map((path) => [path, "num"]), ...data.minimize.map((name) => [label(name), "num"])], rows));
  }
  function legend() {
    const mark = (node) => draw("svg", { width: 18, height: 16, "aria-hidden": "true" }, node);
    for (const one of data.rows) $("keys").append(make("li", {}, mark(MARKERS[one.name](9, 8, 6)), make("span", { textContent: one.name })));
    if (data.front.length > 1) $("keys").append(make("li", {}, mark(draw("circle", { cx: 9, cy: 8, r: 3.5, class: "dot" })), make("span", { textContent: "setting of the front" })));
  }

  /* ---- sensitivity ---- */
  function sensitivity() {
    const box = $("sensitivity"), all = data.sensitivities;
    if (!all.length) { box.replaceChildren(make("p", { className: "soft", textContent: "No key has a second value beside the chosen one." })); return; }
    const spans = data.minimize.map((name, m) => { const values = all.flatMap((axis) => axis.told[m]).filter(measured); return values.length ? domain(name, values) : null; });
    const still = (axis) => axis.told.every((values) => new Set(values.filter(measured)).size < 2);
    if (!box.children.length) for (const axis of all) {
      const now = row.present.settings[axis.path], follows = axis.path === "vad.threshold" && !data.space.some((one) => one.path === "vad.release_threshold");
      const heading = make("h3", {}, make("code", { textContent: axis.path }), make("span", { textContent: " chosen " + row.chosen.settings[axis.path] + ", present " + now + (follows ? "; the release threshold follows, 0.15 below" : "") }));
      if (still(axis)) { box.append(make("div", { className: "axis" }, heading, make("p", { className: "soft", textContent: "Moves none of the metrics asked for, from " + axis.values[0] + " to " + axis.values[axis.values.length - 1] + "." }))); continue; }
      box.append(make("div", { className: "axis" }, heading, make("div", { className: "small" }, ...data.minimize.filter((_, m) => spans[m]).map(() => make("figure", {}, make("figcaption"), make("div"))))));
    }
    all.forEach((axis, i) => !still(axis) && data.minimize.map((name, m) => [name, m]).filter(([, m]) => spans[m]).forEach(([name, m], at) => curve(box.children[i].querySelectorAll("figure")[at], axis, name, axis.told[m], spans[m])));
  }
  function curve(figure, axis, name, values, span) {
    const known = values.filter(measured), low = Math.min(...known), high = Math.max(...known);
    figure.firstChild.textContent = label(name) + (known.length ? (number(name, low) === number(name, high) ? ": " + number(name, low) + " throughout" : ": " + (isRate[name] ? tenths(low) : Math.round(low)) + " to " + number(name, high)) : ": not measured");
    const words = typeof axis.values[0] !== "number", texts = axis.values.map(String), w = figure.clientWidth, left = 42, right = w - 10;
    const room = (right - left) / texts.length, staggered = words && texts.some((text) => textWidth(text) + 6 > room), h = staggered ? 126 : 112, bottom = h - (staggered ? 34 : 20), top = 8;
    const inset = words ? room / 2 : 6, places = words ? axis.values.map((_, i) => i) : axis.values;
    const x = scale([places[0], places[places.length - 1]], left + inset, right - inset), y = scale(span, bottom, top), up = ticks(Math.max(span[0], 0), span[1], 3);
    const svg = draw("svg", { width: w, height: h, role: "img", "aria-label": figure.firstChild.textContent + " along " + axis.path });
    for (const t of up) svg.append(draw("line", { x1: left, x2: right, y1: y(t), y2: y(t), class: "grid" + (t === 0 ? " zero" : "") }), said(left - 5, y(t) + 4, tickText(name, t, up), { "text-anchor": "end" }));
    let free = -1e9;
    texts.forEach((text, i) => {
      const wide = textWidth(text), px = between(x(places[i]), left + wide / 2 - 4, w - wide / 2), last = texts.length - 1, end = between(x(places[last]), 0, w - textWidth(texts[last]) / 2) - textWidth(texts[last]) / 2;
      const fits = words || i === last || (px - wide / 2 > free + 8 && px + wide / 2 < end - 8);
      if (!fits) return;
      free = px + wide / 2;
      svg.append(said(px, bottom + (staggered && i % 2 ? 29 : 15), text, { "text-anchor": "middle" }));
    });
    const now = row.present.settings[axis.path], at = words ? axis.values.indexOf(now) : now;
    if (words ? at >= 0 : now >= places[0] && now <= places[places.length - 1]) svg.append(titled(draw("line", { x1: x(at), x2: x(at), y1: top, y2: bottom, class: "now" }), "present: " + now));
    let path = "";
    values.forEach((value, i) => { if (measured(value)) path += (path && measured(values[i - 1]) && !words ? "L" : "M") + x(places[i]).toFixed(1) + " " + y(value).toFixed(1); });
    if (!words && path) svg.append(draw("path", { d: path, class: "curve" }));
    values.forEach((value, i) => {
      if (!measured(value)) return;
      const here = axis.values[i] === row.chosen.settings[axis.path];
      svg.append(titled(draw("circle", { cx: x(places[i]), cy: y(value), r: here ? 5 : words ? 3.5 : 2, class: "curve-dot" }), axis.values[i] + ": " + number(name, value)));
    });
    figure.lastChild.replaceChildren(svg);
  }

  /* ---- classes ---- */
  function classes() {
    const box = $("classes"), fresh = !box.children.length, sides = ["present", "chosen"];
    for (const name of ["false_barge_in_rate", "missed_barge_in_rate"]) {
      const got = (side, sound) => (row[side].by_class[sound] || {})[name];
      const sounds = [...new Set(sides.flatMap((side) => Object.keys(row[side].by_class)))].filter((sound) => sides.some((side) => got(side, sound)));
      if (!sounds.length) continue;
      const all_good = sounds.filter((sound) => sides.every((side) => !(got(side, sound) || {}).value)), good = sounds.length > all_good.length ? all_good : [];
      const worst = (sound) => Math.max(...sides.map((side) => (got(side, sound) || {}).value || 0));
      const shown = sounds.filter((sound) => !good.includes(sound)).sort((a, b) => worst(b) - worst(a) || a.localeCompare(b));
      const most = Math.max(0.05, ...shown.flatMap((sound) => sides.flatMap((side) => { const one = got(side, sound); return one ? [one.value, one.high].filter(measured) : []; })));
      if (fresh) {
        const part = make("div", { className: "bars" }, make("h3", { textContent: label(name) }));
        part.dataset.metric = name;
        for (const sound of shown) {
          const lines = sides.map((side) => { const one = got(side, sound); return make("span", { className: side, textContent: one ? percent(one.value) + (one.low === null ? "" : "  (" + range(name, one) + ")") : "–" }); });
          part.append(make("div", { className: "bar" }, make("div", { className: "sound" }, sound, make("small", { textContent: people(name, (got("chosen", sound) || got("present", sound)).groups) })), make("div", { className: "chart" }), make("div", { className: "told" }, ...lines)));
        }
        part.append(make("div", { className: "bar" }, make("div", { className: "sound" }), make("div", { className: "chart" }), make("div", { className: "told" })));
        if (good.length) part.append(make("p", { className: "soft", textContent: "None in " + (good.length === 1 ? "one other class" : good.length + " other classes") + ", present or chosen: " + good.sort().map((sound) => {
          const one = got("chosen", sound) || got("present", sound);
          return sound + " (" + people(name, one.groups) + (one.low === null ? ", too few for an interval" : ", at most " + percent(one.high)) + ")";
        }).join("; ") + "." }));
        box.append(part);
      }
      const rows = box.querySelector(`[data-metric="${name}"]`).querySelectorAll(".chart");
      shown.forEach((sound, i) => bars(rows[i], sides.map((side) => [side, got(side, sound)]), most));
      const w = rows[shown.length].clientWidth, x = scale([0, most], 1, w - 14), all = ticks(0, most, Math.floor(w / 64)), svg = draw("svg", { width: w, height: 16, "aria-hidden": "true" });
      for (const t of all) svg.append(said(x(t), 12, tickText(name, t, all), { "text-anchor": t ? "middle" : "start" }));
      rows[shown.length].replaceChildren(svg);
    }
    if (!box.children.length) box.append(make("p", { className: "soft", textContent: "Nothing over the agent was held back." }));
  }
  function bars(box, sides, most) {
    const w = box.clientWidth, x = scale([0, most], 1, w - 14), svg = draw("svg", { width: w, height: 34, "aria-hidden": "true" });
    svg.append(draw("line", { x1: 1, x2: 1, y1: 0, y2: 34, class: "grid zero" }));
    sides.forEach(([side, one], i) => {
      if (!one) return;
      const top = 2 + i * 16, middle = top + 7;
      svg.append(draw("rect", { x: 1, y: top, width: Math.max(2, x(one.value) - 1), height: 14, class: "b-" + side }));
      if (!measured(one.low)) return;
      svg.append(draw("path", { class: "over", d: `M${x(one.low)} ${middle}H${x(one.high)}M${x(one.low)} ${middle - 3}v6M${x(one.high)} ${middle - 3}v6` }));
    });
    box.replaceChildren(svg);
  }

  /* ---- clips ---- */
  const WRONG = {
    false_barge_in: "False barge-in", missed_barge_in: "Missed barge-in", premature_cutoff: "Premature cut-off", unanswered_turn: "Unanswered turn", false_pause: "False pause",
    slow_stop: "Slow to fall silent", slow_answer: "Slow to answer",
  };
  /* The event to blame: the last of the first kind that there is (of a false pause the first). */
  const CULPRIT = { false_barge_in: ["BargeIn", "FalseBargeIn"], premature_cutoff: ["UserTurnEnded"], slow_answer: ["UserTurnEnded"], false_pause: ["AgentSpeechPaused"], slow_stop: ["AgentSpeechPaused", "BargeIn"] };
  const EVENTS = {
    AgentSpeechStarted: "Agent starts", SpeechStarted: "Speech", SpeechStopped: "Speech over", AgentSpeechPaused: "Paused", AgentSpeechResumed: "Resumed", BargeIn: "Barge-in", FalseBargeIn: "False alarm", UserTurnEnded: "Turn over",
    AgentSpeechFinished: "Agent done", CallerTurnDismissed: "Dismissed", CallerReminded: "Reminded", CallEnded: "Call ended",
  };
  const sound = $("sound"), cards = [];
  const GUTTER = 68, PINS = 46, STRIP = 12, WAVE = 52, PROB = 108, AXIS = 20;
  const TOPS = { strip: PINS, before: PINS + STRIP + 3, wave: PINS + 2 * STRIP + 9, prob: PINS + 2 * STRIP + WAVE + 15 }, TALL = TOPS.prob + PROB + AXIS;
  function clips() {
    const list = data.clips, held = list.filter((clip) => clip.held_back).length;
    $("worst-note").textContent = list.length ? plural(list.length, "clip") + ", " + held + " of them held back. What is heard is the caller's lane. The strips above it are the agent's speech, under the chosen setting and under the present one; the events are the chosen one's. A probability stands where it was known." : "Nothing went wrong under the chosen setting, and no time was long.";
    $("clip-keys").hidden = !list.length;
    const key = (shape, text) => $("clip-keys").append(make("li", {}, draw("svg", { width: 16, height: 12, "aria-hidden": "true" }, shape), make("span", { textContent: text })));
    for (const [cls, text] of [["strip", "agent speaks"], ["strip paused", "agent paused"], ["truth", "labelled: the caller's words"], ["truth noise", "labelled: to be ignored"]])
      key(draw("rect", { width: 16, height: 12, class: cls }), text);
    for (const [cls, text] of [["level threshold", "chosen threshold"], ["level release", "chosen release"], ["level before", "present threshold"], ["pin wrong", "what went wrong"]])
      key(draw("line", cls.startsWith("pin") ? { x1: 8, x2: 8, y1: 0, y2: 12, class: cls } : { x1: 0, x2: 16, y1: 6, y2: 6, class: cls }), text);
    list.forEach((clip, i) => cards.push(card(clip, i)));
    $("clips").replaceChildren(...cards.map((one) => one.node));
  }
  function before(clip) {
    const slow = clip.wrong.startsWith("slow");
    if (clip.present === clip.wrong) return slow ? "Present setting: among its slowest too." : "Present setting: the same failure.";
    if (clip.present && clip.present.startsWith("slow")) return "Present setting: got it, slowly.";
    return clip.present ? "Present setting: " + WRONG[clip.present].toLowerCase() + "." : slow ? "Present setting: not among its slowest." : "Present setting: got it right.";
  }
  function card(clip, i) {
    const slow = clip.wrong.startsWith("slow"), play = make("button", { type: "button", textContent: clip.sound ? "Play" : "No sound", disabled: !clip.sound }), clock = make("output");
    play.setAttribute("aria-label", (clip.sound ? "Play " : "No sound for ") + clip.name);
    const stage = make("div", { className: "stage", tabIndex: 0 });
    for (const [key, value] of Object.entries({ role: "slider", "aria-label": "Time in " + clip.name, "aria-valuemin": 0, "aria-valuemax": clip.duration_s })) stage.setAttribute(key, value);
    const node = make("article", { className: "clip" },
      make("div", { className: "line" }, make("span", { className: "badge " + (slow ? "slow" : "wrong"), textContent: WRONG[clip.wrong] }), make("h3", { textContent: clip.class }), make("span", { className: "badge part" + (clip.held_back ? " held" : ""), textContent: clip.held_back ? "held back" : "searched" })),
      make("p", { className: "what", textContent: clip.said }), make("p", { className: "was", textContent: before(clip) + " " + clip.heard }), make("p", { className: "file", textContent: clip.name }),
      make("div", { className: "player" }, play, clock), stage);
    const one = { node, clip, play, clock, stage, at: 0, head: null, x: null };
    node.dataset.wrong = clip.wrong;
    play.onclick = () => toggle(i);
    stage.addEventListener("pointerdown", (e) => seek(i, one.back(e.clientX - stage.getBoundingClientRect().left)));
    stage.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -0.1, ArrowRight: 0.1, Home: -1e3, End: 1e3 }[e.key];
      if (by) { e.preventDefault(); seek(i, one.at + by); } else if (e.key === " ") { e.preventDefault(); toggle(i); }
    });
    return one;
  }
  function timeline(one) {
    const { clip, stage } = one, w = stage.clientWidth, right = w - 8, span = clip.duration_s, x = scale([0, span], GUTTER, right), svg = draw("svg", { width: w, height: TALL, "aria-hidden": "true" });
    one.x = x; one.back = (px) => ((px - GUTTER) / (right - GUTTER)) * span;
    const gutter = (text, y) => svg.append(said(0, y, text));
    gutter("Agent", TOPS.strip + 10); gutter("at present", TOPS.before + 10); gutter("Caller", TOPS.wave + WAVE / 2 + 4); gutter("Speech", TOPS.prob + PROB / 2 - 3); gutter("prob.", TOPS.prob + PROB / 2 + 11);
    strip(svg, clip, clip.marks, TOPS.strip, x); strip(svg, clip, clip.present_marks, TOPS.before, x);
    probability(svg, clip, x, right);
    wave(svg, clip, x, right);
    const all = ticks(0, span, Math.floor((right - GUTTER) / 52));
    for (const t of all) if (x(t) < right - 10) svg.append(draw("line", { x1: x(t), x2: x(t), y1: TOPS.prob + PROB, y2: TOPS.prob + PROB + 4, class: "grid" }), said(x(t), TALL - 4, digits(t, 2) + " s", { "text-anchor": t ? "middle" : "start" }));
    pins(svg, clip, x, right);
    one.head = draw("g", {}, draw("line", { x1: 0, x2: 0, y1: PINS, y2: TOPS.prob + PROB, class: "playhead" }), draw("path", { d: `M-5 ${TOPS.prob + PROB + 7}h10l-5 -7z`, class: "playtop" }));
    svg.append(one.head);
    stage.replaceChildren(svg);
    show(one);
  }
  function strip(svg, clip, marks, y, x) {
    const bar = (from, till, cls) => { const to = Math.min(till, clip.duration_s); if (to > from) svg.append(draw("rect", { x: x(from), y, width: Math.max(1, x(to) - x(from)), height: STRIP, class: cls })); };
    let kind = "strip off", since = 0;
    for (const mark of marks) {
      const next = { AgentSpeechStarted: "strip", AgentSpeechResumed: "strip", AgentSpeechPaused: "strip paused", BargeIn: "strip off", UserTurnEnded: "strip", AgentSpeechFinished: "strip off" }[mark.event];
      if (!next) continue;
      bar(since, mark.at_s, kind); kind = next; since = mark.at_s;
    }
    bar(since, clip.duration_s, kind);
  }
  function wave(svg, clip, x, right) {
    const y = TOPS.wave, middle = y + WAVE / 2;
    svg.append(draw("rect", { x: GUTTER, y, width: right - GUTTER, height: WAVE, class: "lane" }));
    const a = x(Math.max(0, clip.onset_s)), b = x(Math.min(clip.end_s, clip.duration_s)), ours = !clip.over_agent || clip.wrong === "missed_barge_in" || clip.wrong === "slow_stop";
    for (const edge of [a, b]) svg.append(draw("line", { x1: edge, x2: edge, y1: y, y2: TOPS.prob + PROB, class: "edge" + (ours ? "" : " noise") }));
    svg.append(titled(draw("rect", { x: a, y, width: Math.max(2, b - a), height: WAVE, class: "truth" + (ours ? "" : " noise") }), clip.class + ", " + seconds(clip.onset_s) + " to " + seconds(clip.end_s)));
    if (!clip.envelope) { svg.append(said((GUTTER + right) / 2, middle + 4, "no audio kept", { "text-anchor": "middle" })); return; }
    const values = bytes(clip.envelope, Int8Array), bins = values.length / 2, span = clip.duration_s / clip.bin_s, columns = Math.floor(right - GUTTER);
    let d = "";
    for (let c = 0; c < columns; c++) {
      let low = 0, high = 0;
      for (let i = Math.floor((c * span) / columns); i < Math.min(bins, Math.ceil(((c + 1) * span) / columns)); i++) { low = Math.min(low, values[2 * i]); high = Math.max(high, values[2 * i + 1]); }
      const top = (high / 127) * (WAVE / 2 - 2), down = (low / 127) * (WAVE / 2 - 2);
      d += `M${(GUTTER + c).toFixed(1)} ${(middle - top).toFixed(1)}h1v${Math.max(0.6, top - down).toFixed(1)}h-1z`;
    }
    svg.append(draw("path", { d, class: "wave" }));
  }
  function probability(svg, clip, x, right) {
    const y = TOPS.prob, at = (p) => y + PROB - 14 - p * (PROB - 28), values = bytes(clip.probability, Uint8Array);
    svg.append(draw("rect", { x: GUTTER, y, width: right - GUTTER, height: PROB, class: "lane" }), draw("rect", { x: GUTTER, y: at(clip.threshold), width: right - GUTTER, height: Math.max(0, at(clip.release) - at(clip.threshold)), class: "band" }));
    for (const p of [0, 1]) svg.append(said(GUTTER - 5, at(p) + 4, String(p), { "text-anchor": "end" }), draw("line", { x1: GUTTER - 3, x2: GUTTER, y1: at(p), y2: at(p), class: "grid" }));
    const was = clip.present_threshold;
    if (was !== null && was !== clip.threshold)
      svg.append(draw("line", { x1: GUTTER, x2: right, y1: at(was), y2: at(was), class: "level before" }), said(GUTTER + 4, (at(was) - at(clip.threshold) > 15 ? at(was) : Math.min(at(was), at(clip.threshold))) - 4, "present " + digits(was, 2), { class: "level-name before" }));
    let d = "";
    values.forEach((value, i) => { if (clip.known_s[i] <= clip.duration_s) d += (d ? "L" : "M") + x(clip.known_s[i]).toFixed(1) + " " + at(value / 255).toFixed(1); });
    if (d) svg.append(draw("path", { d, class: "prob" }));
    const high = was !== null && was > clip.threshold && at(clip.threshold) - at(was) < 15 ? at(was) - at(clip.threshold) : 0;
    for (const [value, name, down] of [[clip.threshold, "threshold", high - 4], [clip.release, "release", 12]])
      svg.append(draw("line", { x1: GUTTER, x2: right, y1: at(value), y2: at(value), class: "level " + name }), said(right - 4, at(value) + down, name + " " + digits(value, 2), { "text-anchor": "end", class: "level-name" }));
  }
  function culprit(clip) {
    const found = (CULPRIT[clip.wrong] || []).map((event) => clip.marks.filter((mark) => mark.event === event)).find((marks) => marks.length) || [];
    return clip.wrong === "false_pause" ? found[0] : found[found.length - 1];
  }
  function pins(svg, clip, x, right) {
    const wrong = culprit(clip), weight = (mark) => (mark === wrong ? 3 : ["SpeechStarted", "SpeechStopped"].includes(mark.event) ? (clip.over_agent ? 0 : 1) : ["AgentSpeechStarted", "FalseBargeIn"].includes(mark.event) ? 0 : 2);
    const shown = clip.marks.filter((mark) => weight(mark) && mark.at_s <= clip.duration_s).map((mark) => ({ mark, px: x(mark.at_s), text: EVENTS[mark.event] || mark.event }));
    let taken = labelled(shown, right);
    if (wrong && !taken.some((t) => t.pin.mark === wrong)) taken = labelled([...shown].sort((p, q) => weight(q.mark) - weight(p.mark)), right);
    const rows = Math.max(0, ...taken.map((t) => t.line + 1)), down = 3 - rows;
    for (const pin of shown) {
      const spot = taken.find((t) => t.pin === pin), cls = pin.mark === wrong ? " wrong" : "";
      svg.append(titled(draw("line", { x1: pin.px, x2: pin.px, y1: spot ? 14 + (spot.line + down) * 15 : PINS - 4, y2: TOPS.prob + PROB, class: "pin" + cls }), pin.text + " at " + seconds(pin.mark.at_s) + (pin.mark.reason ? ": " + pin.mark.reason : "")));
      if (spot) svg.append(said(spot.a, 11 + (spot.line + down) * 15, pin.text, { class: cls.trim() || "event" }));
    }
    svg.setAttribute("viewBox", `0 ${down * 15} ${svg.getAttribute("width")} ${TALL - down * 15}`); svg.setAttribute("height", TALL - down * 15);
  }
  function labelled(shown, right) {
    /* No label on another, and none across the line of a pin whose label stands higher. */
    const taken = [];
    for (const pin of shown) {
      const wide = textWidth(pin.text, "650 11.5px"), { px } = pin;
      const clear = ({ line, a }) => a >= GUTTER && a + wide <= right && !taken.some((t) => (t.line === line && a < t.a + t.wide + 6 && a + wide > t.a - 6) || (t.line <= line && t.pin.px > a - 3 && t.pin.px < a + wide + 3) || (t.line >= line && px > t.a - 3 && px < t.a + t.wide + 3));
      const spots = [px - 2, px - wide + 2].flatMap((a) => [0, 1, 2].map((line) => ({ line, a })));
      const spot = spots.find(clear);
      if (spot) taken.push({ ...spot, wide, pin });
    }
    return taken;
  }
  function show(one) {
    one.clock.textContent = seconds(one.at) + " of " + seconds(one.clip.duration_s);
    one.stage.setAttribute("aria-valuenow", one.at.toFixed(2)); one.stage.setAttribute("aria-valuetext", seconds(one.at));
    if (one.head) one.head.setAttribute("transform", `translate(${one.x(one.at).toFixed(1)} 0)`);
  }
  function activate(i) {
    if (state.clip === i) return;
    sound.pause();
    cards.forEach((one, k) => one.node.classList.toggle("active", k === i));
    state.clip = i;
    const { clip } = cards[i];
    if (clip.sound) sound.src = "data:audio/ogg;base64," + clip.sound; else sound.removeAttribute("src");
    sound.onloadedmetadata = () => { sound.currentTime = cards[i].at; };
    document.body.dataset.clip = String(i);
  }
  function seek(i, to) {
    activate(i);
    const one = cards[i];
    one.at = between(to, 0, one.clip.duration_s);
    if (Number.isFinite(sound.duration || NaN)) sound.currentTime = one.at;
    show(one);
  }
  function toggle(i) {
    if (state.clip === i && !sound.paused) { sound.pause(); return; }
    activate(i);
    const one = cards[i];
    if (!one.clip.sound) return;
    if (one.at >= one.clip.duration_s - 0.02) seek(i, 0);
    sound.play().catch(() => { $("said").textContent = "This browser cannot play the sound."; });
  }
  function step() {
    const one = cards[state.clip];
    if (!one || sound.paused) return;
    one.at = Math.min(sound.currentTime, one.clip.duration_s);
    show(one);
    requestAnimationFrame(step);
  }
  const labels = () => cards.forEach((one, i) => { if (one.clip.sound) one.play.textContent = i === state.clip && !sound.paused ? "Pause" : "Play"; });
  sound.onplay = () => { labels(); requestAnimationFrame(step); };
  sound.onpause = labels;
  sound.onended = () => { const one = cards[state.clip]; one.at = one.clip.duration_s; show(one); labels(); };

  /* ---- begin ---- */
  function everything() { if (!$("fronts").clientWidth) return; besides(); fronts(); sensitivity(); classes(); cards.forEach(timeline); }
  for (const part of ["held_back", "searched"]) $("on-" + part).onclick = () => { state.part = part; fronts(); };
  $("theme").onclick = () => {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  };
  head(); settings(); limits(); legend(); frontTable(); evidence(); clips(); everything();
  let width = document.body.clientWidth;
  new ResizeObserver(() => { if (document.body.clientWidth !== width) { width = document.body.clientWidth; everything(); } }).observe(document.body);
  document.body.dataset.ready = "yes";
})();
