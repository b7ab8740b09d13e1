// The page itself: player, pointer, keys, words.
const $ = (id) => document.getElementById(id);
const [stage, canvas, tip, audio] = ["stage", "chart", "tip", "audio"].map($);
const state = { time: START, hover: null, row: -1, font: getComputedStyle(document.body).fontFamily };
let layout;
let pending = false;

function dress(theme) {
  document.documentElement.dataset.theme = theme;
  state.colours = sheet.colours[theme];
  state.images = pictures(state.colours);
  $("theme").textContent = theme === "dark" ? "Light" : "Dark";
  fillTable();
  who(true);
  redraw();
}

function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    const width = stage.clientWidth;
    const scale = window.devicePixelRatio || 1;
    layout = layOut(width);
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(layout.height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(layout.height * scale);
      canvas.style.height = `${layout.height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    drawAll(context, layout, view, state);
    const length = view.to - view.from < END - START ? `  ·  ${clock(view.from, 0)} to ${clock(view.to, 0)}` : "";
    $("clock").innerHTML = `<strong>${clock(state.time)}</strong> / ${clock(END)}${length}`;
  });
}

// Who plays now while it plays or the pointer rests; who plays at all otherwise.
let told = "";
function who(force = false) {
  const now = state.hover ?? (!audio.paused || state.time > START ? state.time : null);
  const lanes = sheet.lanes.filter((lane) => now === null ? lane.ranges.length : rangeAt(lane, now));
  if (now === null) lanes.sort((a, b) => b.weight - a.weight);
  const words = lanes.slice(0, 9).map((lane) => ({
    name: lane.name, colour: state.colours.families[lane.family], share: now === null ? lane.share : activity(lane, now),
  }));
  const text = JSON.stringify(words);
  if (text === told && !force) return;
  told = text;
  $("who").replaceChildren(...words.map(({ name, colour, share }) => {
    const word = document.createElement("div");
    const [bar, fill] = [document.createElement("i"), document.createElement("b")];
    fill.style.cssText = `background:${colour};width:${Math.round(share * 100)}%`;
    bar.append(fill);
    word.append(name, bar);
    return word;
  }));
  if (!words.length) {
    const word = document.createElement("div");
    word.className = "nobody";
    word.textContent = now === null ? "No instrument above its threshold" : "…";
    $("who").append(word);
  }
}

function go(time) {
  state.time = Math.min(Math.max(time, START), END);
  if (audio.src) audio.currentTime = state.time;
  follow(state.time);
  who();
  redraw();
}

function tick() {
  state.time = audio.currentTime;
  follow(state.time);
  who();
  redraw();
  if (!audio.paused) requestAnimationFrame(tick);
}

function toggle() {
  if ($("play").disabled) return;
  if (audio.paused) {
    if (state.time >= END - 0.05) state.time = START;
    audio.currentTime = state.time;
    audio.play().catch(() => cannotPlay());
  } else {
    audio.pause();
  }
}

function cannotPlay() {
  $("play").disabled = true;
  $("play").title = audio.src ? "This browser cannot play the file, or it is no longer where it was" : "The page holds no audio";
}

for (const name of ["play", "pause", "ended"]) {
  audio.addEventListener(name, () => {
    $("play-path").setAttribute("d", audio.paused ? "M4 2.5v11l9-5.5z" : "M3.5 2.5h3v11h-3zm6 0h3v11h-3z");
    $("play").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    if (!audio.paused) tick();
  });
}
audio.addEventListener("error", cannotPlay);

// The second under the pointer, and its lane.
function pointer(event) {
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const inside = x >= layout.left && x <= layout.right;
  const time = view.from + (x - layout.left) / (layout.right - layout.left) * (view.to - view.from);
  const row = layout.lanes.findIndex((spot) => y >= spot.top && y < spot.top + spot.height);
  return { x, y, inside, time: Math.min(Math.max(time, START), END), row };
}

function showTip({ x, y, inside, time, row }) {
  tip.hidden = !inside;
  if (!inside) return;
  const loudest = sheet.lanes.map((lane, index) => ({ lane, index, value: activity(lane, time) }))
    .sort((a, b) => b.value - a.value)
    .filter(({ value, index }, place) => index === row || (place < 5 && value >= 0.05));
  const lines = loudest.map(({ lane, value }) => {
    const line = document.createElement("span");
    if (value < lane.threshold) line.className = "weak";
    const [dot, name, number] = ["i", "b", "em"].map((tag) => document.createElement(tag));
    dot.style.background = state.colours.families[lane.family];
    const range = rangeAt(lane, time);
    name.textContent = lane.name;
    number.textContent = value.toFixed(2) + (range ? `   ${clock(range[0])} – ${clock(range[1])}` : "");
    line.append(dot, name, number);
    return line;
  });
  const head = document.createElement("div");
  head.className = "at";
  head.textContent = clock(time, 2);
  tip.replaceChildren(head, ...lines);
  const room = stage.clientWidth - tip.offsetWidth - 4;
  tip.style.left = `${x + 16 > room ? Math.max(4, x - tip.offsetWidth - 16) : x + 16}px`;
  tip.style.top = `${Math.min(Math.max(4, y - tip.offsetHeight / 2), layout.height - tip.offsetHeight)}px`;
}

let drag = null;
canvas.addEventListener("pointermove", (event) => {
  const at = pointer(event);
  if (drag) {
    const seconds = (drag.x - at.x) / (layout.right - layout.left) * (view.to - view.from);
    drag.moved ||= Math.abs(drag.x - at.x) > 4;
    if (drag.moved) {
      stage.classList.add("moving");
      show(drag.from + seconds, view.to - view.from);
    }
  }
  state.hover = at.inside && !drag?.moved ? at.time : null;
  state.row = at.row;
  showTip({ ...at, inside: at.inside && !drag?.moved });
  who();
  redraw();
});
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  drag = { x: pointer(event).x, from: view.from, moved: false };
});
canvas.addEventListener("pointerup", (event) => {
  const at = pointer(event);
  if (drag && !drag.moved && at.inside) go(at.time);
  drag = null;
  stage.classList.remove("moving");
});
canvas.addEventListener("pointerleave", () => {
  state.hover = null;
  state.row = -1;
  tip.hidden = true;
  who();
  redraw();
});
canvas.addEventListener("dblclick", () => { show(START, END - START); redraw(); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const at = pointer(event);
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    show(view.from + event.deltaX / (layout.right - layout.left) * (view.to - view.from), view.to - view.from);
  } else {
    zoom(Math.exp(Math.min(Math.max(event.deltaY, -200), 200) * 0.002), at.time);
  }
  redraw();
}, { passive: false });

const middle = () => state.time >= view.from && state.time <= view.to && state.time > START ? state.time : (view.from + view.to) / 2;
const keys = {
  " ": toggle, ArrowLeft: () => go(state.time - 1), ArrowRight: () => go(state.time + 1), Home: () => go(START), End: () => go(END),
  "+": () => zoom(0.6, middle()), "=": () => zoom(0.6, middle()), "-": () => zoom(1 / 0.6, middle()), 0: () => show(START, END - START),
  t: () => $("theme").click(),
};
document.addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button") && event.key === " ") return;
  event.preventDefault();
  act();
  redraw();
});
$("play").addEventListener("click", toggle);
$("in").addEventListener("click", () => { zoom(0.6, middle()); redraw(); });
$("out").addEventListener("click", () => { zoom(1 / 0.6, middle()); redraw(); });
$("fit").addEventListener("click", () => { show(START, END - START); redraw(); });
$("theme").addEventListener("click", () => dress(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));

function fillTable() {
  const rows = sheet.lanes.filter((lane) => lane.ranges.length).sort((a, b) => b.weight - a.weight).map((lane) => {
    const row = document.createElement("tr");
    const cells = Array.from({ length: 4 }, () => row.insertCell());
    const dot = document.createElement("i");
    dot.style.background = state.colours.families[lane.family];
    cells[0].append(dot, lane.name);
    cells[1].textContent = `${Math.round(lane.share * 100)} %`;
    cells[2].textContent = Math.max(...lane.ranges.map((range) => range[3])).toFixed(2);
    cells[1].className = cells[2].className = "number";
    cells[3].append(...lane.ranges.map(([start, end]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${clock(start)} – ${clock(end)}`;
      button.addEventListener("click", () => go(start));
      return button;
    }));
    return row;
  });
  $("table").hidden = !rows.length;
  $("table").tBodies[0].replaceChildren(...rows);
}

$("facts").textContent = sheet.facts;
$("warning").hidden = !sheet.warning;
$("warning").textContent = sheet.warning ?? "";
if (!audio.hasAttribute("src")) cannotPlay();
new ResizeObserver(redraw).observe(stage);
dress(sheet.theme);
// What a test asks: where the page stands.
window.rollcall = { state, view, sheet, audio };
