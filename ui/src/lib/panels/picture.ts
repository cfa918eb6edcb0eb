/** Paints a part of the page into a PNG: boxes, texts, drawings and canvases as they stand, without asking anybody. */

const SCALE = 2;
const MOST_PIXELS = 16_000;

type Style = CSSStyleDeclaration;
const visible = (style: Style) => style.display !== "none" && style.visibility !== "hidden" && Number(style.opacity) > 0;
const solid = (colour: string) => colour !== "" && colour !== "transparent" && !/^rgba\(.*,\s*0\)$/.test(colour) && !/\/\s*0\)$/.test(colour);

/** The outline of a box: its clip path where it has one, else its rounded corners. */
function outline(pen: CanvasRenderingContext2D, style: Style, box: DOMRect) {
  pen.beginPath();
  const corners = /^polygon\((.*)\)$/.exec(style.clipPath)?.[1];
  if (corners) {
    for (const corner of corners.split(",")) {
      const [x = 0, y = 0] = corner.trim().split(/\s+/).map((part) => parseFloat(part) / 100);
      pen.lineTo(box.x + x * box.width, box.y + y * box.height);
    }
    pen.closePath();
    return;
  }
  const given = parseFloat(style.borderTopLeftRadius) || 0;
  const radius = style.borderTopLeftRadius.endsWith("%") ? (given * box.width) / 100 : given;
  pen.roundRect(box.x, box.y, box.width, box.height, Math.min(radius, box.width / 2, box.height / 2));
}

function paintBox(pen: CanvasRenderingContext2D, style: Style, box: DOMRect) {
  outline(pen, style, box);
  if (solid(style.backgroundColor)) {
    pen.fillStyle = style.backgroundColor;
    pen.fill();
  }
  const width = parseFloat(style.borderTopWidth);
  if (width && width === parseFloat(style.borderLeftWidth) && solid(style.borderTopColor)) {
    pen.strokeStyle = style.borderTopColor;
    pen.lineWidth = width;
    pen.stroke();
    return;
  }
  const edge = (w: string, colour: string, x: number, y: number, width: number, height: number) => {
    if (!parseFloat(w) || !solid(colour)) return;
    pen.fillStyle = colour;
    pen.fillRect(x, y, width || parseFloat(w), height || parseFloat(w));
  };
  edge(style.borderTopWidth, style.borderTopColor, box.x, box.y, box.width, 0);
  edge(style.borderBottomWidth, style.borderBottomColor, box.x, box.bottom - parseFloat(style.borderBottomWidth), box.width, 0);
}

/** A text node, line by line where it breaks. */
function paintText(pen: CanvasRenderingContext2D, node: Text, style: Style) {
  const range = document.createRange();
  const text = node.data;
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.textBaseline = "alphabetic";
  pen.letterSpacing = style.letterSpacing === "normal" ? "0px" : style.letterSpacing;
  const clip = style.textOverflow === "ellipsis" ? node.parentElement!.getBoundingClientRect() : null;
  let line = "";
  let at: DOMRect | null = null;
  const flush = () => {
    if (!at || !line.trim()) return;
    const measured = pen.measureText(line);
    const height = measured.fontBoundingBoxAscent + measured.fontBoundingBoxDescent;
    let shown = line;
    while (clip && shown.length > 1 && at.x + pen.measureText(shown).width > clip.right + 1) shown = `${shown.replace(/…$/, "").slice(0, -1)}…`;
    pen.fillText(shown, at.x, at.y + (at.height - height) / 2 + measured.fontBoundingBoxAscent);
  };
  for (let i = 0; i < text.length; i++) {
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    const box = range.getClientRects()[0];
    if (!box) continue;
    if (!at || Math.abs(box.y - at.y) > 2) {
      flush();
      [line, at] = ["", box];
    }
    line += text[i] === "\n" ? " " : text[i];
  }
  flush();
}

function pathOf(shape: SVGElement): Path2D | null {
  const n = (name: string) => Number(shape.getAttribute(name) ?? 0);
  const path = new Path2D();
  switch (shape.tagName) {
    case "path": return new Path2D(shape.getAttribute("d") ?? "");
    case "circle": path.arc(n("cx"), n("cy"), n("r"), 0, 7); return path;
    case "ellipse": path.ellipse(n("cx"), n("cy"), n("rx"), n("ry"), 0, 0, 7); return path;
    case "rect": path.roundRect(n("x"), n("y"), n("width"), n("height"), n("rx")); return path;
    case "line": path.moveTo(n("x1"), n("y1")); path.lineTo(n("x2"), n("y2")); return path;
    case "polyline": case "polygon": return new Path2D(`M${shape.getAttribute("points") ?? ""}${shape.tagName === "polygon" ? "Z" : ""}`);
    default: return null;
  }
}

