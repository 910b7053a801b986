/* <form data-once> is sent once: the answer to a second click would hide what the first one showed. The server holds to
   it as well. Coming back to the page by the browser's history makes it ready again. */
(() => {
  document.addEventListener('submit', event => {
    if (!event.target.matches('form[data-once]')) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = 'yes';
  });
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-once]')) delete form.dataset.sent;
  });
})();
