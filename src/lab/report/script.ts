/** The page's only script: it works without, and only adds a choice of theme and the story of a pod beside the pointer. */
export const script = `
const root = document.documentElement
const dark = matchMedia('(prefers-color-scheme: dark)')
const button = document.getElementById('theme')
const shown = () => root.dataset.theme ?? (dark.matches ? 'dark' : 'light')
const label = () => { button.textContent = shown() === 'dark' ? 'Light theme' : 'Dark theme' }
button.addEventListener('click', () => { root.dataset.theme = shown() === 'dark' ? 'light' : 'dark'; label() })
dark.addEventListener('change', label)
label()
const tip = document.getElementById('tip')
const show = (pod) => {
  tip.textContent = pod.getAttribute('aria-label')
  tip.hidden = false
  const box = pod.getBoundingClientRect()
  const left = Math.min(Math.max(8, box.left + 60), innerWidth - tip.offsetWidth - 8)
  const below = box.bottom + 6 + tip.offsetHeight < innerHeight
  tip.style.setProperty('left', left + scrollX + 'px')
  tip.style.setProperty('top', (below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) + scrollY + 'px')
}
const hide = () => { tip.hidden = true }
for (const pod of document.querySelectorAll('.pod')) {
  pod.addEventListener('pointerenter', () => show(pod))
  pod.addEventListener('pointerleave', hide)
  pod.addEventListener('focus', () => show(pod))
  pod.addEventListener('blur', hide)
}
addEventListener('keydown', (event) => { if (event.key === 'Escape') hide() })
`
