/* Single keys of the dashboards. What a key does is a link or control of the page itself; each may be switched off in
   the list of them (WCAG 2.1.4), which this browser remembers. Never with Alt, Ctrl or Meta, never in a field. */
(() => {
  const OFF = 'keys-off';
  const stored = () => { try { return localStorage.getItem(OFF) === '1'; } catch { return false; } };
  const remember = off => { try { off ? localStorage.setItem(OFF, '1') : localStorage.removeItem(OFF); } catch { /* private mode */ } };
  const one = selector => document.querySelector(selector);
  const dialog = () => one('dialog[data-keys]');
  let went = 0;

  const follow = selector => { const link = one(selector); if (link) link.click(); return Boolean(link); };

  const compare = () => {
    const links = [...document.querySelectorAll('nav[aria-label="Compare with"] a')];
    const at = links.findIndex(link => link.hasAttribute('aria-current'));
    links[(at + 1) % links.length]?.click();
  };

  const custom = () => {
    const field = one('#dash input[name=from]');
    if (!field) return;
    field.closest('details').open = true;
    field.focus();
  };

  const search = () => { const field = one('main input[type=search], main form[role=search] input, main form[role=search] select'); field?.focus(); };

  const escape = () => {
    const open = one('#dash details.pop[open]');
    if (open) { open.open = false; open.querySelector('summary').focus(); } else follow('#clear-filters');
  };

  const help = () => {
    const box = dialog();
    if (!box || box.open) return;
    box.querySelector('input').checked = !stored();
    box.showModal();
  };

  const PLACES = {
    t: 'nav[aria-label=Main] a:first-child', p: 'nav[aria-label=Main] a[href$="/pulls/"]', h: 'nav[aria-label=Main] a[href$="/health/"]',
  };
  const KEYS = {
    1: () => follow('nav[aria-label=Period] a:nth-of-type(1)'),
    2: () => follow('nav[aria-label=Period] a:nth-of-type(2)'),
    3: () => follow('nav[aria-label=Period] a:nth-of-type(3)'),
    c: custom, x: compare, '/': search, Escape: escape,
    ArrowLeft: () => follow('[data-go=earlier]'), ArrowRight: () => follow('[data-go=later]'),
    g: () => { went = Date.now(); },
  };

  const isTyping = target => target instanceof Element && target.closest('input, select, textarea, [contenteditable]');
  const isReading = target => target instanceof Element && target.closest('svg, dialog, [role=region]');

  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target) || !dialog()) return;
    if (event.key === '?') { event.preventDefault(); help(); return; }
    if (stored() || dialog().open || (event.key.startsWith('Arrow') && isReading(event.target))) return;
    const place = Date.now() - went < 1500 ? PLACES[event.key] : undefined, act = KEYS[event.key];
    if (place) { went = 0; event.preventDefault(); follow(place); return; }
    if (!act) return;
    if (event.key !== 'Escape') event.preventDefault();
    act();
  });

  document.addEventListener('click', event => {
    if (event.target instanceof Element && event.target.closest('[data-keys-open]')) help();
  });
  document.addEventListener('change', event => {
    if (event.target instanceof Element && event.target.matches('[data-keys-on]')) remember(!event.target.checked);
  });
})();
