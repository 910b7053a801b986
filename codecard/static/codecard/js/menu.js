/* A menu made of <details> closes on Escape and on a click elsewhere. */
(() => {
  const menus = () => document.querySelectorAll('details.pop[open], details.menu[open]');
  document.addEventListener('click', event => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    for (const menu of menus()) {
      if (menu.contains(document.activeElement)) menu.querySelector('summary').focus();
      menu.open = false;
    }
  });
})();