function paintSvg(pen: CanvasRenderingContext2D, svg: SVGSVGElement) {
  const frame = svg.getBoundingClientRect();
  pen.save();
  pen.beginPath();
  pen.rect(frame.x, frame.y, frame.width, frame.height);
  pen.clip();
  for (const shape of svg.querySelectorAll<SVGGraphicsElement>("path, circle, ellipse, rect, line, polyline, polygon, text")) {
    const style = getComputedStyle(shape);
    const matrix = shape.getScreenCTM();
    if (!matrix || !visible(style) || shape.closest("defs, clipPath")) continue;
    pen.save();
    pen.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
    pen.globalAlpha = Number(style.opacity);
    if (shape.tagName === "text") paintSvgText(pen, shape as SVGTextElement, style);
    else paintShape(pen, shape, style);
    pen.restore();
  }
  pen.restore();
}
/** A round gradient around a circle; others are left out. */
function gradientOf(pen: CanvasRenderingContext2D, shape: SVGGraphicsElement, fill: string): CanvasGradient | null {
  const source = document.getElementById(/#([^")]+)/.exec(fill)?.[1] ?? "");
  if (!(source instanceof SVGRadialGradientElement) || !(shape instanceof SVGCircleElement)) return null;
  const [x, y, r] = [shape.cx.baseVal.value, shape.cy.baseVal.value, shape.r.baseVal.value];
  const gradient = pen.createRadialGradient(x, y, 0, x, y, r);
  for (const stop of source.querySelectorAll("stop")) {
    const style = getComputedStyle(stop);
    gradient.addColorStop(Number(stop.getAttribute("offset")), style.stopColor.replace(/^rgb\((.*)\)$/, `rgba($1, ${style.stopOpacity})`));
  }
  return gradient;
}
function paintShape(pen: CanvasRenderingContext2D, shape: SVGGraphicsElement, style: Style) {
  const path = pathOf(shape);
  if (!path) return;
  const fill = style.fill.startsWith("url(") ? gradientOf(pen, shape, style.fill) : style.fill === "none" ? null : style.fill;
  if (fill) {
    const alpha = pen.globalAlpha;
    pen.globalAlpha = alpha * Number(style.fillOpacity);
    pen.fillStyle = fill;
    pen.fill(path);
    pen.globalAlpha = alpha;
  }
  if (style.stroke !== "none" && parseFloat(style.strokeWidth)) {
    pen.globalAlpha *= Number(style.strokeOpacity);
    pen.strokeStyle = style.stroke;
    const scale = style.vectorEffect === "non-scaling-stroke" ? Math.hypot(pen.getTransform().a, pen.getTransform().b) / SCALE : 1;
    pen.lineWidth = parseFloat(style.strokeWidth) / (scale || 1);
    pen.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[\s,]+/).map(parseFloat));
    pen.lineJoin = style.strokeLinejoin as CanvasLineJoin;
    pen.lineCap = style.strokeLinecap as CanvasLineCap;
    pen.stroke(path);
  }
}
function paintSvgText(pen: CanvasRenderingContext2D, text: SVGTextElement, style: Style) {
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.fill;
  pen.textAlign = ({ middle: "center", end: "right" } as const)[style.textAnchor as "middle" | "end"] ?? "left";
  pen.textBaseline = style.dominantBaseline === "central" || style.dominantBaseline === "middle" ? "middle" : "alphabetic";
  const spans = text.querySelectorAll("tspan");
  for (const part of spans.length ? spans : [text]) pen.fillText(part.textContent ?? "", Number(part.getAttribute("x") ?? text.getAttribute("x") ?? 0), Number(part.getAttribute("y") ?? text.getAttribute("y") ?? 0));
}

function paint(pen: CanvasRenderingContext2D, element: Element) {
  const style = getComputedStyle(element);
  if (!visible(style) || element.matches("[data-hide], .spoken")) return;
  if (element instanceof SVGSVGElement) return paintSvg(pen, element);
  const box = element.getBoundingClientRect();
  if (!box.width || !box.height) return;
  pen.save();
  pen.globalAlpha *= Number(style.opacity);
  paintBox(pen, style, box);
  if (style.overflow !== "visible" || style.overflowY !== "visible") {
    outline(pen, style, box);
    pen.clip();
  }
  if (element instanceof HTMLCanvasElement) pen.drawImage(element, box.x, box.y, box.width, box.height);
  for (const child of element.childNodes) {
    if (child instanceof Text && child.data.trim()) paintText(pen, child, style);
    else if (child instanceof Element) paint(pen, child);
  }
  pen.restore();
}

/** The element as a PNG, in its theme. */
export async function pngOf(element: HTMLElement): Promise<Blob> {
  await document.fonts.ready;
  const box = element.getBoundingClientRect();
  const height = Math.max(box.height, element.scrollHeight);
  const scale = Math.min(SCALE, MOST_PIXELS / Math.max(box.width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(box.width * scale);
  canvas.height = Math.ceil(height * scale);
  const pen = canvas.getContext("2d")!;
  pen.scale(scale, scale);
  pen.translate(-box.x, -box.y);
  pen.fillStyle = getComputedStyle(document.body).backgroundColor;
  pen.fillRect(box.x, box.y, box.width, height);
  paint(pen, element);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
}

export async function savePng(element: HTMLElement, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await pngOf(element));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
