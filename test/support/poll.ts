/** Waits until the condition holds; throws with `what` when it does not within so many milliseconds. */
export async function until(what: string, condition: () => boolean, milliseconds = 15_000): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${milliseconds} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
