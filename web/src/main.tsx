import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { Safety } from "@/app/Safety";
import "@/styles/tokens.css";
import "@/styles/app.css";
import "@/styles/page.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(
    <Safety>
      <App />
    </Safety>,
  );
