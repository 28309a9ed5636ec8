"""
Slides of an executed notebook: one figure (or table) and one sentence each, 1280 × 720, nothing to scroll. What a slide leaves out of the
text is in its speaker notes (key S), as is a cell tagged `notes` and a cell's `notes` in its metadata. Code is folded; a cell tagged
`show-code` is itself what is shown. `slideshow.slide_type` is honoured: slide and subslide begin one, skip leaves a cell out, notes are notes.
"""
import html
import re
from dataclasses import dataclass, field

from nbconvert.filters import Highlight2HTML
from nbconvert.filters import markdown2html as rendered
from pygments.formatters import HtmlFormatter

ROWS = 9  # of a table: an audience does not read more
LINES, LINES_BELOW_FIGURE = 5, 2
ENDS = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bal)(?<!\bvs)[.!?:](?=\s)")
SEEN = re.compile(r"\*\*(What we see|Why it matters|Why)\.\*\*\s*")
BELOW = re.compile(r"\blines? below\b|\bprinted lines\b|\bwhat is printed\b|\bbelow say")  # an audience sees them beside the figure
RECORD = "application/vnd.stagecraft.record+json"


def markdown2html(source: str) -> str:
    return re.sub(r'<a class="anchor-link".*?</a>', "", rendered(source))


@dataclass
class Slide:
    title: str
    level: int
    said: list = field(default_factory=list)  # HTML
    shown: str = ""
    seen: list = field(default_factory=list)  # HTML and its lines
    found: list = field(default_factory=list)  # HTML and its lines
    checks: list = field(default_factory=list)  # HTML and its lines; shown where nothing else is
    code: list = field(default_factory=list)
    notes: list = field(default_factory=list)  # markdown


def slides_of(nb, figure_html) -> list:
    """The slides of a notebook. `figure_html(output)` gives a figure's HTML, or None where an output is none."""
    slides = [Slide("", 1)]
    for cell in nb.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        tags = cell.metadata.get("tags", [])
        if kind == "skip":
            continue
        if kind == "notes" or "notes" in tags:
            slides[-1].notes.append(cell.source)
            continue
        if kind in ("slide", "subslide") and used(slides[-1]) and not re.match(r"#{1,3} ", cell.source):
            slides.append(like(slides[-1]))
        if cell.cell_type == "markdown":
            for part in re.split(r"\n(?=#{1,3} )", cell.source):
                add_text(slides, part)
        elif cell.cell_type == "code":
            add_code(slides, cell, figure_html, "show-code" in tags)
        if "notes" in cell.metadata:
            slides[-1].notes.append(cell.metadata["notes"])
    return [slide for slide in slides if used(slide)]


def used(slide) -> bool:
    return bool(slide.said or slide.shown or slide.seen or slide.found or slide.level == 1 and slide.title)


def like(slide) -> Slide:
    return Slide(slide.title, max(2, slide.level))


def add_text(slides, text: str) -> None:
    heading = re.match(r"(#{1,3}) (.*)\n?", text)
    if heading:
        carried = [] if used(slides[-1]) else slides[-1].code
        slides.append(Slide(heading[2], len(heading[1]), code=carried))
        text = text[heading.end():]
    for block in blocks(text):
        now = slides[-1]
        if SEEN.match(block):
            sentence, rest = first_sentence(SEEN.sub("", block))
            if BELOW.search(sentence):
                rest = f"{sentence} {rest}"
            else:
                now.seen.append((markdown2html(sentence), lines_of(sentence)))
            now.notes.append(rest)
            continue
        exercise = re.match(r"\*\*\d+\. ", block)
        if now.shown or (exercise and now.said):
            now = like(now)
            slides.append(now)
        if exercise or not re.match(r"[\w`*\"“(]", block) or re.match(r"\d+\. |[*-] ", block):
            now.said.append(markdown2html(block))
        elif re.match(r"About .*minutes", block):
            now.notes.append(block)
        elif not now.said or re.match(r"\*\*.*\*\*$", block):
            sentence, rest = question_or_first(block)
            now.said.append(markdown2html(sentence))
            now.notes.append(rest)
        else:
            now.notes.append(block)


def blocks(text: str) -> list:
    """Paragraphs, lists, fences and whole <details>."""
    parts = re.split(r"(<details>.*?</details>|^```.*?^```)", text, flags=re.S | re.M)
    return [b.strip() for i, p in enumerate(parts) for b in ([p] if i % 2 else re.split(r"\n\s*\n", p)) if b.strip()]


def first_sentence(text: str) -> tuple:
    end = next((m.end() for m in ENDS.finditer(f"{text} ") if m[0] != ":" or m.end() >= len(text)), len(text))
    return text[:end], text[end:].strip()


def question_or_first(text: str) -> tuple:
    """What an audience reads of a paragraph, and what the speaker says."""
    rest, sentences = text, []
    while rest:
        sentence, rest = first_sentence(rest)
        sentences.append(sentence)
    shown = next((sentence for sentence in sentences if sentence.endswith("?")), sentences[0])
    return shown, " ".join(sentence for sentence in sentences if sentence is not shown)


