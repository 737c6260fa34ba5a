// Before the first paint: the chosen theme, or none, so that the system decides.
try {
  const theme = localStorage.getItem("tickwire.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // storage is switched off: the system decides
}
