/** The token is asked for once and kept for this tab only. */
const key = 'holdfast-token';

/** @param change given headers, answers `{text}`, or `{refused: true}` when the token was not taken */
export async function withToken(change) {
  const token = sessionStorage.getItem(key) ?? (await ask());
  if (token === null) return 'nothing was changed: no token';
  try {
    const { refused, text } = await change({ authorization: `Bearer ${token}` });
    if (!refused) {
      sessionStorage.setItem(key, token);
      return text;
    }
    sessionStorage.removeItem(key);
    return 'nothing was changed: the token was refused';
  } catch (error) {
    return `nothing is known: ${error.message}`;
  }
}

function ask() {
  const dialog = document.getElementById('token');
  const input = document.getElementById('token-text');
  input.value = '';
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener(
      'close',
      () => resolve(dialog.returnValue === 'ok' && input.value !== '' ? input.value.trim() : null),
      { once: true },
    ),
  );
}