def add_code(slides, cell, figure_html, is_subject: bool) -> None:
    slides[-1].code.append(cell.source)
    if is_subject:
        show(slides, Highlight2HTML(pygments_lexer="typescript")(cell.source))
    for out in cell.outputs:
        data = out.get("data", {})
        if RECORD in data or "<progress " in "".join(data.get("text/html", "")):
            continue  # the record and bars that have ended are not for an audience
        drawn = figure_html(out)
        if drawn is not None:
            show(slides, drawn)
        elif "text/html" in data:
            show(slides, short_table("".join(data["text/html"])))
        elif "text/markdown" in data:
            show(slides, markdown2html("".join(data["text/markdown"])))
        elif "image/png" in data:
            show(slides, f'<img src="data:image/png;base64,{data["image/png"]}" alt="">')
        else:
            add_lines(slides, "".join(out.get("text", data.get("text/plain", ""))))


def show(slides, content: str) -> None:
    if slides[-1].shown:
        slides.append(like(slides[-1]))
    slides[-1].shown = content


def add_lines(slides, text: str) -> None:
    """What a cell printed: findings and a few other lines stand below what is shown."""
    every = [line for line in text.splitlines() if line.strip() and not line.startswith("open: ")]
    passed = [re.sub(r"^ok: | \(expected .*\)$", "", line) for line in every if line.startswith("ok: ")]
    slides[-1].checks += [(f"<li>✓ {html.escape(line)}</li>", lines_of(line)) for line in passed]
    lines = [line for line in every if not line.startswith("ok: ")]
    found = [line.removeprefix("found: ") for line in lines]
    if len(found) > LINES:
        return show(slides, f"<pre>{html.escape(chr(10).join(lines))}</pre>")
    slides[-1].found += [(f"<li>{html.escape(line)}</li>", lines_of(line)) for line in found]


def lines_of(text: str) -> int:
    return 1 + len(text) // 92


def short_table(text: str) -> str:
    def cut(match) -> str:
        rows = re.findall(r"<tr\b.*?</tr>", match[1], flags=re.S)
        more = f'</tbody><tfoot><tr><td colspan="99">… and {len(rows) - ROWS} more rows</td></tr></tfoot>' if len(rows) > ROWS else "</tbody>"
        return "<tbody>" + "\n".join(rows[:ROWS]) + more

    return re.sub(r"<tbody>(.*?)</tbody>", cut, text, flags=re.S)


def below(slide: Slide) -> list:
    """What stands below a figure or table: findings where there is room for all, else what is seen; the others go to the notes."""
    figure = "stagecraft-figure" in slide.shown
    if not slide.shown and not slide.found and slide.level > 1:
        slide.found = slide.checks
    room = LINES_BELOW_FIGURE if figure else LINES
    kept = []
    for part in (slide.found, slide.seen):
        if part and sum(lines for _, lines in part) <= room - sum(lines for _, lines in kept):
            kept += part
    for text, _ in [one for one in slide.seen + slide.found if one not in kept]:
        slide.notes.append(re.sub(r"</?(li|p)>", "", text))
    if figure and kept and slide.said:
        slide.notes.insert(0, re.sub(r"</?p>", "", " ".join(slide.said)))
        slide.said = []
    return kept


def section_html(slide: Slide, code: bool) -> str:
    inline = re.sub(r"^<p>|</p>\s*$", "", markdown2html(slide.title).strip())
    level = min(slide.level, 2)
    seen = "".join(text for text, _ in below(slide))
    parts = [f"<h{level}>{inline}</h{level}>"]
    if slide.said:
        parts.append(f'<div class="said">{"".join(slide.said)}</div>')
    if slide.shown:
        kind = "drawn" if "stagecraft-figure" in slide.shown else "listed"
        parts.append(f'<div class="shown {kind}">{slide.shown}</div>')
    if seen:
        parts.append(f'<div class="seen">{re.sub("(<li>.*</li>)", "<ul>" + chr(92) + "1</ul>", seen, flags=re.S)}</div>')
    if code and slide.code:
        source = Highlight2HTML(pygments_lexer="typescript")("\n\n".join(slide.code))
        parts.append(f'<details class="stagecraft-code"><summary>code</summary>{source}</details>')
    notes = "\n\n".join(note for note in slide.notes if note)
    aside = f'<aside class="notes">{markdown2html(notes)}</aside>' if notes else ""
    return f'<section class="level{slide.level}"><div class="slide">{"".join(parts)}</div>{aside}</section>'


