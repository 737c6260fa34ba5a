import { useState } from "react";
import { Icon } from "@/components/ui/Icon";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

function present(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}

export function ThemeButton({ small = false }: { small?: boolean }) {
  const [theme, setTheme] = useState<Theme>(present);
  function next() {
    const chosen = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      if (chosen === "system") localStorage.removeItem("tickwire.theme");
      else localStorage.setItem("tickwire.theme", chosen);
    } catch {
      // it lasts as long as the page
    }
    setTheme(chosen);
  }
  return (
    <button className={small ? "ib tiny" : "ib"} type="button" onClick={next} aria-label={`Theme: ${theme}`} title={`Theme: ${theme}`}>
      <Icon name="moon" small={small} />
    </button>
  );
}
