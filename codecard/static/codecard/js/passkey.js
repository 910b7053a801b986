/* Passkeys. A form with data-passkey is hidden until this script shows it; its submit asks the browser for a passkey
   first and sends what comes back in the field "credential".
     data-passkey="add": makes one.   "use": uses one of the account that is signing in.   "login": uses any.
     data-options: id of the JSON that the server wrote; "login" fetches it from the form's address instead. */
(() => {
  const isAble = window.PublicKeyCredential && 'parseCreationOptionsFromJSON' in PublicKeyCredential;
  if (!isAble) return;

  const options = async form => {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent).publicKey;
    const answer = await fetch(form.action, { headers: { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' } });
    if (!answer.ok) throw new Error(answer.status === 429 ? 'Too many requests. Wait a minute, then try again.' : 'The server did not answer.');
    return (await answer.json()).request_options.publicKey;
  };

  /* A passkey that signs in alone must be found without a name and unlocked by its holder. */
  const create = (form, json) => {
    const isAlone = form.elements.passwordless?.checked ?? false;
    json.authenticatorSelection = {
      ...json.authenticatorSelection, residentKey: isAlone ? 'required' : 'discouraged', requireResidentKey: isAlone,
      ...(isAlone ? { userVerification: 'required' } : {}),
    };
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) });
  };

  const use = json => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json) });

  const words = error => ({
    NotAllowedError: 'No passkey was used. Try again, or take another way.',
    InvalidStateError: 'This passkey is among yours already.',
    SecurityError: 'Passkeys do not work at this address. Open the page by its host name, over https.',
  })[error.name] ?? (error.name === 'Error' ? error.message : 'The passkey could not be used. Try again, or take another way.');

  const run = async form => {
    const error = form.querySelector('[data-passkey-error]'), button = form.querySelector('button');
    error.hidden = true;
    button.disabled = true;
    try {
      const json = await options(form);
      const credential = await (form.dataset.passkey === 'add' ? create(form, json) : use(json));
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch (problem) {
      error.textContent = words(problem);
      error.hidden = false;
      button.disabled = false;
    }
  };

  document.querySelectorAll('[data-passkey-without]').forEach(element => { element.hidden = true; });
  document.querySelectorAll('form[data-passkey]').forEach(form => {
    form.hidden = false;
    form.addEventListener('submit', event => { event.preventDefault(); run(form); });
  });
})();
