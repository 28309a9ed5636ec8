"""Exports executed notebooks to pages and slides that need no network: export_notebooks.py --html|--slides FILES…

nbconvert's own output loads MathJax, RequireJS, jQuery, reveal.js and Mermaid from other hosts. Here they come from assets/ beside the
page (MathJax only if a cell holds mathematics, Mermaid not at all: notebooks draw with Plotly), and a page that would still
load something is refused.
"""
import argparse
import copy
import html
import json
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter, SlidesExporter
from nbconvert.preprocessors import Preprocessor

MODULES = Path(__file__).resolve().parents[2] / "node_modules"
PLOTLY = "application/vnd.plotly.v1+json"
RECORD = "application/vnd.stagecraft.record+json"
MATHJAX = ["MathJax.js", "config/TeX-AMS_CHTML-full.js", "config/Safe.js", "extensions/*.js", "extensions/TeX", "extensions/CHTML-preview.js",
           "jax/element", "jax/input/TeX", "jax/output/CommonHTML", "fonts/HTML-CSS/TeX/woff"]  # 2 of 60 MB
REVEAL = ["dist/reveal.js", "dist/reveal.css", "dist/reset.css", "dist/theme/white.css", "dist/theme/fonts", "plugin/notes"]

HEAD = """<script>
// A slide is hidden (0 px wide) when the page loads: draw a figure when it gets a size.
function plotWhenShown(id, fig) {
  const el = document.getElementById(id);
  const draw = () => Plotly.newPlot(el, {data: fig.data, layout: fig.layout, frames: fig.frames || [], config: Object.assign({responsive: true}, fig.config)});
  const seen = new ResizeObserver(() => { if (el.clientWidth > 0) { seen.disconnect(); draw(); } });
  seen.observe(el);
}
</script>
<style>.stagecraft-figure { width: 100%; overflow-x: auto; }</style>"""


# A slide does not scroll sideways: long lines of code and of output continue on the next one. Code is folded: an audience looks at the figure.
SLIDES = """<script>
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll(".jp-CodeCell > .jp-Cell-inputWrapper")) {
    if (input.textContent.replace(/In\\s*\\[.*?\\]:?/, "").trim() === "") { input.remove(); continue; }
    const fold = document.createElement("details");
    fold.className = "stagecraft-code";
    fold.innerHTML = "<summary>code</summary>";
    input.replaceWith(fold);
    fold.append(input);
  }
});
</script>
<style>
.stagecraft-code > summary { font-size: 14px; color: #6b7280; cursor: pointer; text-align: left; padding-left: 72px; }
.reveal pre, .reveal .highlight pre { white-space: pre-wrap !important; word-break: normal !important; overflow-wrap: anywhere; overflow-x: hidden; }
.reveal .jp-OutputArea-output table { font-size: 15px; }
.reveal .jp-InputArea-editor { min-width: 0; overflow: hidden; }
</style>"""


class PlotlyToHtml(Preprocessor):
    """Turns Plotly outputs into HTML drawn by one plotly.js; the PNG stays for readers without scripts."""

    def preprocess(self, nb, resources):
        n = 0
        for cell in nb.cells:
            for out in cell.get("outputs", []):
                data = out.get("data", {})
                figure = data.pop(PLOTLY, None)
                if figure is None:
                    continue
                n += 1
                alt = html.escape(data.get("text/plain", "figure"), quote=True)
                png = data.pop("image/png", None)
                fallback = f'<noscript><img alt="{alt}" src="data:image/png;base64,{png}"></noscript>' if png else ""
                spec = json.dumps(figure).replace("</", "<\\/").replace("<!--", "<\\!--")
                height = figure.get("layout", {}).get("height", 450)
                data["text/html"] = (f'<div id="fig{n}" class="stagecraft-figure" role="img" aria-label="{alt}" style="height:{height}px"></div>{fallback}'
                                     f"<script>plotWhenShown('fig{n}', {spec});</script>")
        return nb, resources


