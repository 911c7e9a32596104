import { createHash } from 'node:crypto'
import { defineConfig, type Plugin } from 'vite'

const STYLESHEET = /<link rel="stylesheet"[^>]*href="\.\/([^"]+\.css)"[^>]*>/
const STYLE_POLICY = "style-src 'self'"

/** Puts the style into the page, so that it paints before anything else has come; the policy allows that style and no other */
function inlineStyle(): Plugin {
  return {
    name: 'inline-style',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['index.html']
      if (page?.type !== 'asset') throw new Error('there is no index.html')
      const html = String(page.source)
      const [link, path = ''] = STYLESHEET.exec(html) ?? []
      const sheet = bundle[path]
      if (link === undefined || sheet?.type !== 'asset' || !html.includes(STYLE_POLICY))
        throw new Error('index.html has no style, or no policy for it')
      const style = String(sheet.source).trim()
      const hash = createHash('sha256').update(style).digest('base64')
      // functions, as a $ in a style is no pattern
      page.source = html.replace(STYLE_POLICY, () => `style-src 'sha256-${hash}'`).replace(link, () => `<style>${style}</style>`)
      delete bundle[path]
    },
  }
}

/** The dashboard: a page and what it loads, to be served from anywhere */
export default defineConfig({
  root: 'src/dashboard',
  base: './',
  appType: 'mpa',
  plugins: [inlineStyle()],
  build: { outDir: '../../dist/dashboard', emptyOutDir: true, target: 'es2023', reportCompressedSize: true, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  preview: { host: '127.0.0.1', port: 8788 },
})
