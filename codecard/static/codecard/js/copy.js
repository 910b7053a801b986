/* Copy buttons: <button data-copy="id of the element whose text is copied">. Shown only where script runs. */
(() => {
  document.documentElement.classList.add('js');

  const select = element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  /* The clipboard API needs a secure context; a first start on a plain http address falls back to the selection. */
  const write = async element => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(element.textContent);
    select(element);
    if (!document.execCommand('copy')) throw new Error('copy refused');
  };

  document.addEventListener('click', async event => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null;
    if (!button) return;
    const label = button.querySelector('[data-label]') ?? button, was = label.dataset.was ?? label.textContent;
    label.dataset.was = was;
    try {
      await write(document.getElementById(button.dataset.copy));
      label.textContent = 'Copied';
    } catch {
      select(document.getElementById(button.dataset.copy));
      label.textContent = 'Selected, copy it by hand';
    }
    setTimeout(() => { label.textContent = was; }, 2000);
  });
})();
