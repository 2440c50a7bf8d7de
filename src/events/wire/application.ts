import type { ApplicationDeleted, ApplicationInstalled } from '../../domain/apps/applications.ts'
import { loadSettings } from '../../domain/portals/settings.ts'
import type { WireEvent } from './wire-event.ts'

/** What an application is told of itself: nobody else hears of it. Kept for no one: it is for now or not at all. */

/** What applications without any scope may hear. */
const SCOPE = 'basic'

export const appInstall: WireEvent = {
  name: 'ONAPPINSTALL',
  doc: 'The application has finished its installation.',
  scope: SCOPE,
  on: 'application.installed',
  offline: false,
  async tell({ event, read }) {
    const { applicationId } = event.payload as ApplicationInstalled
    const application = await read.db
      .selectFrom('application')
      .select(['version', 'installed'])
      .where('id', '=', applicationId)
      .executeTakeFirst()
    if (!application) return undefined
    return {
      owners: [`app:${applicationId}`],
      data: {
        VERSION: String(application.version),
        ACTIVE: 'Y',
        INSTALLED: application.installed ? 'Y' : 'N',
        LANGUAGE_ID: (await loadSettings(read)).language,
      },
    }
  },
}

export const appUninstall: WireEvent = {
  name: 'ONAPPUNINSTALL',
  doc: 'The application has been deleted with all that it kept here.',
  scope: SCOPE,
  on: 'application.deleted',
  offline: false,
  async tell({ event, read }) {
    const { owner } = event.payload as ApplicationDeleted
    const { language } = await loadSettings(read)
    // What it kept goes with it, whoever deletes it: there is no choice to leave it.
    return { owners: [owner], data: { LANGUAGE_ID: language, CLEAN: 1 } }
  },
}
