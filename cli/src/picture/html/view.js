// Which part of the time is shown: zoom and move, never beyond the file's ends.
const SHORTEST = Math.min(0.5, END - START);
const view = { from: START, to: END };

function show(from, length) {
  const wanted = Math.min(Math.max(length, SHORTEST), END - START);
  view.from = Math.min(Math.max(from, START), END - wanted);
  view.to = view.from + wanted;
}

// Keeps the second under the pointer where it is.
function zoom(factor, around) {
  const share = (around - view.from) / (view.to - view.from);
  const length = Math.min(Math.max((view.to - view.from) * factor, SHORTEST), END - START);
  show(around - share * length, length);
}

// Brings a second into the view, a little from its left end, if it is not there.
function follow(time) {
  const length = view.to - view.from;
  if (time < view.from || time > view.to) show(time - 0.1 * length, length);
}
