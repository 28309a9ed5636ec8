"""Exports executed notebooks to pages and slides that need no network: export_notebooks.py --html|--slides [--hide-code] [--no-solutions] FILES…

nbconvert's own output loads MathJax, RequireJS, jQuery, reveal.js and Mermaid from other hosts. Here they come from assets/ beside the
page (MathJax only if a cell holds mathematics, Mermaid not at all: notebooks draw with Plotly), and a page that would still
load something is refused.
"""
import argparse
import html
import json
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import Preprocessor

from slides import slides_page

MODULES = Path(__file__).resolve().parents[2] / "node_modules"
PLOTLY = "application/vnd.plotly.v1+json"
MATHJAX = ["MathJax.js", "config/TeX-AMS_CHTML-full.js", "config/Safe.js", "extensions/*.js", "extensions/TeX", "extensions/CHTML-preview.js",
           "jax/element", "jax/input/TeX", "jax/output/CommonHTML", "fonts/HTML-CSS/TeX/woff"]  # 2 of 60 MB
REVEAL = ["dist/reveal.js", "dist/reveal.css", "dist/reset.css", "plugin/notes"]

HEAD = """<script>
function plotWhenShown(id, fig) {
  Plotly.newPlot(id, {data: fig.data, layout: fig.layout, frames: fig.frames || [], config: Object.assign({}, fig.config, {responsive: true})});
}
</script>
<style>.stagecraft-figure { width: 100%; overflow-x: auto; }</style>"""


class Figures:
    """Turns Plotly outputs into HTML drawn by one plotly.js; the PNG stays for readers without scripts."""

    count = 0

    def html(self, out):
        data = out.get("data", {})
        figure = data.get(PLOTLY)
        if figure is None:
            return None
        self.count += 1
        alt = html.escape(data.get("text/plain", "figure"), quote=True)
        png = data.get("image/png")
        fallback = f'<noscript><img alt="{alt}" src="data:image/png;base64,{png}"></noscript>' if png else ""
        spec = json.dumps(figure).replace("</", "<\\/").replace("<!--", "<\\!--")
        height = figure.get("layout", {}).get("height", 450)
        name = f"fig{self.count}"
        return (f'<div id="{name}" class="stagecraft-figure" role="img" aria-label="{alt}" style="height:{height}px"></div>{fallback}'
                f"<script>plotWhenShown('{name}', {spec});</script>")


class PlotlyToHtml(Preprocessor):
    def preprocess(self, nb, resources):
        figures = Figures()
        for cell in nb.cells:
            for out in cell.get("outputs", []):
                drawn = figures.html(out)
                if drawn is not None:
                    for mime in (PLOTLY, "image/png"):
                        out["data"].pop(mime, None)
                    out["data"]["text/html"] = drawn
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


def without_solutions(nb) -> None:
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"<details>.*?</details>", "", cell.source, flags=re.S).strip()


def page_of(nb, name: str, code: bool) -> str:
    exporter = HTMLExporter(preprocessors=[PlotlyToHtml], embed_images=True, exclude_input=not code)
    exporter.mathjax_url = "assets/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"
    exporter.require_js_url = "assets/require.js"
    exporter.jquery_url = ""
    exporter.jupyter_widgets_base_url = ""
    page, _ = exporter.from_notebook_node(nb, {"metadata": {"name": name}})
    page = re.sub(r'<script type="module">(?:(?!</script>).)*?mermaid.*?</script>', "", page, flags=re.S)
    if not has_math(nb):
        page = re.sub(r'<!-- Load mathjax -->.*?<!-- End of mathjax configuration -->', "", page, flags=re.S)
    page = page.replace('<script src="assets/require.js"></script>', "")  # only widgets would need it
    at = page.index("<head>") + len("<head>")
    return page[:at] + '<meta charset="utf-8"><script src="assets/plotly.min.js"></script>' + HEAD + page[at:]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--html", action="store_true")
    parser.add_argument("--slides", action="store_true")
    parser.add_argument("--hide-code", action="store_true")
    parser.add_argument("--no-solutions", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    failed = 0
    for file in args.files:
        assets = file.parent / "assets"
        nb = nbformat.read(file, 4)
        copy_once(MODULES / "plotly.js-dist-min/plotly.min.js", assets / "plotly.min.js")
        if has_math(nb):
            copy_parts(MODULES / "mathjax", assets / "mathjax", MATHJAX)
        if args.no_solutions:
            without_solutions(nb)
        for slides in [s for s, wanted in ((False, args.html), (True, args.slides)) if wanted]:
            if slides:
                copy_parts(MODULES / "reveal.js", assets / "reveal", REVEAL)
                page = slides_page(nb, file.stem, Figures().html, has_math(nb), not args.hide_code)
            else:
                page = page_of(nb, file.stem, not args.hide_code)
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
