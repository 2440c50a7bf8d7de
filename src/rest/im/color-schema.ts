import { z } from 'zod'

/** A colour in an answer, `#4ba984`. */
export const colorSchema = z.string().regex(/^#[0-9a-f]{6}$/i)
