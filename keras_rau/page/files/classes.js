// What a model's output means, as keras_rau.outputs.Outputs says it.
import {restore} from "./geometry.js";

const STEP = 1 / 256; // integers count probability so

/** Refuses what is not a probability. */
export function check(values) {
  // Of NaN no comparison holds.
  if (!values.every((value) => value >= -STEP && value <= 1 + STEP)) {
    throw new Error("the model gives NaN or values outside [0, 1] for this image");
  }
}

/**
 * Masks of the classes, at the size of the image.
 *
 * `values` are the model's, K channels side by side; `about` says `kind`, `names`, `threshold`, `image_size` and `resize`.
 * Gives `{masks, numbers}`: by class a Uint8Array of 0 and 1, and class numbers where classes exclude each other.
 */
export function decide(values, about, height, width) {
  const names = about.names ?? ["lesion"];
  const size = about.image_size;
  const whole = (channel) => {
    const map = names.length === 1 ? values : Float32Array.from({length: size[0] * size[1]}, (_, at) => values[at * names.length + channel]);
    return restore(map, size, height, width, about.resize ?? "letterbox");
  };
  if (about.kind !== "exclusive") {
    const threshold = about.threshold ?? 0.5;
    const masks = names.map((name, channel) => [name, Uint8Array.from(whole(channel), (value) => Number(value >= threshold))]);
    return {masks: Object.fromEntries(masks)};
  }
  const highest = whole(0);
  const numbers = new Uint8Array(highest.length);
  for (let channel = 1; channel < names.length; channel++) {
    whole(channel).forEach((value, at) => {
      if (value > highest[at]) [highest[at], numbers[at]] = [value, channel];
    });
  }
  const masks = names.slice(1).map((name, place) => [name, numbers.map((number) => Number(number === place + 1))]);
  return {masks: Object.fromEntries(masks), numbers};
}
