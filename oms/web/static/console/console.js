/* What every page of the console does: leads to the search by the key `/`, and puts the cursor where the page asks for
   it, what stands there marked, to be typed over. */
(() => {
  const SEARCH = "#searchbar";
  const focus = (what) => {
    const field = document.querySelector(what);
    field?.focus();
    field?.select?.();
    return field;
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (focus(SEARCH)) return event.preventDefault();
    const orders = document.querySelector('a[href$="/orders/order/"]');
    if (!orders) return;
    event.preventDefault();
    location.assign(orders.href + SEARCH);
  });

  // Browsers follow `autofocus` by themselves, but not while the page is hidden, as it is until Alpine has begun.
  document.addEventListener("DOMContentLoaded", () => focus(location.hash === SEARCH ? SEARCH : "[autofocus]"));
})();
