import { svelte } from "@sveltejs/vite-plugin-svelte";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Builds `src/sw.ts` into `/sw.js` after the pages: one classic script under a stable name, which knows the hashed
 * files of the shell. A worker that imports shared chunks would not start in every browser.
 */
function serviceWorker(): Plugin {
  let shell: string[] = [];
  let outDir = "";
  return {
    name: "nexus-service-worker",
    apply: "build",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    generateBundle(_options, bundle) {
      shell = Object.keys(bundle).filter((name) => name.startsWith("assets/")).map((name) => `/${name}`).sort();
    },
    async closeBundle() {
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { __SHELL__: JSON.stringify(shell) },
        build: {
          outDir,
          emptyOutDir: false,
          modulePreload: false,
          rolldownOptions: { input: "src/sw.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [svelte(), serviceWorker()],
  build: {
    outDir: "../src/nexus_city/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the policy of the pages allows no data: fonts or scripts
    modulePreload: { polyfill: false },
  },
  test: {
    include: ["src/**/*.test.ts"],
    environment: "node",
    css: { include: /theme\.css/ }, // its colours are read by a test
  },
});
