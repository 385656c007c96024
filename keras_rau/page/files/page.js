import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";
import {fitImage, restore} from "./geometry.js";

const OUTLINE = [0, 230, 160, 255];
const LARGEST = 4096; // pixels a side; canvases of some phones end there
const state = document.getElementById("state");
const accelerator = document.getElementById("accelerator");
let about = {};
let model;

async function load() {
  say("loading the model…");
  const answer = await fetch("model.json");
  if (!answer.ok) throw new Error(`model.json: ${answer.status} ${answer.statusText}`);
  about = await answer.json();
  model?.delete();
  model = undefined;
  model = await loadAndCompile("model.tflite", {accelerator: accelerator.value});
  say(`ready: ${about.name ?? "model"}, ${about.image_size.join(" × ")} pixels`);
}

/** Mask of an image: Uint8Array of 0 and 1 at its own size, and how long the model took. */
async function segment(pixels, height, width) {
  const size = about.image_size;
  const resize = about.resize ?? "letterbox";
  const threshold = about.threshold ?? 0.5;
  const values = fitImage(pixels, height, width, size, resize);
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
  const mask = Uint8Array.from(restore(map, size, height, width, resize), (value) => Number(value >= threshold));
  return {mask, milliseconds};
}

async function read(file) {
  const bitmap = await createImageBitmap(file); // upright, as its EXIF tag says
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

function outlined(image, mask) {
  const {width, height, data} = image;
  const reach = Math.max(1, Math.round(Math.max(width, height) / 500));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (mask[row * width + column] && touchesOutside(mask, width, height, row, column, reach)) {
        data.set(OUTLINE, 4 * (row * width + column));
      }
    }
  }
  return image;
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

async function maskFile(mask, width, height) {
  const image = new ImageData(width, height);
  mask.forEach((value, index) => image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * index));
  return new Promise((resolve) => canvasOf(image).toBlob(resolve, "image/png"));
}

async function show(file) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  figure.dataset.name = file.name;
  try {
    const {image, pixels} = await read(file);
    const {mask, milliseconds} = await segment(pixels, image.height, image.width);
    const area = mask.reduce((sum, value) => sum + value, 0);
    const saved = await maskFile(mask, image.width, image.height);
    figure.append(canvasOf(outlined(image, mask)));
    const share = (100 * area) / mask.length;
    caption.append(
      text(file.name),
      text(area ? `${area.toLocaleString("en")} pixels, ${share.toFixed(1)} % of the image` : "no lesion found"),
      text(`${milliseconds.toFixed(0)} ms`),
      link("save the mask", saved, `${file.name.replace(/\.[^.]*$/, "")}_mask.png`),
    );
    Object.assign(figure.dataset, {area, milliseconds: milliseconds.toFixed(1)});
  } catch (error) {
    caption.append(text(`${file.name}: not an image this browser can read (${error.message})`, "error"));
    figure.dataset.error = error.message;
  }
  figure.append(caption);
  document.getElementById("results").prepend(figure);
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
