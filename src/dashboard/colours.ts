/** A colour of the page by its name in style.css, as it is in the scheme of the moment */
export function colourOf(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(`--${name}`)
}

/** Calls back when the page becomes light or dark */
export function onSchemeChange(react: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', react)
}
