/** What is wrong with this Node, in one line; nothing where it will do. Imports nothing, so that it runs on an old one. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0] = version.replace(/^v/, '').split('.').map(Number)
  if (major >= 24) return undefined
  return `Cordboard needs Node 24 or newer, this is ${version}: run "npx cordboard" or "npm start" in its folder, which bring their own, or install a newer one`
}
