/**
 * Reads at most once in so many milliseconds: whoever asks in between shares the result, or the read under
 * way. A failure is not kept.
 */
export function keptFor<T>(
  milliseconds: number,
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: { readonly result: Promise<T>; until: number } | undefined
  return () => {
    if (kept && now() < kept.until) return kept.result
    const mine = { result: read(), until: Number.POSITIVE_INFINITY }
    kept = mine
    mine.result.then(
      () => (mine.until = now() + milliseconds),
      () => {
        if (kept === mine) kept = undefined
      },
    )
    return mine.result
  }
}
