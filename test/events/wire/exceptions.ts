/** Where this server and the documented events differ, each with the reason. `*` stands for anything. */

/** Documented events that are not told yet. */
export const notCarried: readonly { readonly event: string; readonly reason: string }[] = [
  { event: 'ONCRM*USERFIELD*', reason: 'Custom fields have no definitions yet: they are kept as they are sent.' },
  { event: 'ONCRMDEALMOVETOCATEGORY', reason: 'There is but the one pipeline.' },
  { event: 'ONCRMDEALRECURRING*', reason: 'There are no recurring deals.' },
  { event: 'ONCRMACTIVITY*', reason: 'There are no activities yet.' },
  { event: 'ONCRMTIMELINECOMMENT*', reason: 'There are no comments in a timeline yet.' },
  { event: 'ONAPPUPDATE', reason: 'A local application has one version: nothing raises it.' },
  { event: 'ONAPPPAYMENT', reason: 'Nothing is paid for here.' },
  { event: 'ONAPPMETHODCONFIRM', reason: 'No method waits for somebody to confirm it.' },
]

/** Events that want another scope than their page says. */
export const scopeExceptions: readonly { readonly event: string; readonly reason: string }[] = [
  {
    event: 'ONIMCONNECTOR*',
    reason: 'Their overview names `imopenlines` too, and every method of connectors wants that one.',
  },
]

/** Places of `data` that differ from the documented example. */
export const eventExceptions: readonly { readonly event: string; readonly path: string; readonly reason: string }[] = []
