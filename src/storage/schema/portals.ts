import type { Json } from './columns.ts'

/** Settings of the portal itself. Written by `domain/portals`. */
export interface SettingTable {
  key: string
  value: Json<object>
}
