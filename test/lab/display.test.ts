import { afterEach, describe, expect, test, vi } from "vitest";
import { display, inNotebook } from "../../src/lab/display.js";
import { liveCurve } from "../../src/lab/live-curve.js";
import { show } from "../../src/lab/show.js";

interface Sent {
  readonly data: Readonly<Record<string, unknown>>;
  readonly id: string | undefined;
  readonly update: boolean;
}

function notebook(): Sent[] {
  const sent: Sent[] = [];
  const lastWriteDisplayData = (
    message: { data: Record<string, unknown>; transient: { display_id?: string } },
    update: boolean,
  ): void => void sent.push({ data: message.data, id: message.transient.display_id, update });
  vi.stubGlobal("__tslab__", { require: () => ({ lastWriteDisplayData }) });
  return sent;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("display", () => {
  test("does nothing outside a notebook", () => {
    expect(inNotebook()).toBe(false);
    expect(() => display({ "text/plain": "x" })).not.toThrow();
  });

  test("sends several types at once and updates by id", () => {
    const sent = notebook();
    display({ "text/plain": "one", "text/html": "<b>one</b>" }, "display-test");
    display({ "text/plain": "two" }, "display-test");
    display({ "text/plain": "three" });
    expect(sent.map(({ id, update }) => [id, update])).toEqual([
      ["display-test", false],
      ["display-test", true],
      [undefined, false],
    ]);
    expect(Object.keys(sent[0]!.data)).toEqual(["text/plain", "text/html"]);
  });

  test("shows tables as HTML and figures as Plotly JSON, each with a text", () => {
    const sent = notebook();
    show([{ a: 1 }]);
    show({ data: [{ y: Float32Array.of(1, NaN) }], layout: { title: { text: "<b>Seen</b>" } } });
    expect(sent[0]!.data["text/html"]).toContain("<td");
    expect(sent[1]!.data["application/vnd.plotly.v1+json"]).toMatchObject({
      data: [{ y: [1, null] }],
    });
    // no `responsive`: in JupyterLab the figure would have no height after a change of theme
    expect((sent[1]!.data["application/vnd.plotly.v1+json"] as { config: object }).config).toEqual({
      displaylogo: false,
    });
    expect(sent[1]!.data["text/plain"]).toBe("[figure: Seen]");
  });
});

describe("live curve", () => {
  test("redraws in place at most once a second and at the end", () => {
    const sent = notebook();
    let ms = 0;
    const curve = liveCurve({ metric: "log loss", now: () => ms });
    for (let step = 0; step <= 40; step++) {
      ms = step * 100;
      curve.add("train", step, 1 / (step + 1));
    }
    expect(sent).toHaveLength(5);
    const figure = curve.finish();
    expect(sent).toHaveLength(6);
    expect(sent.map(({ update }) => update)).toEqual([false, true, true, true, true, true]);
    expect((figure.data[0]!["x"] as number[]).length).toBe(41);
  });

  test("refuses to finish without points", () => {
    expect(() => liveCurve({ metric: "loss" }).finish()).toThrow("series is empty");
  });
});
