export default { build: { outDir: "../wwwroot", emptyOutDir: true, target: "es2022" } };
