/* Arrow keys among the marks of swim lanes: left and right within a lane, up and down to the nearest mark of the next
   one, Home and End. Each lane is one stop of the Tab key; without script every mark is one. */
(() => {
  const lanesOf = figure => [...figure.querySelectorAll('[data-lane]')].map(lane => [...lane.querySelectorAll('a')]);
  const middle = mark => { const box = mark.getBoundingClientRect(); return box.left + box.width / 2; };

  const prepare = figure => {
    for (const lane of lanesOf(figure)) lane.forEach((mark, i) => { mark.tabIndex = i ? -1 : 0; });
  };

  const nearest = (marks, x) => marks.reduce((best, mark) =>
    Math.abs(middle(mark) - x) < Math.abs(middle(best) - x) ? mark : best);

  document.addEventListener('keydown', event => {
    const mark = event.target instanceof Element ? event.target.closest('[data-lane] a') : null;
    if (!mark || event.altKey || event.ctrlKey || event.metaKey) return;
    const lanes = lanesOf(mark.closest('[data-lanes]')), row = lanes.findIndex(lane => lane.includes(mark));
    const lane = lanes[row], at = lane.indexOf(mark), other = { ArrowUp: lanes[row - 1], ArrowDown: lanes[row + 1] }[event.key];
    const next = other ? nearest(other, middle(mark))
      : { ArrowLeft: lane[at - 1], ArrowRight: lane[at + 1], Home: lane[0], End: lane.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    for (const one of next.closest('[data-lane]').querySelectorAll('a')) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });

  const start = () => document.querySelectorAll('[data-lanes]').forEach(prepare);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
