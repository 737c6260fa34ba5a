import js from "@eslint/js";
import imports from "eslint-plugin-import";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// Which folder may import which: left may use right, nothing else.
const layers = { types: [], api: ["types"], lib: ["types"], state: ["lib", "types"], hooks: ["state", "api", "lib", "types"], components: ["hooks", "state", "api", "lib", "types"] };
const folders = Object.keys(layers);

export default ts.config(
  { ignores: ["dist", "public"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { import: imports, "react-hooks": hooks },
    settings: { "import/resolver": { node: { extensions: [".ts", ".tsx"] } } },
    rules: {
      ...hooks.configs.recommended.rules,
      "no-restricted-imports": "off",
    },
  },
  ...folders.map((folder) => ({
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": ["error", {
        patterns: [...folders, "app"].filter((other) => other !== folder && !layers[folder].includes(other)).map((other) => ({
          group: [`@/${other}/*`], message: `src/${folder} may not use src/${other}`,
        })),
      }],
    },
  })),
);
