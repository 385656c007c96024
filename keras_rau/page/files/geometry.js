// The geometry of keras_rau.datasets.geometry: how a model sees an image, and back.

/** Top, left, height and width of the picture inside the model's frame. */
export function box(height, width, size, resize) {
  if (resize === "squash") return [0, 0, size[0], size[1]];
  const scale = Math.min(size[0] / height, size[1] / width);
  const inner = [height, width].map((length, axis) => Math.max(1, Math.min(size[axis], roundHalfEven(length * scale))));
  return [Math.floor((size[0] - inner[0]) / 2), Math.floor((size[1] - inner[1]) / 2), inner[0], inner[1]];
}

function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

// For each place of a shorter side, the places of the longer one it covers, with their shares.
function areaWeights(from, to) {
  const scale = from / to;
  return Array.from({length: to}, (_, place) => {
    const start = place * scale;
    const end = Math.min(start + scale, from);
    const weights = [];
    for (let source = Math.floor(start); source < Math.ceil(end - 1e-9); source++) {
      weights.push([source, (Math.min(end, source + 1) - Math.max(start, source)) / (end - start)]);
    }
    return weights;
  });
}

function linearWeights(from, to) {
  return Array.from({length: to}, (_, place) => {
    const centre = Math.max(0, Math.min(from - 1, ((place + 0.5) * from) / to - 0.5));
    const low = Math.floor(centre);
    const high = Math.min(low + 1, from - 1);
    return [[low, 1 - (centre - low)], [high, centre - low]];
  });
}

function resample(values, height, width, channels, rows, columns) {
  const wide = new Float32Array(height * columns.length * channels);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns.length; column++) {
      for (const [source, weight] of columns[column]) {
        for (let channel = 0; channel < channels; channel++) {
          wide[(row * columns.length + column) * channels + channel] += weight * values[(row * width + source) * channels + channel];
        }
      }
    }
  }
  const line = columns.length * channels;
  const found = new Float32Array(rows.length * line);
  for (let row = 0; row < rows.length; row++) {
    for (const [source, weight] of rows[row]) {
      for (let at = 0; at < line; at++) found[row * line + at] += weight * wide[source * line + at];
    }
  }
  return found;
}

/** Pixels of an image, RGB, at the model's size, plain values from 0 to 255. */
export function fitImage(pixels, height, width, size, resize) {
  const [top, left, innerHeight, innerWidth] = box(height, width, size, resize);
  const weights = innerHeight * innerWidth < height * width ? areaWeights : linearWeights;
  const inner = resample(pixels, height, width, 3, weights(height, innerHeight), weights(width, innerWidth));
  const found = new Float32Array(size[0] * size[1] * 3);
  for (let row = 0; row < size[0]; row++) {
    // Beside the picture its border is repeated.
    const fromRow = Math.max(0, Math.min(innerHeight - 1, row - top));
    for (let column = 0; column < size[1]; column++) {
      const fromColumn = Math.max(0, Math.min(innerWidth - 1, column - left));
      for (let channel = 0; channel < 3; channel++) {
        found[(row * size[1] + column) * 3 + channel] = Math.round(inner[(fromRow * innerWidth + fromColumn) * 3 + channel]);
      }
    }
  }
  return found;
}

/** A map of the model at the size of the image. */
export function restore(map, size, height, width, resize) {
  const [top, left, innerHeight, innerWidth] = box(height, width, size, resize);
  const inner = new Float32Array(innerHeight * innerWidth);
  for (let row = 0; row < innerHeight; row++) {
    inner.set(map.subarray((row + top) * size[1] + left, (row + top) * size[1] + left + innerWidth), row * innerWidth);
  }
  return resample(inner, innerHeight, innerWidth, 1, linearWeights(innerHeight, height), linearWeights(innerWidth, width));
}
