/** The colours that chats and bots are given by name, and what they look like. */
const COLORS: Readonly<Record<string, string>> = {
  RED: '#df532d',
  GREEN: '#64a513',
  MINT: '#4ba984',
  LIGHT_BLUE: '#4ba5c3',
  DARK_BLUE: '#3e99ce',
  PURPLE: '#8474c8',
  AQUA: '#1eb4aa',
  PINK: '#f76187',
  LIME: '#58cc47',
  BROWN: '#ab7761',
  AZURE: '#29619b',
  KHAKI: '#728f7a',
  SAND: '#ba9c7b',
  MARENGO: '#556574',
  GRAY: '#909090',
  GRAPHITE: '#5e5f5e',
}

const palette = Object.values(COLORS)

/** The hex colour of a name, in any letter case. */
export function colorByName(name: string): string | undefined {
  const upper = name.toUpperCase()
  return Object.hasOwn(COLORS, upper) ? COLORS[upper] : undefined
}

/** The colour of a person: his own, else one that his id always gives. */
export function colorOf(id: number, own: string): string {
  return own === '' ? palette[id % palette.length]! : own
}

/** The name of a hex colour; empty for one that has none. */
export function nameOfColor(hex: string): string {
  return Object.entries(COLORS).find(([, color]) => color === hex.toLowerCase())?.[0] ?? ''
}
