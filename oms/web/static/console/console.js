/* What every page of the console does: leads to the search by the key `/`. */
(() => {
  const SEARCH = "#searchbar";
  const focus = () => {
    const field = document.querySelector(SEARCH);
    field?.focus();
    field?.select();
    return field;
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (focus()) return event.preventDefault();
    const orders = document.querySelector('a[href$="/orders/order/"]');
    if (!orders) return;
    event.preventDefault();
    location.assign(orders.href + SEARCH);
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (location.hash === SEARCH) focus();
  });
})();
