/** Style and script of the report page: system fonts, a readable line length, tables that scroll, figures in a light and a dark theme. */

/** CSS of the page. */
export const reportStyle = `
:root { --ink: #23292f; --soft: #5b6570; --line: #dfe3e7; --paper: #ffffff; --card: #f6f7f9; --link: #005a96; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #a3adb7; --line: #3a424a; --paper: #15191d;
  --card: #1e2429; --link: #7cc0ee; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 0 0 .25rem; line-height: 1.35; }
p { max-width: 44rem; }
.lede { font-size: 1.15rem; }
a { color: var(--link); }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--card);
  padding: .1em .3em; border-radius: 3px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
.facts div { background: var(--card); border-radius: 6px; padding: .6rem .8rem; }
.facts dt { color: var(--soft); font-size: .82rem; }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
nav h2 { font-size: 1rem; border: 0; margin: 1rem 0 0; padding: 0; }
nav ol { margin: .25rem 0 0; padding-left: 1.4rem; columns: 18rem; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; min-width: 24rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .35rem .75rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.long { white-space: normal; min-width: 20rem; }
th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
.subtitle { color: var(--soft); font-size: .88rem; margin: 0 0 .25rem; }
figure { margin: 2rem 0; break-inside: avoid; }
.scroll { overflow-x: auto; }
.drawing { width: 100%; overflow: hidden; }
.panels { min-width: 36rem; }
figcaption { color: var(--soft); font-size: .92rem; max-width: 44rem; }
@media print { body { font-size: 11pt; } main { max-width: none; padding: 0; } nav { display: none; } h2 { break-after: avoid; }
  .table { overflow: visible; } th, td { white-space: normal; padding: .2rem .4rem; } }
`;

/** Draws every figure with the colours of light or dark, again when that changes, and in light colours for printing. */
export const reportScript = `
(() => {
  const plots = [...document.querySelectorAll(".drawing")].map((box) => ({
    box, figure: JSON.parse(box.closest("figure").querySelector("script").textContent) }));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const inkOnDark = "#cfd6dd";
  const coloured = (figure, isDark) => {
    if (!isDark) return figure;
    const paint = JSON.stringify(figure).replaceAll('"#23292f"', '"' + inkOnDark + '"')
      .replaceAll('"#ffffff"', '"#15191d"').replaceAll('"#e6e8eb"', '"#323a42"').replaceAll('"#0072b2"', '"#3d9bd6"');
    return JSON.parse(paint);
  };
  const narrow = (figure, box) => {
    if (box.clientWidth > 560) return figure;
    const margin = figure.layout.margin || {};
    const layout = { ...figure.layout, font: { ...figure.layout.font, size: 11 },
      margin: { ...margin, l: Math.min(margin.l || 70, 48), r: Math.round((margin.r || 28) * 0.85) } };
    layout.annotations = (layout.annotations || []).map((note) => ({ ...note, font: { ...note.font, size: 11 } }));
    for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key) && layout[key].type !== "category")
      layout[key] = { nticks: 4, ...layout[key] };
    return { ...figure, layout };
  };
  const draw = (isDark) => Promise.all(plots.map(({ box, figure }) => {
    const { data, layout, frames } = narrow(coloured(figure, isDark), box);
    return Plotly.react(box, { data, layout, frames, config: { responsive: true, displaylogo: false, displayModeBar: false } });
  }));
  dark.addEventListener("change", () => draw(dark.matches));
  window.addEventListener("beforeprint", () => draw(false));
  window.addEventListener("afterprint", () => draw(dark.matches));
  draw(dark.matches).then(() => { document.documentElement.dataset.drawn = "yes"; });
})();
`;
