/* Pointer and arrow-key readout for server-drawn charts. Reads the figure's own table, so the numbers exist once.
   Listens on the document: a figure that htmx swaps in needs no set-up. */
(() => {
  const NS = 'http://www.w3.org/2000/svg';
  let open = null;

  const plotOf = target => target instanceof Element ? target.closest('svg[data-plot]') : null;
  const text = cell => cell.textContent.trim();

  const close = () => {
    if (!open) return;
    open.tip.remove();
    open.line.remove();
    open = null;
  };

  const start = svg => {
    if (open?.svg === svg) return open;
    close();
    const fig = svg.closest('figure');
    const rows = [...fig.querySelectorAll('tbody tr')];
    if (!rows.length) return null;
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.setAttribute('role', 'status');
    const line = document.createElementNS(NS, 'line');
    line.setAttribute('class', 'cross');
    line.setAttribute('y1', svg.dataset.top);
    line.setAttribute('y2', svg.dataset.bottom);
    fig.append(tip);
    svg.append(line);
    const xs = svg.dataset.xs.split(' ').map(Number);
    const head = [...fig.querySelectorAll('thead th')].map(text);
    open = { svg, fig, rows, head, tip, line, xs, at: -1 };
    return open;
  };

  const row = (label, value) => {
    const div = document.createElement('div'), bold = document.createElement('b');
    bold.textContent = value;
    div.append(label ? label + ' ' : '', bold);
    return div;
  };

  const show = (o, index) => {
    const i = Math.max(0, Math.min(o.rows.length - 1, index));
    if (i === o.at) return;
    o.at = i;
    const x = o.xs[i];
    o.line.setAttribute('x1', x + '%');
    o.line.setAttribute('x2', x + '%');
    const cells = [...o.rows[i].children].map(text);
    o.tip.replaceChildren(...cells.map((value, k) => row(k ? o.head[k] : '', value)));
    const fig = o.fig.getBoundingClientRect(), plot = o.svg.getBoundingClientRect();
    const px = plot.left - fig.left + plot.width * x / 100, width = o.tip.offsetWidth;
    const left = px + 12 + width > fig.width ? Math.max(0, px - 12 - width) : px + 12;
    o.tip.style.transform = `translate(${left}px, ${plot.top - fig.top + 24}px)`;
  };

  const nearest = (o, clientX) => {
    const plot = o.svg.getBoundingClientRect(), x = (clientX - plot.left) / plot.width * 100;
    return o.xs.reduce((best, v, i) => Math.abs(v - x) < Math.abs(o.xs[best] - x) ? i : best, 0);
  };

  document.addEventListener('pointermove', e => {
    const svg = plotOf(e.target);
    if (!svg) { if (open && open.svg !== document.activeElement) close(); return; }
    const o = start(svg);
    if (o) show(o, nearest(o, e.clientX));
  });
  document.addEventListener('focusin', e => {
    const svg = plotOf(e.target), o = svg && start(svg);
    if (o && o.at < 0) show(o, o.rows.length - 1);
  });
  document.addEventListener('focusout', e => { if (open && plotOf(e.target) === open.svg) close(); });
  document.addEventListener('keydown', e => {
    const svg = plotOf(e.target), step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e3, End: 1e3 }[e.key];
    if (!svg || e.altKey || e.ctrlKey || e.metaKey) return;
    if (e.key === 'Escape') { close(); return; }
    const o = step && start(svg);
    if (!o) return;
    e.preventDefault();
    show(o, o.at < 0 ? o.rows.length - 1 : o.at + step);
  });
})();
