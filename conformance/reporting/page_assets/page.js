"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (name) => document.getElementById(name);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // Elements are made here and nowhere else, and text is only ever text: nothing in the data can become markup.
  const make = (tag, options = {}, ...children) => {
    const element = document.createElement(tag);
    const { of, text, ...attributes } = options;
    if (of) element.className = of;
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const badge = (truth) => make("span", { of: `badge ${truth}`, text: truth });

  const clauses = new Map(data.clauses.map((clause) => [clause.id, clause]));
  const verdictOf = (clause) => {
    const order = ["violates", "inconclusive", "conforms", "untested"];
    const words = clause.found.map((found) => found.is);
    return order.find((word) => words.includes(word)) || "none";
  };

  // --- what opens ---

  const panel = byId("panel");
  const body = byId("panel-body");

  const open = (title, parts) => {
    byId("panel-title").textContent = title;
    body.replaceChildren(...parts.filter((part) => part !== null));
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
    byId("panel-title").focus();
  };
  byId("panel-close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
  panel.addEventListener("close", () => {
    if (clauses.has(named())) history.replaceState(null, "", location.pathname + location.search);
  });

  const places = (numbers) => {
    if (!numbers.length) return null;
    return make("ul", {}, ...numbers.map((number) => {
      const source = data.sources[number];
      const text = [source.document, source.section].filter(Boolean).join(", ");
      if (!source.url) return make("li", { text });
      const link = make("a", { text, href: source.url, rel: "noopener noreferrer", target: "_blank" });
      return make("li", {}, link);
    }));
  };

  const exchange = (told) => {
    const answered = told.status === undefined ? told.failure || "no reply" : `answered ${told.status}`;
    const details = make("details", {}, make("summary", {}, make("code", { text: told.line }), ` — ${answered}`));
    const add = (title, text) => {
      if (text) details.append(make("h4", { text: title }), make("pre", { text, tabindex: "0" }));
    };
    add("Sent", told.sent);
    add("Reply headers", told.headers);
    add("Reply", told.reply);
    add("Picture", told.picture);
    if (told.curl) {
      add("Send it again", told.curl);
      if (told.note) details.append(make("p", { of: "facts", text: told.note }));
    }
    details.append(make("p", { of: "facts", text: `exchange ${told.id} of the record, ${told.phase}, ${told.s} s` }));
    return details;
  };

  const runLine = (number) => {
    const run = data.runs[number];
    return [run.date, run.asked].filter(Boolean).join(", ");
  };

  const verdict = (found) => {
    const run = data.runs[found.run];
    const part = make("div", {}, make("p", {}, badge(run.truth), " ",
      make("span", { of: `word ${found.is}`, text: found.is }), found.why ? ` (${found.why})` : "", ` — ${runLine(found.run)}`));
    if (found.message) part.append(make("p", { text: found.message }));
    if (found.follows) part.append(make("p", { text: `follows ${found.follows}` }));
    const shown = found.shown || [];
    part.append(...shown.map((number) => exchange(data.exchanges[number])));
    const more = (found.n || 0) - shown.length;
    if (more > 0) part.append(make("p", { of: "facts", text: `${more} more exchange${more > 1 ? "s" : ""} behind it: in the record` }));
    return part;
  };

  const clauseParts = (clause) => [
    make("p", { text: clause.says }),
    make("p", { of: "facts", text: `${clause.vendor}, ${clause.operation}, ${clause.kind}, ${clause.level}` }),
    make("p", {}, "Permanent link: ", make("a", { href: `#${encodeURIComponent(clause.id)}`, text: clause.id })),
    make("h3", {}, badge("documented")), places(clause.at),
    make("h3", { text: "Verdicts" }),
    ...(clause.found.length ? clause.found.map(verdict) : [make("p", { of: "facts", text: "not observed: no run here tried it" })]),
  ];

  const clauseFold = (id) => {
    const clause = clauses.get(id);
    if (!clause) return make("p", {}, make("code", { text: id }));
    const fold = make("details", {}, make("summary", {}, make("code", { text: id })));
    fold.addEventListener("toggle", () => {
      if (fold.open && fold.children.length === 1) fold.append(...clauseParts(clause).filter(Boolean));
    });
    return fold;
  };

  const truth = (cell, name) => {
    const seen = cell.seen.filter((each) => data.runs[each.run].truth === name);
    if (!seen.length && name === "simulated") return [];
    const told = seen.map((each) => make("p", { text: `${runLine(each.run)}, n ${each.n}${each.value ? `: ${each.value}` : ""}` }));
    return [make("h3", {}, badge(name)), ...(told.length ? told : [make("p", { of: "facts", text: "not observed" })])];
  };

  const openCell = (name) => {
    const cell = data.cells[name];
    const parts = [make("h3", {}, badge("documented"))];
    if (!cell.answers.length) parts.push(make("p", { of: "facts", text: "no current page speaks of it" }));
    for (const answer of cell.answers) {
      parts.push(make("p", {}, make("b", { text: answer.says })), places(answer.at));
    }
    parts.push(...truth(cell, "observed"), ...truth(cell, "simulated"));
    const ids = [...new Set(cell.answers.flatMap((answer) => answer.clauses))];
    if (ids.length) {
      parts.push(make("h3", { text: `${ids.length} clause${ids.length > 1 ? "s" : ""} behind it` }), ...ids.slice(0, 60).map(clauseFold));
      if (ids.length > 60) parts.push(make("p", { of: "facts", text: `and ${ids.length - 60} more, in the list of clauses` }));
    }
    if (cell.open.length) {
      parts.push(make("h3", { text: "Left open" }));
      for (const question of cell.open) parts.push(make("p", { text: question.says }), places(question.at));
    }
    open(`${cell.vendor}: ${cell.asks}`, parts);
  };
  document.addEventListener("click", (event) => {
    const why = event.target.closest(".why");
    if (why) openCell(why.dataset.cell);
    const tally = event.target.closest(".tally");
    if (tally) listOf(tally.dataset.vendorOf, tally.dataset.kind);
  });

  // --- permanent links ---

  const named = () => {
    try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
  };
  const follow = () => {
    const clause = clauses.get(named());
    if (clause) { open(clause.id, clauseParts(clause)); return; }
    const row = document.getElementById(named());
    if (row && panel.open) panel.close();
    if (row && row.matches("tr")) {
      row.hidden = false;
      const group = row.closest("details");
      if (group && !group.open) { group.open = true; row.scrollIntoView(); }
    }
  };
  addEventListener("hashchange", follow);

  // --- filters of the tables ---

  const rows = all("tr.asked").map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const filter = () => {
    const wanted = byId("find").value.trim().toLowerCase();
    const differ = byId("differ");
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = (wanted !== "" && !text.includes(wanted)) || (differ !== null && differ.checked && row.classList.contains("alike"));
      shown += row.hidden ? 0 : 1;
    }
    if (wanted) for (const group of all(".group")) if (group.querySelector("tr.asked:not([hidden])")) group.open = true;
    byId("said").textContent = shown === rows.length ? `${rows.length} questions` : `${shown} of ${rows.length} questions`;
  };
  byId("find").addEventListener("input", filter);
  for (const form of all("form")) form.addEventListener("submit", (event) => event.preventDefault());
  if (byId("differ")) byId("differ").addEventListener("change", filter);

  const simulated = byId("truth-simulated");
  simulated.addEventListener("change", () => document.body.classList.toggle("without-simulated", !simulated.checked));

  const pick = () => {
    const shown = new Set(all(".shown").filter((tick) => tick.checked).map((tick) => tick.value));
    for (const part of all("[data-vendor]")) part.hidden = !shown.has(part.dataset.vendor);
  };
  for (const tick of all(".shown")) tick.addEventListener("change", pick);

  const order = byId("order");
  if (order) order.addEventListener("change", () => {
    const numbers = new Map(all("#glance article").map((card) => [card.dataset.vendor, JSON.parse(card.dataset.order)]));
    const rank = (part) => numbers.get(part.dataset.vendor);
    const sorted = (parts) => [...parts].sort((one, other) =>
      rank(one)[order.value] - rank(other)[order.value] || rank(one).given - rank(other).given);
    for (const parent of all(".cards, .figures, thead tr, tbody tr")) {
      const parts = Array.from(parent.children).filter((child) => child.dataset.vendor);
      parent.append(...sorted(parts));
    }
  });

  // --- every clause ---

  const PAGE = 60;
  let listed = [];
  let until = PAGE;
  const RANK = { violates: 0, inconclusive: 1, untested: 2, none: 3, conforms: 4 };
  const SORTS = {
    id: (one, other) => (one.id < other.id ? -1 : 1),
    kind: (one, other) => (one.kind === other.kind ? 0 : one.kind < other.kind ? -1 : 1),
    verdict: (one, other) => RANK[verdictOf(one)] - RANK[verdictOf(other)],
  };
  const clauseLine = (clause) => {
    const word = verdictOf(clause);
    const simulatedOnly = clause.found.length > 0 && clause.found.every((found) => data.runs[found.run].truth === "simulated");
    const said = word === "none" ? "not observed" : simulatedOnly ? `simulated: ${word}` : word;
    return make("li", {}, make("a", { href: `#${encodeURIComponent(clause.id)}` },
      make("code", { text: clause.id }), make("span", { of: "says", text: clause.says }), make("span", { of: `word ${simulatedOnly ? "simulated" : word}`, text: said })));
  };
  const drawClauses = () => {
    byId("c-list").replaceChildren(...listed.slice(0, until).map(clauseLine));
    byId("c-more").hidden = listed.length <= until;
    byId("c-said").textContent = `${listed.length} of ${data.clauses.length} clauses`;
  };
  const filterClauses = () => {
    const value = (name) => byId(name).value;
    const text = value("c-text").trim().toLowerCase();
    listed = data.clauses.filter((clause) =>
      (!value("c-vendor") || clause.vendor === value("c-vendor")) &&
      (!value("c-kind") || clause.kind === value("c-kind")) &&
      (!value("c-level") || clause.level === value("c-level")) &&
      (!value("c-verdict") || verdictOf(clause) === value("c-verdict")) &&
      (!text || clause.id.toLowerCase().includes(text) || clause.says.toLowerCase().includes(text)));
    if (SORTS[value("c-sort")]) listed.sort(SORTS[value("c-sort")]);
    until = PAGE;
    drawClauses();
  };
  const listOf = (vendor, kind) => {
    byId("c-vendor").value = vendor;
    byId("c-kind").value = kind;
    byId("c-verdict").value = byId("c-level").value = byId("c-text").value = "";
    filterClauses();
    byId("clauses").scrollIntoView();
    byId("c-vendor").focus({ preventScroll: true });
  };
  byId("c-vendor").append(...data.vendors.map((name) => make("option", { text: name })));
  byId("c-kind").append(...[...new Set(data.clauses.map((clause) => clause.kind))].sort().map((name) => make("option", { text: name })));
  for (const name of ["c-vendor", "c-kind", "c-verdict", "c-level", "c-sort"]) byId(name).addEventListener("change", filterClauses);
  byId("c-text").addEventListener("input", filterClauses);
  byId("c-more").addEventListener("click", () => { until += PAGE * 3; drawClauses(); });

  // --- migration ---

  const grid = (heads, lines) => make("div", { of: "wide plain" }, make("table", { role: "table" },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads.map((text) => make("th", { role: "columnheader", scope: "col", text })))),
    make("tbody", { role: "rowgroup" }, ...lines.map((cells) => make("tr", { role: "row" }, ...cells.map((cell, number) => {
      const head = { role: number ? "cell" : "rowheader", "data-name": heads[number] };
      return make(number ? "td" : "th", number ? head : { ...head, scope: "row" }, cell);
    }))))));
  const effect = (word) => make("span", { of: `effect-${word}`, text: word });
  const request = (title, told) => make("div", {}, make("h4", { text: title }),
    make("pre", { tabindex: "0", text: told ? `${told.line}\n${JSON.stringify(told.body, null, 2)}` : "its documents permit no such request" }));
  const migrate = () => {
    const from = byId("m-from").value;
    const to = byId("m-to").value;
    const move = data.moves[`${from}>${to}`];
    const out = byId("m-out");
    if (!move) {
      out.replaceChildren(make("p", { of: "hint", text: from === to ? "Pick two vendors." : "With so many vendors, pairs are left out: compare the two alone." }));
      return;
    }
    const lost = move.changes.filter((change) => change.effect === "lost" || change.effect === "narrower");
    const kept = move.changes.filter((change) => !lost.includes(change));
    const line = (change) => [change.about, effect(change.effect), change.before, change.after || "—", change.says];
    const heads = ["What", "Becomes", from, to, "Lost"];
    const parts = [];
    for (const example of move.examples) {
      parts.push(make("h3", { text: example.title }), make("div", { of: "two" }, request(from, example.before), request(to, example.after)));
      const notes = [...example.dropped.map((text) => `Lost: ${text}.`), ...example.as.map((text) => `As the pages read under ${text}.`)];
      if (notes.length) parts.push(make("p", { of: "hint", text: notes.join(" ") }));
    }
    parts.push(make("h3", { text: `What is lost (${lost.length})` }), lost.length ? grid(heads, lost.map(line)) : make("p", { text: "Nothing that the documents tell." }));
    if (move.costs.length) {
      parts.push(make("h3", { text: "What it costs" }),
        grid(["Tier", "Becomes", from, to], move.costs.map((cost) => [cost.tier || "any", effect(cost.effect), cost.before, cost.after])),
        make("p", { of: "hint", text: "By the lowest documented price in US dollars; unknown where one of them has none." }));
    }
    if (kept.length) parts.push(make("details", {}, make("summary", { text: `What stays (${kept.length})` }), grid(heads, kept.map(line))));
    out.replaceChildren(...parts);
  };
  if (byId("m-from")) {
    for (const [name, chosen] of [["m-from", 0], ["m-to", 1]]) {
      byId(name).append(...data.vendors.map((text) => make("option", { text })));
      byId(name).selectedIndex = chosen;
      byId(name).addEventListener("change", migrate);
    }
    byId("m-swap").addEventListener("click", () => {
      const [from, to] = [byId("m-from").value, byId("m-to").value];
      byId("m-from").value = to;
      byId("m-to").value = from;
      migrate();
    });
    migrate();
  }

  addEventListener("beforeprint", () => { for (const fold of all("main details")) fold.open = true; });
  // On a narrow screen a table is a long list: each opens when it is asked for.
  if (matchMedia("(max-width: 56rem)").matches) for (const group of all(".group")) group.open = false;
  if (data.vendors.length > 6) document.body.classList.add("crowded");
  document.documentElement.classList.add("scripted");
  filter();
  filterClauses();
  follow();
  // When it could be used, in milliseconds since it was asked for: what benchmarks read.
  requestAnimationFrame(() => { document.documentElement.dataset.ready = String(Math.round(performance.now())); });
})();