STYLE = """
.reveal { font: 24px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #23292f; }
body, .reveal-viewport { background: #fff; }
.reveal .slides { text-align: left; }
.slide { position: relative; box-sizing: border-box; width: 1280px; height: 720px; padding: 30px 48px 34px; display: flex;
  flex-direction: column; gap: 10px; overflow: hidden; }
.slide > * { flex: none; margin: 0; }
.level1 .slide { justify-content: center; padding: 0 120px; gap: 24px; }
.reveal h1 { font-size: 60px; line-height: 1.15; } .reveal h2 { font-size: 36px; line-height: 1.2; }
.reveal h1, .reveal h2, .reveal strong { font-weight: 650; } .reveal details[open] { max-height: 430px; overflow: auto; } .reveal h4 { font-weight: 650; } .reveal em { font-style: italic; } .reveal a { color: #005a96; }
.reveal p, .reveal ul, .reveal ol { margin: 0 0 8px; } .reveal ul { list-style: disc; } .reveal ol { list-style: decimal; } .reveal ul, .reveal ol { padding-left: 30px; } .reveal li { margin-bottom: 6px; }
.said, .seen { max-width: 1120px; } .seen { font-size: 22px; }
.shown { flex: 1 1 0 !important; min-height: 0; overflow: hidden; }
.shown.listed { flex: 0 1 auto !important; }
.reveal table { border-collapse: collapse; font-size: 20px; font-variant-numeric: tabular-nums; }
.reveal th, .reveal td { padding: 4px 14px 4px 0; border-bottom: 1px solid #dfe3e7; vertical-align: top; }
.reveal th { color: #5b6570; font-weight: 600; } .reveal caption { text-align: left; color: #5b6570; padding-bottom: 4px; } .reveal tfoot td { color: #5b6570; }
.reveal pre, .reveal code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.reveal pre { margin: 0; font-size: 18px; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
.reveal code { font-size: .9em; }
.stagecraft-code { position: absolute; left: 48px; right: 48px; bottom: 4px; max-height: 640px; overflow: auto; background: #fff; font-size: 14px; }
.stagecraft-code > summary { color: #6b7280; cursor: pointer; }
.stagecraft-code pre { font-size: 15px; padding: 8px 0; }
.print-pdf .stagecraft-code { display: none; } .print-pdf .pdf-page:last-of-type { page-break-after: avoid !important; }
@media (prefers-reduced-motion: reduce) { .reveal .slides section { transition: none !important; } }
"""

SCRIPT = """
// A figure fills its place, its text large enough for a room; a table or text too large for its place is made smaller.
function plotWhenShown(id, figure) {
  const box = document.getElementById(id), place = box.parentElement;
  const draw = () => {
    const [width, height] = [place.clientWidth, place.clientHeight];
    const scale = Math.max(1, Math.min(1.35, height / (figure.layout.height || 420)));
    box.style.cssText = `width:${width / scale}px;height:${height / scale}px;transform:scale(${scale});transform-origin:0 0`;
    const layout = { ...figure.layout, width: width / scale, height: height / scale, autosize: false };
    return Plotly.newPlot(box, { data: figure.data, layout, frames: figure.frames || [], config: { ...figure.config, responsive: false, displayModeBar: false } });
  };
  const seen = new ResizeObserver(() => { if (place.clientHeight > 0) { seen.disconnect(); draw(); } });
  seen.observe(place);
}
function fit() {
  for (const slide of document.querySelectorAll(".slide")) {
    const tooLarge = (box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
    const shown = slide.querySelector(".listed");
    if (slide.querySelector(".drawn")) continue;
    const [box, inner] = shown ? [shown, [...shown.children]] : [slide, [...slide.querySelectorAll(".said, .seen")]];
    for (let zoom = 1.2; zoom > 0.5; zoom -= 0.05) {
      for (const part of inner) part.style.zoom = zoom;
      if (!tooLarge(box) && !tooLarge(slide)) break;
    }
  }
  document.documentElement.dataset.fitted = "yes";
}
Reveal.on("pdf-ready", fit);
Reveal.initialize({ width: 1280, height: 720, margin: 0, center: false, hash: true, slideNumber: "c/t", progress: false, controlsLayout: "edges", transition: "none",
  viewDistance: 1000, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes] }).then(fit);
"""

MATHJAX = """<script type="text/x-mathjax-config">MathJax.Hub.Config({ tex2jax: { inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], processEscapes: true },
  CommonHTML: { linebreaks: { automatic: true } }, displayAlign: "left" });</script>
<script src="assets/mathjax/MathJax.js?config=TeX-AMS_CHTML-full,Safe"></script>"""


def slides_page(nb, name: str, figure_html, math: bool, code: bool) -> str:
    """One HTML page; reveal.js and Plotly lie in assets/ beside it. `code`: with the code, folded."""
    sections = "\n".join(section_html(slide, code) for slide in slides_of(nb, figure_html))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(name)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/reveal/dist/reset.css">
<link rel="stylesheet" href="assets/reveal/dist/reveal.css">
<style>{STYLE}{HtmlFormatter().get_style_defs(".highlight")}</style>
<script src="assets/plotly.min.js"></script>
<script src="assets/reveal/dist/reveal.js"></script>
<script src="assets/reveal/plugin/notes/notes.js"></script>
{MATHJAX if math else ""}
</head>
<body>
<script>{SCRIPT.split("function fit")[0]}</script>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script>function fit{SCRIPT.split("function fit")[1]}</script>
</body>
</html>
"""
