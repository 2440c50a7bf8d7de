import { expect, test } from 'vitest'
import { signatureHeaders } from '../../src/events/signature.ts'

test('signs as the example of Standard Webhooks', () => {
  const secret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
  const body = '{"event_type":"ping","data":{"success":true}}'
  expect(signatureHeaders(secret, { id: 'msg_loFOjxBNrRLzqYUf', timestamp: 1731705121, body })).toEqual({
    'webhook-id': 'msg_loFOjxBNrRLzqYUf',
    'webhook-timestamp': '1731705121',
    'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  })
})
