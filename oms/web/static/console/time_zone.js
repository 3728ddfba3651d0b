/* Tells the server which time zone the browser is in, for pages to be shown in it. */
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const told = `oms_browser_time_zone=${encodeURIComponent(zone ?? "")}`;
  if (!zone || document.cookie.split("; ").includes(told)) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${told}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
})();
