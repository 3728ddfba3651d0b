/* Puts the cursor where a page asks for it, what stands there marked, to be typed over. Browsers put it there by
   themselves, but not while the page is still hidden. */
(() => {
  let left = 20;
  const focus = () => {
    const field = document.querySelector("[autofocus]");
    field?.focus();
    if (field && document.activeElement === field) field.select?.();
    else if (field && left--) setTimeout(focus, 50);
  };
  focus();
})();
