// What all plots share: colours of the theme, text, axes.
"use strict";

window.shoal = {};

(() => {
  const ROOT = document.documentElement;
  const TOUCH = window.matchMedia("(pointer: coarse)").matches;

  /** The colour that a custom property of the style sheet has now, as Plotly can read it. */
  function color(role) {
    const probe = document.createElement("span");
    probe.style.color = `var(${role})`;
    ROOT.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  /** Text of a log for Plotly, which reads a subset of HTML. */
  function safe(text) {
    return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  }

  /** A long text on several lines, since Plotly breaks none. */
  function folded(text, width = 72) {
    const lines = [""];
    for (const word of String(text).split(" ")) {
      const line = lines[lines.length - 1];
      if (line && line.length + word.length >= width) {
        lines.push(word);
      } else {
        lines[lines.length - 1] = line ? `${line} ${word}` : word;
      }
    }
    return lines.flatMap((line) => line.match(new RegExp(`.{1,${width}}`, "gu")) ?? []).map(safe).join("<br>");
  }

  function axis(title, more = {}) {
    return {
      title: { text: title, standoff: 8 },
      gridcolor: color("--line"),
      zerolinecolor: color("--line"),
      linecolor: color("--line"),
      automargin: true,
      ...more,
    };
  }

  function layout(x, y, { legend = {}, ...more } = {}) {
    return {
      xaxis: x,
      yaxis: y,
      font: { family: "system-ui, sans-serif", size: 12, color: color("--muted") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 48, r: 8, t: 12, b: 40 },
      legend: { orientation: "h", x: 0, yref: "container", y: 0, yanchor: "bottom", itemsizing: "constant", ...legend },
      hoverlabel: { align: "left", bgcolor: color("--surface"), bordercolor: color("--muted"), font: { color: color("--text"), size: 12 } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: color("--muted"), activecolor: color("--text") },
      dragmode: TOUCH ? false : "zoom",
      showlegend: false,
      ...more,
    };
  }

  /** A dotted line at the value that was chosen. */
  function rule(value, on, more = {}) {
    if (value === null) {
      return [];
    }
    const other = on === "x" ? "y" : "x";
    const line = { color: color("--text"), dash: "dot", width: 1.2 };
    return [{ type: "line", [`${on}0`]: value, [`${on}1`]: value, [`${other}ref`]: "paper", [`${other}0`]: 0, [`${other}1`]: 1, line, ...more }];
  }

  Object.assign(window.shoal, { TOUCH, axis, color, folded, layout, rule, safe });
})();
