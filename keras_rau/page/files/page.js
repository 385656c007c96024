import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";
import {check, decide} from "./classes.js";
import {fitImage} from "./geometry.js";

const OUTLINE = [0, 230, 160]; // of one lesion class
const TINT = 0.35; // share of its colour in the pixels of one of several classes
const LARGEST = 4096; // pixels a side; canvases of some phones end there
const state = document.getElementById("state");
const accelerator = document.getElementById("accelerator");
let about = {};
let model;

async function load() {
  say("loading the model…");
  const answer = await fetch("model.json");
  if (!answer.ok) throw new Error(`model.json: ${answer.status} ${answer.statusText}`);
  about = {kind: "lesion", ...await answer.json()};
  showLegend();
  model?.delete();
  model = undefined;
  model = await loadAndCompile("model.tflite", {accelerator: accelerator.value});
  say(`ready: ${about.name ?? "model"}, ${about.image_size.join(" × ")} pixels`);
}

/** What `decide` gives for an image, and how long the model took. */
async function segment(pixels, height, width) {
  const size = about.image_size;
  const values = fitImage(pixels, height, width, size, about.resize ?? "letterbox");
  const integers = model.getInputDetails()[0].dtype === "uint8";
  const input = new Tensor(integers ? Uint8Array.from(values) : values, [1, size[0], size[1], 3]);
  const start = performance.now();
  const [output] = await model.run(input);
  const found = await output.data();
  const milliseconds = performance.now() - start;
  // A file of integers counts probability in steps of 1/256.
  const map = found instanceof Uint8Array ? Float32Array.from(found, (value) => value / 256) : Float32Array.from(found);
  input.delete();
  output.delete();
  check(map);
  return {...decide(map, about, height, width), milliseconds};
}

class Unreadable extends Error {}

async function read(file) {
  const bitmap = await createImageBitmap(file).catch((error) => { throw new Unreadable(error.message); }); // upright, as its EXIF tag says
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.fillStyle = "white"; // what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint8Array(3 * canvas.width * canvas.height);
  for (let from = 0, to = 0; from < image.data.length; from += 4) {
    pixels[to++] = image.data[from];
    pixels[to++] = image.data[from + 1];
    pixels[to++] = image.data[from + 2];
  }
  return {image, pixels};
}

/** Draws the outline of a mask, and tints what it encloses. */
function draw(image, mask, colour, tint) {
  const {width, height, data} = image;
  const reach = Math.max(1, Math.round(Math.max(width, height) / 500));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      if (!mask[at]) continue;
      const share = touchesOutside(mask, width, height, row, column, reach) ? 1 : tint;
      for (let channel = 0; share && channel < 3; channel++) {
        data[4 * at + channel] = share * colour[channel] + (1 - share) * data[4 * at + channel];
      }
    }
  }
}

function touchesOutside(mask, width, height, row, column, reach) {
  for (const [down, right] of [[-reach, 0], [reach, 0], [0, -reach], [0, reach]]) {
    const y = row + down;
    const x = column + right;
    if (y < 0 || x < 0 || y >= height || x >= width || !mask[y * width + x]) return true;
  }
  return false;
}

function canvasOf(image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** A grey picture of numbers. */
async function greyFile(values, width, height, factor) {
  const image = new ImageData(width, height);
  values.forEach((value, index) => image.data.set([factor * value, factor * value, factor * value, 255], 4 * index));
  return new Promise((resolve) => canvasOf(image).toBlob(resolve, "image/png"));
}

async function show(file) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  figure.dataset.name = file.name;
  try {
    const {image, pixels} = await read(file);
    const {masks, numbers, milliseconds} = await segment(pixels, image.height, image.width);
    const areas = Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, mask.reduce((sum, value) => sum + value, 0)]));
    const several = about.kind !== "lesion";
    const files = [];
    if (numbers) files.push(["", await greyFile(numbers, image.width, image.height, 1)]);
    else for (const [name, mask] of Object.entries(masks)) files.push([several ? name : "", await greyFile(mask, image.width, image.height, 255)]);
    for (const [name, mask] of Object.entries(masks)) {
      draw(image, mask, several ? about.colours[name] : OUTLINE, several ? TINT : 0);
    }
    figure.append(canvasOf(image));
    const stem = file.name.replace(/\.[^.]*$/, "");
    caption.append(
      text(file.name),
      ...Object.entries(areas).map(([name, area]) => found(several ? name : "", area, pixels.length / 3)),
      text(`${milliseconds.toFixed(0)} ms`),
      ...files.map(([name, blob]) => link(`save the mask${name && ` of ${name}`}`, blob, `${stem}${name && `_${name.replace(/[^\p{L}\p{N}.-]+/gu, "_")}`}_mask.png`)),
    );
    const area = Object.values(areas).reduce((sum, value) => sum + value, 0);
    Object.assign(figure.dataset, {area, areas: JSON.stringify(areas), milliseconds: milliseconds.toFixed(1)});
  } catch (error) {
    const words = error instanceof Unreadable ? `not an image this browser can read (${error.message})` : error.message;
    caption.append(text(`${file.name}: ${words}`, "error"));
    figure.dataset.error = error.message;
  }
  figure.append(caption);
  document.getElementById("results").prepend(figure);
}

/** What was found of a class: its colour where there are several, pixels, share. */
function found(name, area, pixels) {
  const share = ((100 * area) / pixels).toFixed(1);
  const words = area ? `${area.toLocaleString("en")} pixels, ${share} % of the image` : name ? "not found" : "no lesion found";
  const line = text(name ? ` ${name}: ${words}` : words);
  if (name) line.prepend(swatch(name));
  return line;
}

function swatch(name) {
  const square = text("", "swatch");
  square.style.background = `rgb(${about.colours[name].join(", ")})`;
  return square;
}

/** The colours of several classes. */
function showLegend() {
  const legend = document.getElementById("legend");
  const names = about.kind === "lesion" ? [] : Object.keys(about.colours);
  legend.replaceChildren(...names.map((name) => {
    const entry = text(` ${name}`);
    entry.prepend(swatch(name));
    return entry;
  }));
  legend.hidden = !names.length;
}

function text(words, kind = "") {
  return Object.assign(document.createElement("span"), {textContent: words, className: kind});
}

function link(words, blob, name) {
  return Object.assign(document.createElement("a"), {textContent: words, href: URL.createObjectURL(blob), download: name});
}

function say(words, failed = false) {
  state.textContent = words;
  state.className = failed ? "error" : "";
}

async function showAll(files) {
  for (const file of files) {
    say(`outlining ${file.name}…`);
    await show(file);
  }
  say(`done: ${files.length} image${files.length === 1 ? "" : "s"}`);
}

const drop = document.getElementById("drop");
const input = document.getElementById("file");
input.addEventListener("change", () => showAll([...input.files]));
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  showAll([...event.dataTransfer.files]);
});
accelerator.addEventListener("change", () => load().catch((error) => say(`the model cannot run there: ${error.message}`, true)));

input.disabled = true;
try {
  await loadLiteRt("litert/wasm/");
  await load();
  input.disabled = false;
  const gpu = await navigator.gpu?.requestAdapter();
  document.getElementById("where").hidden = !gpu;
} catch (error) {
  say(`the model could not be loaded: ${error.message}`, true);
}
