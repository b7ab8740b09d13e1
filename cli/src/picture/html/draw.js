// Pictures that depend on the data and the theme alone: one pixel a column and lane, stretched when they are shown.
function canvasOf(width, rows, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(width, 1);
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = colour(x, y);
      image.data.set([r, g, b, 255], 4 * (y * canvas.width + x));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function pictures(colours) {
  const stops = colours.mel.map(parse);
  const magma = Array.from({ length: 256 }, (_, shade) => {
    const place = shade / 255 * (stops.length - 1);
    const at = Math.min(Math.floor(place), stops.length - 2);
    return mix(stops[at], stops[at + 1], place - at);
  });
  const bands = sheet.mel.bands;
  const mel = canvasOf(sheet.mel.values.length / bands, bands,
    (x, y) => magma[sheet.mel.values[x * bands + bands - 1 - y]]);
  const ground = mix(parse(colours.ground), parse(colours.track), 0.55);
  const lanes = sheet.lanes.map((lane) => {
    const family = parse(colours.families[lane.family]);
    const heat = Array.from({ length: 256 }, (_, value) => mix(ground, family, height(value / 255, lane.threshold)));
    return canvasOf(lane.values.length, 1, (x) => heat[lane.values[x]]);
  });
  return { mel, lanes, ground: `rgb(${ground})` };
}

// Where everything stands, in CSS pixels, for a width.
function layOut(width) {
  const narrow = width < 720;
  const [left, right] = [narrow ? 92 : 150, narrow ? 8 : 58];
  let top = 4;
  const place = (height, gap) => {
    const spot = { top, height };
    top += height + gap;
    return spot;
  };
  const wave = sheet.wave.values.length ? place(84, 8) : null;
  const mel = sheet.mel.values.length ? place(128, 14) : null;
  let family = sheet.lanes[0]?.family;
  const lanes = sheet.lanes.map((lane) => {
    if (lane.family !== family) top += 9;
    const first = lane.family !== family || lane === sheet.lanes[0];
    family = lane.family;
    return { lane, first, ...place(20, 0) };
  });
  const axis = top + 6;
  return { left, right: width - right, narrow, wave, mel, lanes, axis, height: axis + 24 };
}

function drawAll(context, layout, view, state) {
  const { colours, images } = state;
  const width = layout.right - layout.left;
  const x = (time) => layout.left + (time - view.from) / (view.to - view.from) * width;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, layout.right + 200, layout.height);
  context.textBaseline = "middle";
  const write = (text, at, y, colour, weight = 400, align = "right", size = 12.5) => {
    context.font = `${weight} ${size}px ${state.font}`;
    context.fillStyle = colour;
    context.textAlign = align;
    context.fillText(text, at, y);
  };
  const stretch = (image, from, step, spot) => {
    context.save();
    context.beginPath();
    context.rect(layout.left, spot.top, width, spot.height);
    context.clip();
    context.drawImage(image, x(from), spot.top, image.width * step / (view.to - view.from) * width, spot.height);
    context.restore();
  };
  if (layout.wave) drawWave(context, layout, x, state, write);
  if (layout.mel) {
    context.imageSmoothingEnabled = true;
    stretch(images.mel, START, sheet.mel.step, layout.mel);
    if (!layout.narrow) write("Log-mel", 17, layout.mel.top + 10, colours.muted, 400, "left");
    const mel = (hz) => 1127 * Math.log(1 + hz / 700);
    for (const [hz, label] of [[250, "250 Hz"], [1000, "1 kHz"], [4000, "4 kHz"]]) {
      const share = (mel(hz) - mel(125)) / (mel(7500) - mel(125));
      write(label, layout.left - 12, layout.mel.top + layout.mel.height * (1 - share), colours.muted, 400, "right", 11);
    }
  }
  for (const [index, spot] of layout.lanes.entries()) {
    const { lane, top } = spot;
    const heard = lane.ranges.length > 0;
    const middle = top + 8;
    const colour = colours.families[lane.family];
    if (spot.first) {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(6, middle, 3.5, 0, 7);
      context.fill();
    }
    write(lane.name, 17, middle, index === state.row ? colours.accent : heard ? colours.text : colours.faint, heard ? 600 : 400, "left");
    context.fillStyle = images.ground;
    context.fillRect(layout.left, top + 2, width, 12);
    context.imageSmoothingEnabled = false;
    stretch(images.lanes[index], sheet.cells.from, sheet.cells.step, { top: top + 2, height: 12 });
    context.fillStyle = colour;
    for (const [start, end] of lane.ranges) {
      const [a, b] = [Math.max(x(start), layout.left), Math.min(x(end), layout.right)];
      if (b > a) context.fillRect(a, top + 15, Math.max(b - a, 1), 3);
    }
    if (heard && !layout.narrow) {
      const percent = lane.share < 0.01 ? "< 1 %" : `${Math.round(lane.share * 100)} %`;
      write(percent, layout.right + 56, middle, colours.text, 600);
    }
  }
  drawAxis(context, layout, view, x, colours, write);
  const line = (time, colour, dash) => {
    if (time < view.from || time > view.to) return;
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x(time), 0);
    context.lineTo(x(time), layout.axis);
    context.stroke();
    context.setLineDash([]);
  };
  if (state.hover !== null) line(state.hover, colours.muted, [3, 3]);
  line(state.time, colours.accent, []);
}

function drawWave(context, layout, x, state, write) {
  const { colours, images } = state;
  const { top, height } = layout.wave;
  write("Wave", 17, top + 10, colours.muted, 400, "left");
  context.fillStyle = images.ground;
  context.fillRect(layout.left, top, layout.right - layout.left, height);
  const values = sheet.wave.values;
  state.loudest ??= Math.max(6, ...[0, 1].map((end) => values.reduce((most, value, i) => i % 2 === end ? Math.max(most, Math.abs(value)) : most, 0)));
  const scale = height / 2 / (state.loudest * 1.08);
  context.fillStyle = `rgb(${mix(parse(colours.muted), parse(colours.accent), 0.35)})`;
  const column = x(START + sheet.wave.step) - x(START);
  for (let pixel = Math.floor(layout.left); pixel < layout.right; pixel++) {
    const first = Math.floor((pixel - x(START)) / column);
    const last = Math.max(first + 1, Math.floor((pixel + 1 - x(START)) / column));
    let [low, high] = [0, 0];
    for (let at = Math.max(first, 0); at < last && 2 * at < values.length; at++) {
      low = Math.min(low, values[2 * at]);
      high = Math.max(high, values[2 * at + 1]);
    }
    const [a, b] = [top + height / 2 - high * scale, top + height / 2 - low * scale];
    context.fillRect(pixel, a, 1, Math.max(b - a, 1));
  }
}

function drawAxis(context, layout, view, x, colours, write) {
  const step = tickStep(view.to - view.from, Math.max(3, (layout.right - layout.left) / 90));
  context.lineWidth = 1;
  for (let tick = Math.ceil(view.from / step - 1e-9); tick * step <= view.to + 1e-9; tick++) {
    const at = Math.round(x(tick * step)) + 0.5;
    context.strokeStyle = `rgba(${parse(colours.text)}, 0.10)`;
    context.beginPath();
    context.moveTo(at, layout.wave?.top ?? 0);
    context.lineTo(at, layout.axis);
    context.stroke();
    write(clock(tick * step, step < 1 ? 1 : 0), at, layout.axis + 12, colours.muted, 400, "center", 11);
  }
}
