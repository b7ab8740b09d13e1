// What the page shows, unpacked, and small helpers.
const sheet = JSON.parse(document.getElementById("data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
sheet.wave.values = new Int8Array(bytes(sheet.wave.data).buffer);
sheet.mel.values = bytes(sheet.mel.data);
for (const lane of sheet.lanes) lane.values = bytes(lane.cells);
const [START, END] = sheet.span;

// Seconds as m:ss or h:mm:ss.
function clock(seconds, decimals = 1) {
  const scale = 10 ** decimals;
  const ticks = Math.floor(Math.max(0, seconds) * scale + 1e-6);
  const whole = Math.floor(ticks / scale);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const head = hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
  return decimals ? `${head}.${pad(ticks % scale, decimals)}` : head;
}

// Activity of a lane at a second, 0 to 1.
function activity(lane, time) {
  const cell = Math.floor((time - sheet.cells.from) / sheet.cells.step);
  return (lane.values[Math.min(Math.max(cell, 0), lane.values.length - 1)] ?? 0) / 255;
}

// The range of a lane that holds a second.
const rangeAt = (lane, time) => lane.ranges.find(([start, end]) => time >= start && time < end);

const parse = (css) => [1, 3, 5].map((at) => parseInt(css.slice(at, at + 2), 16));
const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * Math.min(Math.max(t, 0), 1)));

// How far up its colour an activity lies: the step at the threshold makes a detection stand out.
const height = (value, threshold) => value < threshold
  ? 0.3 * value / threshold
  : 0.55 + 0.45 * (value - threshold) / Math.max(1 - threshold, 1e-3);

// Round steps of a time axis: at most `most` of them.
function tickStep(length, most) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  return steps.find((step) => length / step <= most) ?? Math.ceil(length / most / 3600) * 3600;
}
