import { defineConfig } from 'vite'

/** The dashboard: a page and what it loads, to be served from anywhere */
export default defineConfig({
  root: 'src/dashboard',
  base: './',
  appType: 'mpa',
  build: { outDir: '../../dist/dashboard', emptyOutDir: true, target: 'es2023', reportCompressedSize: true, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  preview: { host: '127.0.0.1', port: 8788 },
})
