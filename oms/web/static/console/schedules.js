// Says in words what the chosen crontab means; what django-celery-beat does in a script within the page, which our
// Content-Security-Policy forbids.
(() => {
  const words = JSON.parse(document.getElementById("readable-crontabs")?.textContent || "{}");
  const choice = document.getElementById("id_crontab");
  const help = document.querySelector(".field-crontab .help");
  document.querySelector(".field-crontab_translation")?.setAttribute("hidden", "");
  if (!choice || !help) return;
  const usual = help.textContent.trim();
  choice.addEventListener("change", () => {
    const meaning = words[choice.value];
    help.textContent = meaning ? `${usual} ${meaning}` : usual;
  });
})();