def copy_once(source: Path, target: Path) -> None:
    """Copies a file or folder unless it is there; beside and renamed, so a kill leaves no half library."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, beside)
    else:
        shutil.copy2(source, beside)
    try:
        os.replace(beside, target)
    except OSError:  # another export was first
        shutil.rmtree(beside, ignore_errors=True)


def copy_parts(source: Path, target: Path, patterns: list) -> None:
    for pattern in patterns:
        for path in source.glob(pattern):
            copy_once(path, target / path.relative_to(source))


def has_math(nb) -> bool:
    text = "\n".join(c.source if c.cell_type == "markdown" else "\n".join(str(o.get("data", {}).get("text/latex", "")) for o in c.get("outputs", []))
                     for c in nb.cells)
    return bool(re.search(r"\$[^$\n]+\$|\$\$|\\\(|\\\[|\\begin\{", text))


def loads(page: str) -> list:
    """What a browser would fetch from another host; links that a reader may follow are not loads."""
    bare = re.sub(r"<script>plotWhenShown\(.*?</script>", "", page, flags=re.S)
    patterns = [r"<script[^>]+src=[\"'](?:https?:)?//[^\"']+", r"<link[^>]+href=[\"'](?:https?:)?//[^\"']+", r"<(?:img|iframe|video|audio|source|embed)[^>]+src=[\"'](?:https?:)?//[^\"']+",
                r"\bimport\b[^;\n]{0,80}[\"'](?:https?:)?//[^\"']+", r"@import\s+(?:url\()?[\"']?(?:https?:)?//[^\"')]+", r"url\([\"']?(?:https?:)?//[^\"')]+"]
    return [m for p in patterns for m in re.findall(p, bare)]


SLIDE_FIGURE = 480  # pixels of 800: a figure, a sentence before it and one after it


def for_an_audience(nb) -> None:
    """Bars that have ended, checks that have passed and the record are not for an audience; a figure is as high as a slide allows."""
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [out for out in cell.outputs if RECORD not in out.get("data", {}) and "<progress " not in "".join(out.get("data", {}).get("text/html", ""))]
        for out in cell.outputs:
            if out.output_type == "stream":
                out.text = "".join(line for line in "".join(out.text).splitlines(keepends=True) if not line.startswith(("ok: ", "open: ")))
            layout = out.get("data", {}).get(PLOTLY, {}).get("layout", {})
            if layout.get("height", 0) > SLIDE_FIGURE:
                layout["height"] = SLIDE_FIGURE
        cell.outputs = [out for out in cell.outputs if out.output_type != "stream" or out.text.strip()]


def one_each(cell) -> list:
    """A code cell as cells that show one figure or table each; the first holds the code."""
    groups = [[]]
    for out in cell.outputs:
        if shows(out) and any(map(shows, groups[-1])):
            groups.append([])
        groups[-1].append(out)
    rest = [nbformat.v4.new_code_cell("", outputs=outputs) for outputs in groups[1:]]
    cell.outputs = groups[0]
    return [cell, *rest]


def shows(out) -> bool:
    return PLOTLY in out.get("data", {}) or "text/html" in out.get("data", {})


def cut_into_slides(nb) -> None:
    """
    A slide begins at each heading and after each figure or table, where the author has not said otherwise.
    A cell that closes one section and opens the next is cut in two at its heading.
    """
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            cells += one_each(cell)
            continue
        parts = re.split(r"\n(?=#{1,3} )", cell.source)
        cells += [cell] if len(parts) == 1 else [nbformat.v4.new_markdown_cell(part, metadata=copy.deepcopy(cell.metadata)) for part in parts]
    full = False  # the slide has its figure
    for i, cell in enumerate(cells):
        heading = cell.cell_type == "markdown" and re.match(r"#{1,3} ", cell.source.lstrip())
        figure = cell.cell_type == "code" and any(map(shows, cell.outputs))
        seen = cell.cell_type == "markdown" or len(cell.outputs) > 0
        begins = i == 0 or bool(heading) or (seen and full)
        full = figure or (full and not begins)
        cell.metadata.setdefault("slideshow", {}).setdefault("slide_type", "slide" if begins else "-")
    nb.cells = cells


def render(nb, name: str, slides: bool) -> str:
    math = has_math(nb)
    exporter = (SlidesExporter if slides else HTMLExporter)(preprocessors=[PlotlyToHtml], embed_images=True)
    exporter.mathjax_url = "assets/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"
    exporter.require_js_url = "assets/require.js"
    exporter.jquery_url = "assets/jquery.min.js"
    exporter.jupyter_widgets_base_url = ""
    if slides:
        for_an_audience(nb)
        cut_into_slides(nb)
        exporter.reveal_url_prefix = "assets/reveal"
        exporter.reveal_theme = "white"  # its fonts lie beside it; nbconvert's `simple` imports from a font service
        exporter.reveal_width, exporter.reveal_height, exporter.reveal_scroll = "1280", "800", True  # room for wide figures
    page, _ = exporter.from_notebook_node(nb, {"metadata": {"name": name}})
    page = re.sub(r'<script type="module">(?:(?!</script>).)*?mermaid.*?</script>', "", page, flags=re.S)
    if not math:
        page = re.sub(r'<!-- Load mathjax -->.*?<!-- End of mathjax configuration -->', "", page, flags=re.S)
        page = page.replace("if(MathJax.Hub", "if(window.MathJax && MathJax.Hub")
    if not slides:
        page = page.replace('<script src="assets/require.js"></script>', "")  # only widgets would need it
    # plotly.js goes before require.js: after it, it would register as an AMD module and leave no global
    at = page.index("<head>") + len("<head>")
    return page[:at] + '<meta charset="utf-8"><script src="assets/plotly.min.js"></script>' + HEAD + (SLIDES if slides else "") + page[at:]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--html", action="store_true")
    parser.add_argument("--slides", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    failed = 0
    for file in args.files:
        assets = file.parent / "assets"
        nb = nbformat.read(file, 4)
        copy_once(MODULES / "plotly.js-dist-min/plotly.min.js", assets / "plotly.min.js")
        if has_math(nb):
            copy_parts(MODULES / "mathjax", assets / "mathjax", MATHJAX)
        for slides in [s for s, wanted in ((False, args.html), (True, args.slides)) if wanted]:
            if slides:
                copy_once(MODULES / "requirejs/require.js", assets / "require.js")
                copy_once(MODULES / "jquery/dist/jquery.min.js", assets / "jquery.min.js")
                copy_parts(MODULES / "reveal.js", assets / "reveal", REVEAL)
            page = render(nb, file.stem, slides)
            remote = loads(page)
            if remote:
                failed += 1
                print(f"{file.name}: would load from the network: {', '.join(remote[:3])}; allowed: what lies beside the page", file=sys.stderr)
                continue
            target = file.with_suffix(".slides.html" if slides else ".html")
            beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
            beside.write_text(page, encoding="utf-8")
            os.replace(beside, target)
            print(f"{target.name} {target.stat().st_size / 1024:.0f} KiB", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
