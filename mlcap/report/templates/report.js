"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);

  // Everything from a caption goes in as text, never as markup.
  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function values(value) {
    return Array.isArray(value) ? value.join(", ") || "none" : value;
  }

  function probability(p) {
    return p < 0.01 ? "<0.01" : p > 0.99 ? ">0.99" : p.toFixed(2);
  }

  // Offsets count characters as Python does, so the text is cut by code points.
  function caption(text, zones, marks) {
    const characters = Array.from(text);
    const box = element("div", "text");
    const edges = new Set([0, characters.length]);
    const starts = new Map();
    for (const [start, end, kind] of zones) {
      edges.add(start).add(end);
      starts.set(start, kind);
    }
    for (const [start, end] of marks) edges.add(start).add(end);
    const cuts = Array.from(edges).sort((a, b) => a - b);
    let next = 0;
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const [start, end] = [cuts[i], cuts[i + 1]];
      if (starts.has(start)) box.append(element("span", "zone", starts.get(start)));
      while (next < marks.length && marks[next][1] <= start) next += 1;
      const piece = characters.slice(start, end).join("");
      const level = next < marks.length && marks[next][0] <= start ? marks[next][2] : 0;
      if (!level) {
        box.append(piece);
      } else {
        const mark = element("mark", (level > 0 ? "p" : "c") + Math.abs(level));
        mark.append(element("span", "sr", level > 0 ? "(for) " : "(against) "), piece);
        box.append(mark);
      }
    }
    return box;
  }

  function article(one, cell) {
    const made = element("article");
    made.append(element("h4", "", one.id));
    for (const [facet, tag] of Object.entries(one.tags)) {
      const label = facet in one.label ? values(one.label[facet]) : "not labelled";
      const sure = Object.entries(one.confidence[facet]).map(([name, p]) => name + " " + probability(p));
      made.append(element("p", "", facet + ": labelled " + label + "; tagged " + values(tag) + " (" + (sure.join(", ") || "nothing likely") + ")"));
    }
    made.append(element("p", "quiet", one.review.length ? "To review: " + one.review.join("; ") : "Needs no review."));
    made.append(caption(one.text, one.zones, one.marks[cell.mark] || []));
    return made;
  }

  // Where such captions are decided: a queue of the desk that was named, else the command that opens it.
  function atDesk(pair) {
    const values = pair.slice(pair.indexOf(":") + 1);
    const line = element("p", "quiet");
    if (data.desk) {
      const link = element("a", "", "Decide captions in doubt between these on the review desk");
      link.href = data.desk + "/enter?queue=pair&value=" + encodeURIComponent(pair);
      link.target = "_blank";
      link.rel = "noopener";
      line.append(link, " (it must be open: mlcap review open)");
    } else {
      line.append("On a review desk: ", element("code", "", "mlcap review open DESK CAPTIONS --cell " + values));
    }
    return line;
  }

  function open(button) {
    const cell = data.cells[button.dataset.cell];
    const box = document.getElementById("opened-" + cell.facet);
    for (const other of document.querySelectorAll("button[data-cell]")) {
      if (document.getElementById("opened-" + data.cells[other.dataset.cell].facet) === box) {
        other.setAttribute("aria-pressed", String(other === button));
      }
    }
    const [, value, against] = cell.mark.split(":");
    const title = element("h3", "", cell.title + ": " + cell.total + (cell.total === 1 ? " caption" : " captions"));
    title.tabIndex = -1;
    const hint = element("p", "quiet", "Highlighted: what speaks for " + value + (against ? " rather than " + against : "") + ", and what against.");
    box.replaceChildren(title, hint);
    if (cell.pair) box.append(atDesk(cell.pair));
    for (const index of cell.captions) box.append(article(data.captions[index], cell));
    const more = cell.total - cell.captions.length;
    if (more > 0) box.append(element("p", "quiet", more + " more not shown here."));
    title.focus();
    title.scrollIntoView({ block: "nearest" });
  }

  for (const button of document.querySelectorAll("button[data-cell]")) {
    button.addEventListener("click", () => open(button));
  }

  const slider = document.getElementById("threshold");
  const share = (x) => (x === null ? "none to count" : (100 * x).toFixed(1) + " %");
  function workload() {
    const point = data.thresholds[Number(slider.value)];
    const left = data.total - point.automatic;
    slider.setAttribute("aria-valuetext", point.threshold.toFixed(2));
    document.getElementById("threshold-value").textContent = point.threshold.toFixed(2);
    document.getElementById("work-review").textContent = left + " of " + data.total + " (" + share(left / data.total) + ")";
    document.getElementById("work-thousand").textContent = String(Math.round((1000 * left) / data.total));
    document.getElementById("work-single").textContent = share(point.single_right);
    document.getElementById("work-all").textContent = share(point.all_right);
    const [first, last] = data.axes;
    document.getElementById("at").style.left = 100 * (first + (last - first) * point.threshold) + "%";
  }
  slider.addEventListener("input", workload);
  workload();
})();
