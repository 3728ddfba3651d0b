/* The page of an import: asks how far it is and shows it. Without this script the page loads itself again. */
(() => {
  const place = document.querySelector("[data-progress]");
  const number = (value) => (typeof value === "number" ? value.toLocaleString() : (value ?? "–"));

  const show = (told) => {
    for (const node of document.querySelectorAll("[data-field]")) node.textContent = number(told[node.dataset.field]);
    place.querySelector("progress").value = told.percent;
    place.querySelector("[data-quiet]").hidden = !told.quiet;
  };

  const ask = async () => {
    try {
      const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      if (!told.open) return location.reload();
      show(told);
      setTimeout(ask, 1500);
    } catch {
      setTimeout(ask, 5000);
    }
  };
  if (place) setTimeout(ask, 1500);

  const form = document.querySelector("[data-most-megabytes]");
  const file = form?.elements.file;
  if (file) file.hasChangeListener = true; // else Unfold adds its own, which looks for its own widget around the field
  file?.addEventListener("change", ({ target }) => {
    const large = target.files[0]?.size > form.dataset.mostMegabytes * 1024 * 1024;
    target.setCustomValidity(large ? form.dataset.tooLarge : "");
    target.reportValidity();
  });
})();
